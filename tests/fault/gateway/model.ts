import type { Prompt } from "../../../src/testing/model/prompt.ts";
import type { ModelNews, ModelServerOptions } from "../../../src/testing/model-server.ts";
import { answerTo } from "../process.ts";

/** ms between two words. */
const PACE_MS = 30;

/** A model that answers each message with a text of its own, also where the host goes on by itself with a turn that was cut. */
export function modelThatAnswers(heard: (news: ModelNews["news"], id: string, text: string) => void): ModelServerOptions {
  return {
    delayMs: PACE_MS,
    remember: 100,
    promptOf(body) {
      const id = lastQuestionIn(body);
      return id === undefined ? undefined : { kind: "user", text: `[[say ${answerOf(id)}]]` };
    },
    tell({ news, request: { prompt } }) {
      const id = idOf(prompt);
      if (id !== undefined) heard(news, id, answerOf(id));
    },
  };
}

/** Of two to six parts, by the number of its message. */
function answerOf(id: string): string {
  return answerTo(id, 2 + (Number(id.slice(id.lastIndexOf("-") + 1)) % 5));
}

function idOf(prompt: Prompt): string | undefined {
  return /answer to (m-\d+-\d+):/.exec(prompt.text)?.[1];
}

/** What was asked last, by a person and not by the host, which has words of its own around it and behind it. */
function lastQuestionIn(body: unknown): string | undefined {
  const { input } = body as { input?: unknown };
  const items = Array.isArray(input) ? (input as { role?: string; content?: unknown }[]) : [];
  const asked = items.filter(({ role }) => role === "user").flatMap(({ content }) => [...JSON.stringify(content).matchAll(/question (m-\d+-\d+)/g)]);
  return asked.at(-1)?.[1];
}
