import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Outbox, type OutboxFrame } from "../../../src/link/outbox.ts";

const frame = (text: string, key?: string): OutboxFrame => ({ data: Buffer.from(text), key });

/** Everything that may leave, pings as numbers. */
function drain(outbox: Outbox, room = Infinity): (string | number)[] {
  const left: (string | number)[] = [];
  for (let next = outbox.take(room); next !== undefined; next = outbox.take(room)) left.push("ping" in next ? next.ping : Buffer.from(next.frame).toString());
  return left;
}

describe("outbox", () => {
  it("keeps the order", () => {
    const outbox = new Outbox({ bytes: 100, frames: 100 });
    for (const text of ["a", "b", "c"]) outbox.add(frame(text));
    expect(drain(outbox)).toEqual(["a", "b", "c"]);
    expect(outbox.bytes).toBe(0);
  });

  it("replaces a waiting frame of the same key by one at the end", () => {
    const outbox = new Outbox({ bytes: 100, frames: 100 });
    for (const [text, key] of [["one", "x"], ["b", "y"], ["c", undefined], ["two", "x"]] as const) outbox.add(frame(text, key));
    expect(outbox.bytes).toBe(5);
    expect(drain(outbox)).toEqual(["b", "c", "two"]);
  });

  it("lets a final replace what it supersedes, and nothing replace a final", () => {
    const outbox = new Outbox({ bytes: 100, frames: 100 });
    outbox.add(frame("partial", "x"));
    outbox.addFinal(1, [frame("whole", "x")]);
    outbox.add(frame("later", "x"));
    expect(drain(outbox)).toEqual(["whole", 1, "later"]);
  });

  it("takes no more than its bounds, and of a final all or nothing", () => {
    const outbox = new Outbox({ bytes: 5, frames: 2 });
    expect(outbox.add(frame("123"))).toBe(true);
    expect(outbox.add(frame("456"))).toBe(false);
    expect(outbox.addFinal(1, [frame("4"), frame("56")])).toBe(false);
    expect(outbox.addFinal(2, [frame("4"), frame("5")])).toBe(false);
    expect(outbox.add(frame("45"))).toBe(true);
    expect(outbox.add(frame(""))).toBe(false);
    expect(drain(outbox)).toEqual(["123", "45"]);
    expect(outbox.end()).toEqual({ unsent: [], unknown: [] });
  });

  it("hands nothing over when the socket has no room, but the ping behind a final", () => {
    const outbox = new Outbox({ bytes: 100, frames: 100 });
    outbox.addFinal(7, [frame("a")]);
    expect(outbox.take(0)).toBeUndefined();
    expect(outbox.take(1)).toEqual({ frame: Buffer.from("a") });
    expect(outbox.take(0)).toEqual({ ping: 1 });
  });

  it("proves finals one by one, by the ping behind each", () => {
    const outbox = new Outbox({ bytes: 100, frames: 100 });
    outbox.addFinal(1, [frame("a"), frame("b")]);
    outbox.addFinal(2, [frame("c")]);
    expect(drain(outbox)).toEqual(["a", "b", 1, "c", 2]);
    expect(outbox.isExpecting).toBe(true);
    expect(outbox.pong(1)).toEqual([1]);
    expect(outbox.pong(1)).toEqual([]);
    expect(outbox.pong(2)).toEqual([2]);
    expect(outbox.isExpecting).toBe(false);
  });

  it("takes a pong to a later ping for an answer to the earlier ones", () => {
    const outbox = new Outbox({ bytes: 100, frames: 100 });
    outbox.addFinal(1, [frame("a")]);
    drain(outbox);
    expect(outbox.pong(outbox.nextPing())).toEqual([1]);
  });

  it("believes no pong to a ping that was never sent", () => {
    const outbox = new Outbox({ bytes: 100, frames: 100 });
    outbox.addFinal(1, [frame("a")]);
    drain(outbox);
    expect(outbox.pong(99)).toEqual([]);
    expect(outbox.end()).toEqual({ unsent: [], unknown: [1] });
  });

  it("holds everything until the pong it was told to wait for", () => {
    const outbox = new Outbox({ bytes: 100, frames: 100 });
    outbox.add(frame("a"));
    const before = outbox.nextPing();
    const hold = outbox.hold();
    outbox.addFinal(1, [frame("b")]);
    expect(drain(outbox)).toEqual([]);
    outbox.pong(before);
    expect(drain(outbox)).toEqual([]);
    outbox.pong(hold);
    expect(drain(outbox)).toEqual(["a", "b", hold + 1]);
  });

  it("calls a final unsent while its last frame is here, unknown once it has left without proof", () => {
    const outbox = new Outbox({ bytes: 100, frames: 100 });
    outbox.addFinal(1, [frame("a")]);
    outbox.addFinal(2, [frame("b")]);
    outbox.addFinal(3, [frame("c"), frame("d")]);
    outbox.addFinal(4, [frame("e")]);
    outbox.take(1); // a
    outbox.take(1); // its ping
    outbox.take(1); // b, its ping is still due
    expect(outbox.end()).toEqual({ unsent: [3, 4], unknown: [1, 2] });
    expect(outbox.bytes).toBe(0);
  });

  it("lets go of a hold and of proofs that never come", () => {
    const outbox = new Outbox({ bytes: 100, frames: 100 });
    outbox.addFinal(1, [frame("a")]);
    drain(outbox);
    outbox.hold();
    outbox.addFinal(2, [frame("b")]);
    expect(outbox.giveUpProofs()).toEqual([1]);
    expect(drain(outbox)).toEqual(["b", 3]);
  });

  it("settles every final exactly once, in any history, and counts its bytes", () => {
    const action = fc.oneof(
      fc.record({ do: fc.constant("add" as const), size: fc.nat(20), key: fc.option(fc.constantFrom("x", "y"), { nil: undefined }) }),
      fc.record({ do: fc.constant("final" as const), sizes: fc.array(fc.nat(20), { maxLength: 3 }), key: fc.option(fc.constantFrom("x", "y"), { nil: undefined }) }),
      fc.record({ do: fc.constant("take" as const), room: fc.integer({ min: -1, max: 1 }) }),
      fc.record({ do: fc.constant("pong" as const), ping: fc.nat(12) }),
      fc.record({ do: fc.constantFrom("hold" as const, "giveUp" as const) }),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const outbox = new Outbox({ bytes: 120, frames: 12 });
        const settled: number[] = [];
        const taken: number[] = [];
        let finals = 0;
        for (const each of actions) {
          if (each.do === "add") outbox.add({ data: new Uint8Array(each.size), key: each.key });
          if (each.do === "final" && outbox.addFinal(finals + 1, each.sizes.map((size) => ({ data: new Uint8Array(size), key: each.key })))) taken.push((finals += 1));
          if (each.do === "take") outbox.take(each.room);
          if (each.do === "pong") settled.push(...outbox.pong(each.ping));
          if (each.do === "hold") outbox.hold();
          if (each.do === "giveUp") settled.push(...outbox.giveUpProofs());
          expect(outbox.bytes).toBeGreaterThanOrEqual(0);
          expect(outbox.bytes).toBeLessThanOrEqual(120);
        }
        const { unsent, unknown } = outbox.end();
        expect([...settled, ...unsent, ...unknown].toSorted((a, b) => a - b)).toEqual(taken);
        expect(outbox.bytes).toBe(0);
      }),
    );
  });
});
