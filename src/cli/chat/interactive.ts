import { randomUUID } from "node:crypto";
import { Failure } from "../failure.ts";
import type { Io } from "../io.ts";
import { heard, said, silence, unanswered } from "./conversation.ts";
import { messageFrame, readFrame } from "./frames.ts";
import { openLink, type LinkNews } from "./link.ts";
import type { ChatOptions } from "./options.ts";
import { openScreen } from "./screen.ts";

/** Line after line, until the person leaves. */
export async function interactive(options: ChatOptions, io: Io): Promise<number> {
  const left = Promise.withResolvers<void>();
  /** What was said and not answered; said again after a lost connection, where its id keeps it from running twice. */
  const unsettled = new Map<string, string>();
  let conversation = silence;
  let ending = false;

  const screen = openScreen(io, { line: say, end, interrupt: left.resolve });
  const link = openLink(options, listen);
  // npm and shells end us with a signal, too.
  const leave = (): void => left.resolve();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, leave);

  function say(line: string): void {
    if (!line.trim()) return;
    const id = randomUUID();
    const frame = messageFrame(id, line, options);
    conversation = said(conversation, id);
    unsettled.set(id, frame);
    if (!link.send(frame) && io.stdin.isTTY) screen.status("not connected; your message goes out as soon as we are");
  }

  /** The keyboard's end means now; a pipe's end only that there are no more questions. */
  function end(): void {
    ending = true;
    if (io.stdin.isTTY || unsettled.size === 0) left.resolve();
  }

  function listen(news: LinkNews): void {
    if (news.news === "frame") return follow(news.text);
    if (news.news === "open") {
      if (io.stdin.isTTY) screen.status(`connected to ${options.url.host} as ${options.sender}; Ctrl-D leaves`);
      for (const frame of unsettled.values()) link.send(frame);
      return;
    }
    if (news.retryMs === undefined) return left.reject(new Failure(news.why));
    screen.status(`${news.why}\ntrying again in ${(news.retryMs / 1000).toFixed(1)} s`);
  }

  function follow(received: string): void {
    const decoded = readFrame(received);
    if (!decoded) return;
    const next = heard(conversation, decoded);
    conversation = next.conversation;
    screen.show(next.shows);
    const open = new Set(unanswered(conversation));
    for (const id of unsettled.keys()) if (!open.has(id)) unsettled.delete(id);
    if (ending && conversation.waiting.length === 0) left.resolve();
  }

  try {
    await left.promise;
    return 0;
  } finally {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.off(signal, leave);
    link.close();
    screen.close();
  }
}
