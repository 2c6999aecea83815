import { globSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decodeChatReceived, decodeChatSent } from "../../../generated/websocket/index.ts";

const root = `${import.meta.dirname}/../../..`;

interface Line {
  from: "application" | "plugin";
  frame?: { type: string; messageId?: string };
  /** What is no frame. */
  text?: string;
}

describe.each(globSync("spec/examples/websocket/*.conversation.jsonl", { cwd: root }))("%s", (path) => {
  const lines = readFileSync(`${root}/${path}`, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);

  it("holds nothing from the plugin that is no frame of the document", () => {
    const texts = lines.filter(({ from }) => from === "plugin").map(({ frame }) => JSON.stringify(frame));
    expect(texts.filter((text) => !decodeChatSent(text).ok)).toEqual([]);
  });

  it("WS-13 has an answer or an error for whatever the application says, and nothing after a terminal frame", () => {
    for (const [index, { from, frame, text }] of lines.entries()) {
      if (from === "plugin") continue;
      const decoded = decodeChatReceived(text ?? JSON.stringify(frame));
      const next = lines.slice(index + 1).find((line) => line.from === "plugin");
      if (!decoded.ok) expect(next?.frame?.type).toBe("chat.error");
      if (frame?.type !== "chat.send" || !decoded.ok) continue;
      const types = lines.slice(index + 1).flatMap((line) => (line.from === "plugin" && line.frame?.messageId === frame.messageId ? [line.frame?.type] : []));
      expect(types.filter((type) => type === "chat.response" || type === "chat.error")).toEqual([types.at(-1)]);
    }
  });
});
