import { globSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decodeImReceived, decodeImSent, type ImSent } from "../../../../generated/local-im/index.ts";
import type { Inbound } from "../../../../src/protocols/inbound.ts";
import type { Origin } from "../../../../src/protocols/local-im/identity.ts";
import { commandOf, openIm } from "../../../support/im-session.ts";

const root = `${import.meta.dirname}/../../../..`;

type Line = { from: "server"; frame: { type?: string; messageId?: string }; text?: string } | { from: "plugin"; frame: ImSent };

describe.each(globSync("spec/examples/local-im/*.conversation.jsonl", { cwd: root }))("%s", (path) => {
  const lines = readFileSync(`${root}/${path}`, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);

  it("holds nothing from the plugin that is no frame of the document", () => {
    expect(lines.filter(({ from, frame }) => from === "plugin" && !decodeImSent(JSON.stringify(frame)).ok)).toEqual([]);
  });

  it("LI-11 ends each message once, and says nothing of it afterwards", () => {
    let accepted = 0;
    const ends = new Map<string, number>();
    for (const line of lines) {
      if (line.from === "server") {
        const decoded = line.text === undefined && decodeImReceived(JSON.stringify(line.frame));
        const isRepeat = line.frame?.messageId !== undefined && ends.has(line.frame.messageId);
        if (decoded && decoded.ok && "content" in decoded.value && !isRepeat) {
          accepted += 1;
          ends.set(line.frame.messageId ?? `#${accepted}`, 0);
        }
      } else if ((line.frame.type === "done" || line.frame.type === "error") && !isAbout(line.frame)) {
        const running = [...ends].find(([, count]) => count === 0);
        expect(running, JSON.stringify(line.frame)).toBeDefined();
        ends.set(running?.[0] ?? "", 1);
      }
    }
    expect([...ends.values()].filter((count) => count !== 1)).toEqual([]);
  });

  it("is what the session says, frame by frame", () => {
    const im = openIm({ contentChars: 65_536 });
    let running: Inbound<Origin> | undefined;
    const seen = new Map<string, Inbound<Origin>>();
    const plays = (frame: ImSent) => {
      if (!running) return;
      const of = running;
      if (frame.type === "typing") im.commands({ say: "typing", of });
      else if (frame.type === "stream" || frame.type === "thought") im.commands({ say: frame.type, of, content: frame.content });
      else if (frame.type === "done" && frame.proactive) im.commands({ say: "announce", messageId: "srv_1", to: of, text: frame.content, mediaUrls: [] });
      else if (frame.type === "done") im.commands(commandOf(of, { say: "terminal", terminal: { type: "response", content: frame.content, thought: frame.thought } }));
      else if (frame.type === "error" && !isAbout(frame)) im.commands(commandOf(of, { say: "terminal", terminal: { type: "error", code: "agent_error", error: "inside" } }));
    };
    for (const line of lines) {
      if (line.from === "plugin") {
        plays(line.frame);
        continue;
      }
      const text = line.text ?? JSON.stringify(line.frame);
      const decoded = decodeImReceived(text);
      if (!decoded.ok || !("content" in decoded.value)) im.effectsOf(text);
      else {
        const known = seen.get(line.frame.messageId ?? "");
        if (known) im.commands({ say: "repeated", of: known });
        else running = im.admit(line.frame);
        if (running && line.frame.messageId !== undefined) seen.set(line.frame.messageId, running);
      }
    }
    expect(im.sent()).toEqual(lines.flatMap((line) => (line.from === "plugin" ? [line.frame] : [])));
  });
});

/** Whether a frame belongs to no message: it is about a frame that was none, or unasked. */
function isAbout(frame: ImSent): boolean {
  return (frame.type === "error" && frame.error.startsWith("Invalid field")) || (frame.type === "done" && frame.proactive === true);
}
