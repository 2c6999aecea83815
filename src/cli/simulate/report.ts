import { configHint } from "./hint.ts";
import type { News, Simulator } from "../../testing/simulator/simulator.ts";
import type { CallRecord, FrameRecord, Reply } from "../../testing/simulator/record.ts";
import type { Terminal } from "./terminal.ts";

/** Tells what happens, in one of two tongues. */
export interface Report {
  listening(simulator: Simulator): void;
  news(news: News): void;
  /** A line that could not be done. */
  trouble(text: string): void;
  note(text: string): void;
  help(text: string): void;
}

export function jsonReport(terminal: Pick<Terminal, "print">): Report {
  const print = (value: object): void => terminal.print(JSON.stringify(value));
  return {
    listening({ url, config, server }) {
      const hints = server.hints(url);
      print({ news: "listening", url, config, ...(hints.length > 0 && { hints }) });
    },
    news(news) {
      if (news.news === "reply") return news.reply.end && print({ ...news, reply: { ...news.reply, frames: news.reply.frames.length } });
      if (news.news !== "opened" && news.news !== "closed") return print(news);
      const { number, account, closed } = news.link;
      print({ news: news.news, link: number, account, ...(closed && { closed }) });
    },
    trouble: (error) => print({ news: "trouble", error }),
    note: (text) => print({ news: "note", text }),
    help: (text) => print({ news: "help", text }),
  };
}

export function textReport(terminal: Terminal): Report {
  const { print, paint, plain } = terminal;
  const answered = new Set<Reply>();
  /** What the line about the last frame says is wrong with it. */
  let said = "";
  return {
    listening: (simulator) => print(configHint(simulator, paint)),
    news(news) {
      switch (news.news) {
        case "opened":
          return print(paint("green", `● ${plain(news.link.account)} is connected (link ${news.link.number})`));
        case "closed":
          return print(paint("yellow", `○ ${plain(news.link.account) || "somebody"} is gone (link ${news.link.number}): ${describeEnd(news.link.closed)}`));
        case "refused":
          return print(paint("yellow", `✗ turned a connection away with ${news.how === "hang" ? "silence" : `HTTP ${news.how}`}: ${plain(news.why)}`));
        case "frame":
          said = news.frame.check.ok ? "" : news.frame.check.detail;
          return print(frameLine(news.frame, terminal));
        case "violation":
          if (news.violation.text !== said) print(paint("red", `! against the rules: ${plain(news.violation.text)}`));
          return;
        case "call":
          return print(callLine(news.call, terminal));
        case "note":
          return print(paint("dim", plain(news.text)));
        case "reply":
          if (!news.reply.end || answered.has(news.reply)) return;
          answered.add(news.reply);
          return print(replyLine(news.reply, terminal));
      }
    },
    trouble: (text) => print(paint("red", `! ${plain(text)}`)),
    note: (text) => print(paint("dim", text)),
    help: print,
  };
}

function describeEnd(closed: { by: string; code: number; reason: string } | undefined): string {
  if (!closed) return "";
  const code = closed.code === 1006 ? "without a close frame" : `close code ${closed.code}${closed.reason === "" ? "" : ` ${closed.reason}`}`;
  return `${code}, by the ${closed.by === "server" ? "simulator" : "plugin"}`;
}

function frameLine({ at, from, account, text, binary, check }: FrameRecord, { paint, plain }: Terminal): string {
  const time = new Date(at).toISOString().slice(11, 23);
  const arrow = from === "plugin" ? paint("cyan", "←") : paint("magenta", "→");
  // What the simulator itself sends is wrong on purpose.
  const verdict = check.ok ? `${paint("green", "ok")} ${plain(check.name)}` : paint(from === "plugin" ? "red" : "yellow", `✗ ${plain(check.detail)}`);
  return `${paint("dim", time)} ${arrow} ${plain(account) || "somebody"} ${verdict}\n    ${paint("dim", plain(binary ? `(binary) ${text}` : text))}`;
}

function callLine({ at, method, path, status, code, fault }: CallRecord, { paint, plain }: Terminal): string {
  const time = new Date(at).toISOString().slice(11, 23);
  const answer = status === undefined ? "no answer" : `${status}${code === undefined || code === 0 ? "" : ` (code ${code})`}`;
  return `${paint("dim", time)} ${paint("cyan", "←")} ${method} ${plain(path)}: ${paint(status === 200 && !code ? "green" : "yellow", answer)}${fault === undefined ? "" : paint("dim", `, told to: ${plain(fault)}`)}`;
}

function replyLine({ messageId, text, thought, end }: Reply, { paint, plain }: Terminal): string {
  const what = messageId === undefined ? "the agent says" : `answer to ${plain(messageId)}`;
  if (end?.how === "failed") return paint("red", `= ${what}: failed${end.code === undefined ? "" : ` (${plain(end.code)})`}: ${plain(end.error)}`);
  const thoughts = thought === "" ? "" : paint("dim", ` (thought: ${plain(oneLine(thought))})`);
  return `${paint("bold", `= ${what}:`)} ${plain(oneLine(text)) || "(nothing)"}${thoughts}`;
}

/** Line breaks are no threat and worth seeing. */
function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, " ⏎ ");
}
