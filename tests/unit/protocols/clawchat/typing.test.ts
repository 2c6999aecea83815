import { describe, expect, it } from "vitest";
import { type Heard, openHub, payloadOf, START } from "./hub.ts";

const typed = (heard: Heard) => heard.of("typing.update").map((frame) => [frame.at - START, payloadOf(frame)["is_typing"]]);

describe("typing", () => {
  it("CC-42 is said at once, every three seconds, and taken back before the answer", () => {
    const hub = openHub().ready();
    const of = hub.hears();
    expect(typed(hub.types(of))).toEqual([[0, true]]);
    expect(typed(hub.types(of))).toEqual([]);
    expect(typed(hub.wait(7000))).toEqual([
      [3000, true],
      [6000, true],
    ]);
    expect(hub.answers(of, "done").events).toEqual(["typing.update", "message.reply"]);
    expect(typed(hub.wait(60_000))).toEqual([]);
  });

  it("CC-42 goes on until the last answer of the chat has ended, however it ends", () => {
    const hub = openHub().ready();
    const [a, b, c] = [hub.hears({ type: "group" }), hub.hears({ type: "group" }), hub.hears({ type: "group" })];
    for (const of of [a, b, c]) hub.types(of);
    expect(hub.fails(a, "cancelled").events).toEqual([]);
    expect(hub.says({ say: "refused", of: b, refusal: { code: "queue_full", error: "full" } }).events).toEqual([]);
    expect(typed(hub.wait(3000))).toEqual([[3000, true]]);
    expect(hub.answers(c, "NO_REPLY").events).toEqual(["typing.update"]);
    expect(typed(hub.wait(60_000))).toEqual([]);
  });

  it("CC-42 is not said twice within three seconds, by two turns either", () => {
    const hub = openHub().ready();
    const [a, b] = [hub.hears(), hub.hears()];
    hub.types(a);
    hub.answers(a, "done");
    hub.wait(1000);
    expect(typed(hub.types(b))).toEqual([]);
    expect(typed(hub.wait(2000))).toEqual([[3000, true]]);
  });

  it("CC-42 is resumed on a new connection, and never said before it is ready", () => {
    const hub = openHub().ready();
    const of = hub.hears();
    hub.types(of);
    hub.wait(10_000);
    hub.reconnect();
    expect(hub.wait(5000).frames).toEqual([]);
    hub.challenge();
    const hello = hub.hello();
    expect(typed(hello)).toEqual([[15_000, true]]);
    // What waits for the link may end the typing: it must come after.
    expect(hello.all.map((effect) => effect.do)).toEqual(["note", "send", "ready"]);
    expect(typed(hub.answers(of, "done"))).toEqual([[15_000, false]]);
  });

  it("CC-42 CC-15 is taken back when the account stops", () => {
    const hub = openHub().ready();
    hub.types(hub.hears());
    hub.types(hub.hears({ chat: "cnv_other" }));
    expect(typed(hub.says({ say: "goodbye" }))).toEqual([
      [0, false],
      [0, false],
    ]);
    expect(hub.wait(60_000).of("typing.update")).toEqual([]);
  });

  it("CC-43 is taken back after 15 minutes, and said again only for a later turn", () => {
    const hub = openHub().ready();
    const of = hub.hears();
    hub.types(of);
    const first = typed(hub.wait(900_000));
    expect(first.length).toBe(300);
    expect(first.at(-1)).toEqual([900_000, false]);
    expect(typed(hub.wait(900_000))).toEqual([]);
    hub.types(of);
    expect(hub.answers(of, "done").events).toEqual(["message.reply"]);
    expect(typed(hub.types(hub.hears()))).toEqual([[1_800_000, true]]);
  });
});
