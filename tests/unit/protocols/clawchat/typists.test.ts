import { describe, expect, it } from "vitest";
import { limits } from "../../../../generated/clawchat/index.ts";
import { limits as ours } from "../../../../src/core/limits.ts";
import { beginTyping, endAllTyping, endTyping, resumeTyping, showTyping, type Typing, typingAt } from "../../../../src/protocols/clawchat/typing.ts";

const EVERY = limits.typingEveryMs;
const MOST = 20_000;
const none: Typing = new Map();
const open = () => true;
const show = (typing: Typing, now: number, mayShow: (chatId: string) => boolean = open, only?: string) => showTyping(typing, now, MOST, mayShow, only);
const on = (chatId: string) => ({ chatId, isTyping: true });
const off = (chatId: string) => ({ chatId, isTyping: false });

describe("where the agent types", () => {
  it("CC-42 is a bounded number of chats, in each of which any number of messages may wait", () => {
    let typing = none;
    for (let index = 0; index < ours.typingChats; index++) typing = beginTyping(typing, `cnv_${index}`, "m-1", 0);
    expect(beginTyping(typing, "cnv_more", "m-1", 0)).toBe(typing);
    const more = beginTyping(typing, "cnv_0", "m-2", 0);
    expect([more.size, more.get("cnv_0")?.open]).toEqual([ours.typingChats, ["m-1", "m-2"]]);
    expect(beginTyping(more, "cnv_0", "m-2", 0)).toBe(more);
    expect(endTyping(more, "cnv_0", "m-3")).toBe(more);
    expect(endTyping(more, "cnv_more", "m-1")).toBe(more);
  });

  it("CC-43 is counted from the first message on, and anew once all are answered", () => {
    const one = show(beginTyping(none, "cnv_a", "m-1", 0), 0).typing;
    const two = beginTyping(one, "cnv_a", "m-2", 5_000);
    expect(two.get("cnv_a")?.since).toBe(0);
    const over = endTyping(endTyping(two, "cnv_a", "m-1"), "cnv_a", "m-2");
    expect(beginTyping(over, "cnv_a", "m-3", 6_000).get("cnv_a")?.since).toBe(6_000);
    expect(show(two, MOST - 1).updates).toEqual([on("cnv_a")]);
    expect(show(two, MOST).updates).toEqual([off("cnv_a")]);
    expect(show(show(two, MOST).typing, MOST + 60_000).updates).toEqual([]);
  });

  it("CC-42 is shown at once and every three seconds, and when the clock was set back", () => {
    const typing = beginTyping(none, "cnv_a", "m-1", 1_000);
    expect(typingAt(typing, 1_000, MOST)).toBe(1_000 + EVERY);
    const shown = show(typing, 1_000);
    expect(shown.updates).toEqual([on("cnv_a")]);
    expect(show(shown.typing, 1_000 + EVERY - 1).updates).toEqual([]);
    expect(show(shown.typing, 1_000 + EVERY).updates).toEqual([on("cnv_a")]);
    expect(show(shown.typing, 999).updates).toEqual([on("cnv_a")]);
    expect(typingAt(shown.typing, 1_500, MOST)).toBe(1_000 + EVERY);
    expect(typingAt(shown.typing, 1_500, 2_000)).toBe(3_000);
    expect(typingAt(shown.typing, 1_000 + MOST, MOST)).toBe(Infinity);
  });

  it("CC-42 is taken back where it was shown, and nothing is due any more", () => {
    const typing = beginTyping(beginTyping(none, "cnv_a", "m-1", 0), "cnv_b", "m-1", 0);
    const shown = show(typing, 0, (chatId) => chatId === "cnv_a");
    expect(shown.updates).toEqual([on("cnv_a")]);
    const ended = endAllTyping(shown.typing);
    expect(typingAt(ended, 100, MOST)).toBe(Infinity);
    const last = show(ended, 100);
    expect(last.updates).toEqual([off("cnv_a")]);
    // What begins again at once is not shown sooner than it would be otherwise.
    expect([...last.typing.keys()]).toEqual(["cnv_a"]);
    expect(show(last.typing, EVERY).typing.size).toBe(0);
    expect(show(last.typing, 200).updates).toEqual([]);
    expect(show(ended, 100, () => false).updates).toEqual([]);
  });

  it("CC-40 is looked at again in three seconds behind a gate, and shown when it is open", () => {
    const typing = beginTyping(none, "cnv_a", "m-1", 0);
    const gated = show(typing, 0, () => false);
    expect([gated.updates, typingAt(gated.typing, 100, MOST)]).toEqual([[], EVERY]);
    expect(show(gated.typing, EVERY).updates).toEqual([on("cnv_a")]);
    expect(show(endAllTyping(gated.typing), 100).updates).toEqual([]);
  });

  it("CC-42 is shown in one chat alone where that is asked, and anew on a new connection", () => {
    const typing = beginTyping(beginTyping(none, "cnv_a", "m-1", 0), "cnv_b", "m-1", 0);
    expect(show(typing, 0, open, "cnv_b").updates).toEqual([on("cnv_b")]);
    expect(show(typing, 0, open, "cnv_b").typing.size).toBe(2);
    const resumed = resumeTyping(show(typing, 0).typing);
    expect(show(endAllTyping(resumed), 100).updates).toEqual([]);
    expect(show(resumed, EVERY).updates).toEqual([on("cnv_a"), on("cnv_b")]);
  });
});
