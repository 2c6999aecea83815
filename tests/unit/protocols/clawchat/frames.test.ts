import { describe, expect, it } from "vitest";
import { validateMessageAdd } from "../../../../generated/clawchat/index.ts";
import { answered, awaitAck, countAwaited, findAwaited, nothingAwaited, remind, remindAt } from "../../../../src/protocols/clawchat/acks.ts";
import { addFrame, streamOfTrace } from "../../../../src/protocols/clawchat/frames.ts";
import { applySnapshot, gatherPlan, noGroupSettings, rulesFor } from "../../../../src/protocols/clawchat/groups.ts";

const ID = `msg-${"0".repeat(26)}`;

describe("a frame of a stream", () => {
  it("CC-68 has the whole text, and what is new of it", () => {
    const frame = addFrame({ id: ID, chatId: "cnv_a", sequence: 3, text: "one two" }, "two", 17);
    expect(validateMessageAdd(frame)).toBe(true);
    expect(frame).toEqual({
      version: "2",
      event: "message.add",
      trace_id: `trace-${ID}-add-3`,
      emitted_at: 17,
      chat_id: "cnv_a",
      payload: {
        message_id: ID,
        sequence: 3,
        mutation: { type: "append", target_fragment_index: 0 },
        fragments: [{ kind: "text", text: "one two", delta: "two" }],
        streaming: { status: "streaming", sequence: 3, mutation_policy: "append_text_only", started_at: null, completed_at: null },
        added_at: 17,
      },
    });
  });

  it("CC-27 is known by its trace, and nothing else is", () => {
    for (const part of ["created", "add-0", "add-1234", "end"]) expect(streamOfTrace(`trace-${ID}-${part}`)).toBe(ID);
    for (const trace of [`x-trace-${ID}-end`, `trace-${ID}-end-x`, `trace-${ID}-ended`, `trace-${ID}`, `trace-${ID}-add-`, `trace-${ID.toLowerCase()}x-end`, ""]) expect(streamOfTrace(trace)).toBeUndefined();
  });
});

describe("what is to be acknowledged", () => {
  const uplink = (name: string, text?: string) => ({ traceId: `trace-${name}`, messageId: name, chatId: "cnv_a", isOwners: false, ...(text !== undefined && { text }) });
  const waiting = () => awaitAck(awaitAck(nothingAwaited, uplink("a", "frame a"), 0, 100), uplink("b"), 10, 100);
  const all = () => true;

  it("CC-26 is found by its trace first, and by the id of the message", () => {
    expect(findAwaited(waiting(), "trace-a", "b")?.messageId).toBe("a");
    expect(findAwaited(waiting(), "trace-x", "b")?.messageId).toBe("b");
    expect(findAwaited(waiting(), undefined, "b")?.messageId).toBe("b");
    expect(findAwaited(waiting(), "trace-x", undefined)).toBeUndefined();
    expect(findAwaited(waiting(), undefined, undefined)).toBeUndefined();
    expect(findAwaited(nothingAwaited, "trace-a", "a")).toBeUndefined();
  });

  it("CC-28 is nothing new before its time is up", () => {
    const before = waiting();
    expect(remindAt(before)).toBe(100);
    expect(remind(before, 99, 100, all)).toEqual({ awaited: before, again: [], overdue: [] });
    expect(remindAt(nothingAwaited)).toBe(Infinity);
  });

  it("CC-28 is written again where that may be done, and is late where not; both still count", () => {
    const { awaited, again, overdue } = remind(waiting(), 105, 100, all);
    expect([again.map(({ messageId }) => messageId), overdue]).toEqual([["a"], []]);
    expect(remindAt(awaited)).toBe(110);
    const later = remind(awaited, 110, 100, all);
    expect([later.again, later.overdue.map(({ messageId }) => messageId)]).toEqual([[], ["b"]]);
    expect([remindAt(later.awaited), countAwaited(later.awaited)]).toEqual([205, 2]);
    expect([...later.awaited.waiting.values()]).toMatchObject([{ messageId: "a", text: "frame a", writes: 2 }]);
    const closed = remind(waiting(), 100, 100, () => false);
    expect(closed.overdue.map(({ messageId }) => messageId)).toEqual(["a"]);
    expect([...closed.awaited.late.values()]).toEqual([expect.not.objectContaining({ text: "frame a" })]);
  });

  it("CC-28 is written three times at most", () => {
    let awaited = awaitAck(nothingAwaited, uplink("a", "frame a"), 0, 100);
    const writes: string[] = [];
    for (const now of [100, 200, 300, 400]) {
      const step = remind(awaited, now, 100, all);
      awaited = step.awaited;
      writes.push(step.again.length > 0 ? "again" : step.overdue.length > 0 ? "late" : "nothing");
    }
    expect(writes).toEqual(["again", "again", "late", "nothing"]);
  });

  it("CC-26 is waited for no longer once it is answered, late or in time", () => {
    const late = remind(waiting(), 100, 100, () => false).awaited;
    const of = (name: string) => ({ ...uplink(name), writes: 1, dueAt: 0 });
    expect(countAwaited(answered(late, of("a")))).toBe(1);
    expect(countAwaited(answered(answered(late, of("a")), of("b")))).toBe(0);
    expect(awaitAck(late, uplink("a"), 500, 100).late.size).toBe(0);
  });
});

describe("the settings of groups", () => {
  const row = { chatId: "cnv_a", muted: true, replyMode: "mention" as const, batchDelayMs: 0 };
  const own = { muted: false, replyMode: "all" as const, batchDelayMs: 7_000 };

  it("CC-58 are those of the youngest request", () => {
    const known = applySnapshot(noGroupSettings, 2, [row]);
    expect(rulesFor(known, own, "cnv_a")).toEqual({ muted: true, replyMode: "mention", batchDelayMs: 7_000 });
    expect(rulesFor(known, own, "cnv_b")).toEqual(own);
    expect(applySnapshot(known, 2, [])).toBe(known);
    expect(applySnapshot(known, 1, [])).toBe(known);
    expect(rulesFor(applySnapshot(known, 3, []), own, "cnv_a")).toEqual(own);
    expect(rulesFor(applySnapshot(known, 3, [{ ...row, batchDelayMs: 1 }]), own, "cnv_a").batchDelayMs).toBe(1);
  });

  it("CC-60 wait for others as long as is set, and half a minute in all or as long as that", () => {
    expect(gatherPlan(own, "memory", { mentioned: false })).toEqual({ key: "memory", idleMs: 7_000, ceilingMs: 30_000, flush: false });
    expect(gatherPlan({ ...own, batchDelayMs: 90_000 }, "memory", { mentioned: true })).toEqual({ key: "memory", idleMs: 90_000, ceilingMs: 90_000, flush: true });
  });
});
