import { randomUUID } from "node:crypto";
import { Failure } from "../failure.ts";
import type { Io } from "../io.ts";
import { heard, said, silence } from "./conversation.ts";
import { messageFrame, readFrame } from "./frames.ts";
import { openLink, type Link, type LinkNews } from "./link.ts";
import type { ChatOptions } from "./options.ts";

/** Sends one message and resolves to the answer. */
export async function askOnce(text: string, options: ChatOptions): Promise<string> {
  const id = randomUUID();
  const frame = messageFrame(id, text, options);
  let conversation = said(silence, id);
  let lastTrouble = "";
  let link: Link | undefined;
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<string>((resolve, reject) => {
      const fail = (why: string): void => reject(new Failure(why));
      const listen = (news: LinkNews): void => {
        // The channel runs a repeated id once and answers a repeat with the answer it already gave.
        if (news.news === "open") link?.send(frame);
        else if (news.news === "frame") follow(news.text);
        else if (!news.everOpen || news.retryMs === undefined) fail(news.why);
        else lastTrouble = ` The connection was lost (${news.why}).`;
      };
      const follow = (received: string): void => {
        const decoded = readFrame(received);
        if (!decoded) return fail("The other end speaks another protocol: its frame is none of the WebSocket channel's.");
        const next = heard(conversation, decoded);
        conversation = next.conversation;
        for (const show of next.shows) {
          if (show.show === "answered") resolve([show.text, ...show.media].join("\n"));
          else if (show.show === "failed") fail(show.error);
          else if (show.show === "warning") fail(show.text);
        }
      };
      timer = setTimeout(() => fail(`No answer within ${options.timeoutMs / 1000} s.${lastTrouble}`), options.timeoutMs);
      link = openLink(options, listen);
    });
  } finally {
    clearTimeout(timer);
    link?.close();
  }
}

export async function once(text: string, options: ChatOptions, io: Io): Promise<number> {
  const answer = await askOnce(text, options);
  io.stdout.write(answer.endsWith("\n") ? answer : `${answer}\n`);
  return 0;
}
