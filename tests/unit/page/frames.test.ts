import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { describeMessages } from "../../../build/page-messages.ts";
import { messages } from "../../../generated/websocket/index.ts";
import { socketAddress } from "../../../src/page/address.ts";
import { happened, judge } from "../../../src/page/frames.ts";
import { base64Length, sizeOf } from "../../../src/page/words.ts";

const spec = readFileSync(`${import.meta.dirname}/../../../spec/websocket.asyncapi.yaml`, "utf8");

describe("a frame in the inspector", () => {
  it("is judged by the validators of its direction", () => {
    expect(judge(1, "sent", '{"type":"chat.send","content":"é"}', 5)).toMatchObject({ n: 1, at: 5, type: "chat.send", bytes: 35, verdict: { ok: true }, shown: '{\n  "type": "chat.send",\n  "content": "é"\n}' });
    expect(judge(1, "received", '{"type":"chat.send","content":"x"}', 0).verdict).toMatchObject({ ok: false, where: "type" });
    expect(judge(1, "received", '{"type":"chat.typing"}', 0).verdict).toEqual({ ok: true });
  });

  it("is said to be wrong where, and how", () => {
    expect(judge(1, "sent", '{"type":"chat.send","content":"x","mediaPaths":["a",7]}', 0).verdict).toEqual({ ok: false, where: "mediaPaths[1]", text: expect.stringContaining("mediaPaths[1]") as string });
    expect(judge(1, "sent", '{"type":"chat.send"', 0)).toMatchObject({ type: "no type", verdict: { ok: false, text: expect.stringContaining("Not JSON") as string } });
    expect(judge(1, "received", new Blob([]), 0)).toMatchObject({ type: "binary", verdict: { ok: false } });
  });

  it("shows no token, and the beginning of what is long", () => {
    expect(judge(1, "sent", '{"type":"chat.auth","token":"secret"}', 0).shown).not.toContain("secret");
    const { shown } = judge(1, "sent", JSON.stringify({ type: "chat.send", content: "x".repeat(50_000) }), 0);
    expect(shown).toContain("x… (50000 characters)");
    expect(shown.length).toBeLessThan(600);
    expect(happened(2, "closed 1006", "", 0)).toMatchObject({ way: "event", type: "closed 1006" });
  });
});

describe("the explanation of the messages", () => {
  const explained = describeMessages(spec);

  it("has each message of the chat from its own side, with all its fields", () => {
    const chat = Object.values(messages).filter(({ channels }) => (channels as readonly string[]).includes("chat"));
    expect(explained.map(({ type, by }) => `${type} ${by}`).toSorted()).toEqual(chat.map(({ tag, direction }) => `${tag} ${direction === "received" ? "application" : "gateway"}`).toSorted());
    const { schemas } = (parse(spec) as { components: { schemas: Record<string, { properties?: object }> } }).components;
    for (const { type, fields } of explained) {
      const name = chat.find(({ tag }) => tag === type)?.name ?? "";
      expect([type, fields.map(({ name: field }) => field)]).toEqual([type, Object.keys(schemas[name]?.properties ?? {})]);
    }
  });

  it("gives a field its type and its meaning, and every message an example that is valid", () => {
    const send = explained.find(({ type }) => type === "chat.send");
    expect(send?.fields.filter(({ name }) => ["content", "chatType", "media"].includes(name))).toEqual([
      { name: "content", type: "string", isRequired: true, text: expect.stringContaining("What was said") as string },
      { name: "chatType", type: "direct, group", isRequired: false, text: expect.stringContaining("direct conversation") as string },
      { name: "media", type: "list of MediaItem", isRequired: false, text: expect.stringContaining("`media`") as string },
    ]);
    for (const { type, by, example } of explained) expect([type, judge(1, by === "application" ? "sent" : "received", example, 0).verdict]).toEqual([type, { ok: true }]);
  });
});

describe("the page dials", () => {
  it.each([
    ["http://127.0.0.1:18800/ws/playground", "ws://127.0.0.1:18800/ws"],
    ["https://chat.example/gateway/ws/sales/playground?x#y", "wss://chat.example/gateway/ws/sales"],
    ["http://[::1]:18800/playground", "ws://[::1]:18800/"],
  ])("from %s the address %s", (page, socket) => {
    expect(socketAddress(page)).toBe(socket);
  });
});

describe("a size", () => {
  it("is said in the unit that fits", () => {
    expect([0, 999, 1_000, 12_345, 1_500_000].map(sizeOf)).toEqual(["0 B", "999 B", "1.0 KB", "12 KB", "1.5 MB"]);
    expect([0, 1, 3, 4].map(base64Length)).toEqual([0, 4, 4, 8]);
  });
});
