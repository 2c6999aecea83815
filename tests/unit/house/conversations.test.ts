import { globSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decodeHubSent } from "../../../generated/clawchat/index.ts";
import { decodeGatewaySent, type SentEvent } from "../../../generated/insta-claw/index.ts";
import { decodeImSent } from "../../../generated/local-im/index.ts";
import type { Decoded } from "../../../generated/runtime.ts";
import { decodeChatReceived, decodeChatSent } from "../../../generated/websocket/index.ts";

const root = `${import.meta.dirname}/../../..`;

interface Line {
  /** Absent where something happens that is no frame. */
  from?: "application" | "server" | "plugin";
  frame?: { type: string; messageId?: string };
  /** What is no JSON. */
  text?: string;
}

type Decode = (text: string) => Decoded<unknown>;

/** Who the plugin talks to on each wire, and how that side reads. */
const wires: Record<string, { peer: Line["from"]; sent: Decode }> = {
  clawchat: { peer: "server", sent: decodeHubSent },
  "insta-claw": { peer: "server", sent: decodeGatewaySent },
  "local-im": { peer: "server", sent: decodeImSent },
  websocket: { peer: "application", sent: decodeChatSent },
};

const textOf = ({ frame, text }: Line) => text ?? JSON.stringify(frame);
const pathsOf = (wire: string) => globSync(`spec/examples/${wire}/*.conversation.jsonl`, { cwd: root });
const linesOf = (path: string) =>
  readFileSync(`${root}/${path}`, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);

it("is told of every wire that has conversations", () => {
  const paths = globSync("spec/examples/*/*.conversation.jsonl", { cwd: root });
  expect(new Set(paths.map((path) => path.split("/")[2]))).toEqual(new Set(Object.keys(wires)));
});

describe.each(Object.entries(wires).flatMap(([wire, way]) => pathsOf(wire).map((path) => ({ path, ...way }))))("$path", ({ path, peer, sent }) => {
  const lines = linesOf(path);

  it("holds nothing from the plugin that is no frame of the document", () => {
    const texts = lines.filter(({ from, frame }) => from === "plugin" && frame !== undefined).map(textOf);
    expect(texts.filter((text) => !sent(text).ok)).toEqual([]);
  });

  it("has two sides", () => {
    expect(new Set(lines.flatMap(({ from }) => (from === undefined ? [] : [from])))).toEqual(new Set([peer, "plugin"]));
  });
});

describe.each(pathsOf("websocket"))("%s", (path) => {
  const lines = linesOf(path);

  it("WS-13 has an answer or an error for whatever the application says, and nothing after a terminal frame", () => {
    for (const [index, line] of lines.entries()) {
      const { from, frame } = line;
      if (from === "plugin") continue;
      const decoded = decodeChatReceived(textOf(line));
      const next = lines.slice(index + 1).find((other) => other.from === "plugin");
      if (!decoded.ok) expect(next?.frame?.type).toBe("chat.error");
      if (frame?.type !== "chat.send" || !decoded.ok) continue;
      const types = lines.slice(index + 1).flatMap((other) => (other.from === "plugin" && other.frame?.messageId === frame.messageId ? [other.frame?.type] : []));
      expect(types.filter((type) => type === "chat.response" || type === "chat.error")).toEqual([types.at(-1)]);
    }
  });
});

describe.each(pathsOf("insta-claw"))("%s", (path) => {
  /** The events of each response of the plugin, whatever they came in. */
  const replies = Map.groupBy(
    linesOf(path).flatMap((line) => {
      const decoded = line.from === "plugin" && line.frame ? decodeGatewaySent(textOf(line)) : undefined;
      if (!decoded?.ok) return [];
      const said = ("data" in decoded.value && typeof decoded.value.data === "object" ? decoded.value.data : decoded.value) as SentEvent;
      return "response_id" in said ? [said] : [];
    }),
    ({ response_id: id }) => id,
  );

  it("IC-20 IC-22 has each reply in the documented order, and at most a lost one without an end", () => {
    const order = /^(created )?in_progress( output_item.added( content_part.added)?( output_text.delta)*( output_text.done)?( content_part.done( output_item.done)? completed)?)?( failed)?$/;
    for (const events of replies.values()) {
      expect(events.map(({ type }) => type.replace("response.", "")).join(" ")).toMatch(order);
      expect(events.map(({ sequence_number: sequence }) => sequence)).toEqual(events.map((_, index) => index));
    }
    const isOver = (events: readonly SentEvent[]) => /completed|failed/.test(events.at(-1)?.type ?? "");
    const cut = [...replies].filter(([, events]) => !isOver(events)).map(([id]) => id);
    const again = [...replies.values()].map(([first]) => first?.metadata.retry_of);
    expect(cut.filter((id) => !again.includes(id))).toEqual([]);
  });
});
