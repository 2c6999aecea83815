/**
 * A person, or a test, steers the practice model by directives in the message:
 *
 *   [[words N]]          answer with N numbered words
 *   [[say TEXT]]         answer with exactly this text
 *   [[silent]]           answer with OpenClaw's word for saying nothing
 *   [[reasoning TEXT]]   think aloud first; without TEXT, a few standard words
 *   [[media PATH]]       attach a file to the answer, as OpenClaw's agents do
 *   [[tool NAME JSON]]   call a tool first and then report its result; without JSON, with no arguments
 *   [[wait MS]]          pause before the first word
 *   [[delay MS]]         pause between the pieces of the answer
 *   [[fail STATUS]]      refuse with this HTTP status
 *   [[cut N]]            break the connection after N pieces
 *   [[hang]]             never answer
 *
 * What is not in this list stays part of the message.
 */
export interface Directives {
  words?: number;
  say?: string;
  silent?: true;
  reasoning?: string;
  media?: string;
  tool?: { name: string; args: Readonly<Record<string, unknown>> };
  wait?: number;
  delay?: number;
  fail?: number;
  cut?: number;
  hang?: true;
}

export interface Script {
  directives: Directives;
  /** The message without its directives. */
  text: string;
  /** What is wrong with a directive, for the person who wrote it. */
  complaint?: string;
}

type Reader = (argument: string) => Directives | string;

const limits = { words: 100_000, milliseconds: 600_000, pieces: 100_000 };

const readers: Readonly<Record<string, Reader>> = {
  words: wholeNumber((words) => ({ words }), 0, limits.words),
  say: (say) => (say ? { say } : "needs the text to say"),
  silent: () => ({ silent: true }),
  reasoning: (text) => ({ reasoning: text || "Let me think about what was said." }),
  media: (media) => (media ? { media } : "needs a path"),
  tool: readTool,
  wait: wholeNumber((wait) => ({ wait }), 0, limits.milliseconds),
  delay: wholeNumber((delay) => ({ delay }), 0, limits.milliseconds),
  fail: wholeNumber((fail) => ({ fail }), 400, 599),
  cut: wholeNumber((cut) => ({ cut }), 0, limits.pieces),
  hang: () => ({ hang: true }),
};

export function parseScript(message: string): Script {
  const directives: Directives = {};
  const complaints: string[] = [];
  const text = message.replace(/\[\[(\w+)(?:\s+([^]*?))?\]\](?![\]}])/g, (whole, name: string, argument = "") => {
    const read = Object.hasOwn(readers, name) ? readers[name] : undefined;
    if (!read) return whole;
    const outcome = read(String(argument).trim());
    if (typeof outcome === "string") complaints.push(`${whole} ${outcome}`);
    else Object.assign(directives, outcome);
    return "";
  });
  const tidy = text.replace(/[ \t]{2,}/g, " ").trim();
  return { directives, text: tidy, ...(complaints.length > 0 ? { complaint: complaints.join("\n") } : {}) };
}

function wholeNumber(then: (value: number) => Directives, least: number, most: number): Reader {
  return (argument) => {
    const value = Number(argument);
    const fits = /^\d+$/.test(argument) && value >= least && value <= most;
    return fits ? then(value) : `needs a whole number from ${least} to ${most}`;
  };
}

function readTool(argument: string): Directives | string {
  const [, name, json] = /^([\w.:-]+)\s*([^]*)$/.exec(argument) ?? [];
  if (!name) return "needs the name of a tool";
  if (!json) return { tool: { name, args: {} } };
  try {
    const args: unknown = JSON.parse(json);
    if (typeof args === "object" && args !== null && !Array.isArray(args)) return { tool: { name, args: { ...args } } };
  } catch {
    // Falls through to the same complaint.
  }
  return "needs the tool's arguments as one JSON object";
}
