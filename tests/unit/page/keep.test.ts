import { describe, expect, it } from "vitest";
import { read, shorten, write } from "../../../src/page/keep.ts";
import { emptyRoom, find, next, type RoomEvent } from "../../../src/page/state.ts";

const said = (messageId: string, at = 0): RoomEvent => ({ on: "said", talk: "", messageId, text: "hello", at, files: [] });
const room = [said("a"), { on: "answered", messageId: "a", text: "Hey", media: [], at: 1 } as const, said("b")].reduce(next, emptyRoom);
const contact = { at: 1_000, senderId: "ada" };

describe("what a page keeps of itself", () => {
  it("is there after a reload, and names what has to be asked for again", () => {
    const { room: again, contact: last, again: open } = read(write({ room, contact }));
    expect([again, last]).toEqual([room, contact]);
    expect(open.map(({ talk, entry }) => [talk, entry.messageId])).toEqual([["", "b"]]);
  });

  it("WS-14 says of what has to be asked for again when the gateway was heard last, and as whom, and not when the page was there", () => {
    const open = read(write({ room: next(room, said("later", 2_000)), contact })).again;
    expect(open.map(({ entry, sent }) => [entry.messageId, sent])).toEqual([
      ["b", { heardAt: 1_000, senderId: "ada" }],
      ["later", { heardAt: 2_000, senderId: "ada" }],
    ]);
  });

  it("knows that nothing was sent before there was a connection", () => {
    expect(read(write({ room })).again.map(({ sent }) => sent)).toEqual([undefined]);
  });

  it("waits for no end of an answer to somebody else that it has missed", () => {
    const grew = { on: "grew", messageId: "x", text: "Half", group: "club", at: 1 } as const;
    expect(find(read(write({ room: next(room, grew), contact })).room, "x", true)?.state).toBe("done");
    expect(find(read(write({ room: next(room, { ...grew, messageId: "b" }), contact })).room, "b", true)?.state).toBe("writing");
  });

  it.each([null, "", "{", "[]", '{"version":0,"room":{}}', "7"])("is nothing where it is %j", (text) => {
    expect(read(text)).toEqual({ room: emptyRoom, again: [] });
  });

  it("loses its older half where there is no room", () => {
    expect(shorten(room).talks[0]?.entries.map(({ messageId }) => messageId)).toEqual(["b"]);
  });
});
