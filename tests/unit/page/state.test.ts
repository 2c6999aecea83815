import { describe, expect, it } from "vitest";
import { emptyRoom, find, next, type Room, type RoomEvent, unanswered } from "../../../src/page/state.ts";

const play = (...events: readonly RoomEvent[]): Room => events.reduce(next, emptyRoom);
const said = (messageId: string, talk = "", text = "hello"): RoomEvent => ({ on: "said", talk, messageId, text, at: 1, files: [] });
const answered = (messageId: string, text: string): RoomEvent => ({ on: "answered", messageId, text, media: [], at: 3 });

/** Who says what in which state, conversation by conversation. */
const shown = ({ talks }: Room) => Object.fromEntries(talks.map(({ id, entries }) => [id, entries.map(({ by, text, state }) => `${by} ${state}: ${text}`)]));

describe("the picture of a conversation", () => {
  it("grows an answer below its question, and ends both", () => {
    const asked = play(said("a"));
    expect(shown(asked)).toEqual({ "": ["me sending: hello"] });
    const taken = next(asked, { on: "typing", messageId: "a", at: 2 });
    expect(shown(taken)).toEqual({ "": ["me taken: hello", "agent writing: "] });
    const grown = next(taken, { on: "grew", messageId: "a", text: "He", at: 2 });
    expect(shown(grown)).toEqual({ "": ["me taken: hello", "agent writing: He"] });
    expect(shown(next(grown, answered("a", "Hey")))).toEqual({ "": ["me done: hello", "agent done: Hey"] });
  });

  it("keeps the answers of messages apart that are asked at once", () => {
    const room = play(said("a"), said("b"), { on: "grew", messageId: "b", text: "B", at: 2 }, { on: "grew", messageId: "a", text: "A", at: 2 }, answered("b", "B!"));
    expect(shown(room)).toEqual({ "": ["me taken: hello", "me done: hello", "agent done: B!", "agent writing: A"] });
  });

  it("shows what the agent thinks and works at with the answer it belongs to", () => {
    const use = { id: "t1", tool: "read" };
    const room = play(said("a"), { on: "thought", messageId: "a", text: "Hm", at: 2 }, { on: "activity", messageId: "a", use: { ...use, status: "started" }, at: 2 }, { on: "activity", messageId: "a", use: { ...use, status: "completed" }, at: 2 });
    expect(find(room, "a", true)).toMatchObject({ thought: "Hm", tools: [{ id: "t1", status: "completed" }] });
  });

  it("drops an answer that never began where the message fails, and keeps one that did", () => {
    const failed: RoomEvent = { on: "failed", messageId: "a", code: "agent_error", text: "It broke" };
    expect(shown(play(said("a"), { on: "typing", messageId: "a", at: 2 }, failed))).toEqual({ "": ["me failed: hello"] });
    const room = play(said("a"), { on: "grew", messageId: "a", text: "Half", at: 2 }, failed);
    expect(shown(room)).toEqual({ "": ["me failed: hello", "agent failed: Half"] });
    expect(find(room, "a")?.failure).toEqual({ code: "agent_error", text: "It broke" });
  });

  it("forgets the bytes of files when they cannot be needed again", () => {
    const file = { name: "plan.png", bytes: 3, mimeType: "image/png", data: "AAAA" };
    const asked = play({ on: "said", talk: "", messageId: "a", text: "look", at: 1, files: [file] });
    expect(unanswered(asked)).toMatchObject([{ talk: "", entry: { files: [{ data: "AAAA" }] } }]);
    const ended = next(asked, answered("a", "Nice"));
    expect(find(ended, "a")?.files).toEqual([{ name: "plan.png", bytes: 3, mimeType: "image/png" }]);
    expect(unanswered(ended)).toEqual([]);
  });

  it("counts what comes in another conversation, until that is opened", () => {
    const room = play({ on: "opened", talk: "club" }, { on: "opened", talk: "" }, { on: "posted", messageId: "p1", from: "Mara", text: "Hi", group: "club", at: 2 }, { on: "grew", messageId: "p1", text: "Hi Mara", group: "club", at: 3 });
    expect(shown(room)).toEqual({ "": [], club: ["other done: Hi", "agent writing: Hi Mara"] });
    expect(room.talks.map(({ unread }) => unread)).toEqual([0, 2]);
    expect(next(room, { on: "opened", talk: "club" }).talks.map(({ unread }) => unread)).toEqual([0, 0]);
  });

  it("shows what the agent says unasked, once", () => {
    const unasked: RoomEvent = { on: "answered", messageId: "srv_1", text: "Good morning", media: [], at: 2 };
    expect(shown(play(unasked, unasked))).toEqual({ "": ["agent done: Good morning"] });
    const post: RoomEvent = { on: "posted", messageId: "p1", from: "Mara", text: "Hi", at: 2 };
    expect(shown(play(post, post))).toEqual({ "": ["other done: Hi"] });
  });

  it("WS-36 edits and deletes the one of two messages of an id that is meant", () => {
    const room = play(said("a"), answered("a", "Hey"));
    expect(shown(next(room, { on: "edited", messageId: "a", text: "hi", byAgent: false }))).toEqual({ "": ["me done: hi", "agent done: Hey"] });
    expect(shown(next(room, { on: "edited", messageId: "a", text: "Ho", byAgent: true }))).toEqual({ "": ["me done: hello", "agent done: Ho"] });
    expect(find(next(room, { on: "deleted", messageId: "a", byAgent: false }), "a")).toMatchObject({ text: "", isDeleted: true });
  });

  it("WS-35 shows the agent's reactions at the question, and one's own at the answer", () => {
    const reacted = (by: string, isOff = false): RoomEvent => ({ on: "reacted", messageId: "a", emoji: "👍", isOff, by });
    const room = play(said("a"), answered("a", "Hey"), reacted("agent"), reacted("you"), reacted("you"));
    expect([find(room, "a")?.reactions, find(room, "a", true)?.reactions]).toEqual([[{ emoji: "👍", by: "agent" }], [{ emoji: "👍", by: "you" }]]);
    expect(find(next(room, reacted("you", true)), "a", true)?.reactions).toEqual([]);
  });

  it("shows what an answer quotes, in the words of the quoted", () => {
    const room = play(said("a", "", "Shall we?"), said("b"), { on: "answered", messageId: "b", text: "Yes", media: [], replyTo: "a", at: 3 });
    expect(find(room, "b", true)?.quote).toEqual({ messageId: "a", from: "You", text: "Shall we?" });
  });

  it("leaves a group for the direct conversation, which nobody leaves", () => {
    const room = play({ on: "opened", talk: "club" }, { on: "left", talk: "club" }, { on: "left", talk: "" });
    expect(room).toEqual({ ...emptyRoom, left: ["club"] });
  });

  it("shows nothing more of a group that was left, until it is opened again", () => {
    const late: readonly RoomEvent[] = [
      { on: "grew", messageId: "a", text: "Hal", group: "club", at: 2 },
      { ...answered("a", "Half"), group: "club" } as RoomEvent,
      { on: "posted", messageId: "p1", from: "Mara", text: "Hi", group: "club", at: 2 },
      { on: "typing", messageId: "p1", group: "club", at: 2 },
      { on: "failed", messageId: "a", code: "closed", text: "It ended" },
    ];
    const gone = play({ on: "opened", talk: "club" }, said("a", "club"), { on: "left", talk: "club" }, ...late);
    expect(shown(gone)).toEqual({ "": [] });
    expect(shown([{ on: "opened", talk: "club" } as const, ...late.slice(2, 3)].reduce(next, gone))).toEqual({ "": [], club: ["other done: Hi"] });
  });

  it("WS-20 shows an answer of a group that was never left, which another tab has asked for", () => {
    expect(shown(play({ ...answered("a", "Hey"), group: "club" } as RoomEvent))).toEqual({ "": [], club: ["agent done: Hey"] });
  });

  it("forgets that a message failed when it has an answer after all", () => {
    const failed: RoomEvent = { on: "failed", messageId: "a", code: "unknown_outcome", text: "Nobody knows" };
    expect(find(play(said("a"), failed), "a")?.failure).toEqual({ code: "unknown_outcome", text: "Nobody knows" });
    const room = play(said("a"), failed, answered("a", "Hey"));
    expect(shown(room)).toEqual({ "": ["me done: hello", "agent done: Hey"] });
    expect(room.talks[0]?.entries.map(({ failure }) => failure)).toEqual([undefined, undefined]);
    expect(find(play(said("a"), failed, { ...failed, code: "timeout" }), "a")?.failure?.code).toBe("timeout");
  });

  it("WS-24 ends the answer to somebody else that failed, and says why", () => {
    const failed: RoomEvent = { on: "failed", messageId: "p1", code: "agent_error", text: "It broke" };
    const asked = play({ on: "opened", talk: "club" }, { on: "posted", messageId: "p1", from: "Mara", text: "Hi", group: "club", at: 2 }, { on: "typing", messageId: "p1", group: "club", at: 2 });
    const room = next(asked, failed);
    expect(shown(room)).toEqual({ "": [], club: ["other done: Hi", "agent failed: "] });
    expect(find(room, "p1", true)?.failure).toEqual({ code: "agent_error", text: "It broke" });
    expect(find(next(room, { ...answered("p1", "Hey") }), "p1", true)).toMatchObject({ state: "done", text: "Hey" });
    expect(find(next(room, { ...answered("p1", "Hey") }), "p1", true)).not.toHaveProperty("failure");
  });

  it("takes nothing from what has an answer when an error comes after it", () => {
    const room = play(said("a"), answered("a", "Hey"), { ...answered("b", "Hello"), group: "club" } as RoomEvent);
    for (const messageId of ["a", "b", "c"]) expect(next(room, { on: "failed", messageId, code: "timeout", text: "Late" })).toEqual(room);
  });

  it("keeps the newest 500 of a conversation", () => {
    const room = play(...Array.from({ length: 501 }, (_, at) => said(`m${at}`)));
    expect([room.talks[0]?.entries.length, room.talks[0]?.entries[0]?.messageId]).toEqual([500, "m1"]);
  });
});
