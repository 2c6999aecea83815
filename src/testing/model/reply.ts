import { parseScript, type Directives } from "./directives.ts";
import type { Prompt } from "./prompt.ts";

/** What the practice model does about one request; which wire carries it is not decided here. */
export type Reply =
  | { do: "fail"; status: number }
  | { do: "hang" }
  | {
      do: "answer";
      reasoning: readonly string[];
      pieces: readonly string[];
      tool?: { name: string; args: Readonly<Record<string, unknown>> };
      waitMs: number;
      delayMs: number;
      cutAfter?: number;
    };

/** OpenClaw's own word for an agent that has nothing to say. */
const silence = "NO_REPLY";

export function planReply(prompt: Prompt, defaults: { delayMs: number }): Reply {
  if (prompt.kind === "tool-result") return answer(`The tool ${prompt.tool} said: ${prompt.text}`, {}, defaults);
  const { directives, text, complaint } = parseScript(prompt.text);
  if (complaint) return answer(`I do not understand: ${complaint}`, {}, defaults);
  if (directives.fail !== undefined) return { do: "fail", status: directives.fail };
  if (directives.hang) return { do: "hang" };
  return answer(words(directives, text), directives, defaults);
}

function answer(text: string, directives: Directives, defaults: { delayMs: number }): Reply {
  return {
    do: "answer",
    reasoning: directives.reasoning === undefined ? [] : pieces(directives.reasoning),
    pieces: directives.tool ? [] : pieces(text),
    ...(directives.tool ? { tool: directives.tool } : {}),
    waitMs: directives.wait ?? 0,
    delayMs: directives.delay ?? defaults.delayMs,
    ...(directives.cut === undefined ? {} : { cutAfter: directives.cut }),
  };
}

function words(directives: Directives, text: string): string {
  const said = spoken(directives, text);
  return directives.media === undefined ? said : `${said}\nMEDIA:${directives.media}`;
}

function spoken(directives: Directives, text: string): string {
  if (directives.silent) return silence;
  if (directives.say !== undefined) return directives.say;
  if (directives.words !== undefined) return Array.from({ length: directives.words }, (_, index) => `word${index + 1}`).join(" ");
  return `You said: ${text || "nothing"}\n\nI am the practice model that comes with Clawwire, so repeating is all I can do.`;
}

/** Word by word, each with the space before it. */
function pieces(text: string): string[] {
  return text.match(/\s*\S+|\s+$/g) ?? [];
}
