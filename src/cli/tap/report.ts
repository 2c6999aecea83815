import type { styleText } from "node:util";
import { plain } from "../plain.ts";
import type { News } from "./news.ts";
import type { From } from "./wires.ts";

type Paint = (style: Parameters<typeof styleText>[0], text: string) => string;

export function jsonLine({ at, ...news }: News): string {
  return JSON.stringify({ at: new Date(at).toISOString(), ...news });
}

/** A line for each thing that happens; `isPretty`: frames take as many as they need. */
export function textLine(news: News, paint: Paint, isPretty: boolean): string {
  const number = "connection" in news ? ` ${news.connection}` : "";
  return `${paint("dim", new Date(news.at).toISOString().slice(11, 23))}${number} ${wordsOf(news, paint, isPretty)}`;
}

function wordsOf(news: News, paint: Paint, isPretty: boolean): string {
  switch (news.news) {
    case "dialing":
      return paint("dim", `○ ${plain(news.target)}`);
    case "open":
      return paint("green", `● open after ${news.ms} ms`);
    case "refused":
      return paint("yellow", `✗ the server refuses it with HTTP ${news.status}`);
    case "failed":
      return paint("red", `✗ the server is not reached: ${plain(news.error)}`);
    case "frame":
      return `${arrow(news.from, paint)} ${"ok" in news ? frameText(news, paint, isPretty) : paint("dim", `${news.kind} ${plain(news.text)}`.trim())}`;
    case "close":
      return `${arrow(news.from, paint)} ${paint("yellow", `close ${news.code}${news.reason === "" ? "" : ` ${plain(news.reason)}`}`)}`;
    case "broken":
      return `${arrow(news.from, paint)} ${paint("red", `this is no WebSocket frame, and what follows passes unread: ${plain(news.error)}`)}`;
    case "gone":
      return paint("yellow", `○ gone after ${news.ms} ms`);
    case "request":
      return paint("dim", `${news.method} ${plain(news.target)}: ${news.status ?? "no answer"}`);
  }
}

function frameText({ ok, name = "", detail = "", text }: { ok: boolean; name?: string; detail?: string; text: string }, paint: Paint, isPretty: boolean): string {
  const verdict = ok ? `${paint("green", "ok")} ${plain(name)}` : paint("red", `✗ ${plain(detail)}`);
  if (text === "") return verdict;
  return isPretty ? `${verdict}\n${paint("dim", pretty(text))}` : `${verdict} ${paint("dim", plain(text))}`;
}

function arrow(from: From, paint: Paint): string {
  return from === "client" ? paint("cyan", "→") : paint("magenta", "←");
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2).split("\n").map((line) => `    ${plain(line)}`).join("\n");
  } catch {
    return `    ${plain(text)}`;
  }
}
