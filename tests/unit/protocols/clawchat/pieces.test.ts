import { describe, expect, it } from "vitest";
import { limits, type ClawchatAccount } from "../../../../generated/clawchat/index.ts";
import { limits as ours } from "../../../../src/core/limits.ts";
import { senderOf } from "../../../../src/protocols/clawchat/identity.ts";
import { followingId, IDS_PER_ANSWER, nextUlid } from "../../../../src/protocols/clawchat/ids.ts";
import { merge } from "../../../../src/protocols/clawchat/merge.ts";
import { replyTo, writeAnswer } from "../../../../src/protocols/clawchat/messages.ts";
import { profileOf } from "../../../../src/protocols/clawchat/profile.ts";
import { createProtocol } from "../../../../src/protocols/clawchat/protocol.ts";
import { holdCopy, releaseAt, releaseDue, resumeHeld, supersede } from "../../../../src/protocols/clawchat/provisional.ts";
import { type About, CHAT, fragmentsOf, HOME, type Json, login, openHub, OWNER, payloadOf, profile, START } from "./hub.ts";

const hear = (changes: Json = {}) => openHub().ready().hears(changes);

describe("the ids of messages", () => {
  const HIGHEST = (1n << 80n) - BigInt(IDS_PER_ANSWER);

  it("CC-31 have 80 random bits", () => {
    expect(nextUlid(undefined, 5, () => 0.5).minted).toEqual({ time: 5, low: 0x8000_8000_8000_8000_8000n });
    expect(nextUlid(undefined, 5, () => 0)).toEqual({ minted: { time: 5, low: 0n }, ulid: "00000000050000000000000000" });
  });

  it("CC-31 go on in the next millisecond where one has no room for an answer", () => {
    expect(nextUlid({ time: 5, low: HIGHEST - BigInt(IDS_PER_ANSWER) - 1n }, 5, () => 0).minted).toEqual({ time: 5, low: HIGHEST - 1n });
    expect(nextUlid({ time: 5, low: HIGHEST - BigInt(IDS_PER_ANSWER) }, 5, () => 0).minted).toEqual({ time: 6, low: 0n });
  });

  it("CC-31 follow one another, and those of somebody else never become another message's", () => {
    const { ulid } = nextUlid(undefined, 5, () => 0);
    expect(followingId(`msg-${ulid}`, 0)).toBe(`msg-${ulid}`);
    expect(followingId(`msg-${ulid}`, 33)).toBe("msg-00000000050000000000000011");
    for (const id of [`x-msg-${ulid}`, `msg-${ulid}x`, "m-1"]) expect([followingId(id, 0), followingId(id, 1)]).toEqual([id, `${id}.1`]);
  });
});

describe("an author", () => {
  it("CC-35 has a name where the hub says one", () => {
    expect(senderOf("usr_a", "Mira", { verifiesSenders: true })).toStrictEqual({ id: "usr_a", name: "Mira", verified: true });
    for (const name of [undefined, ""]) expect(senderOf("usr_a", name, { verifiesSenders: false })).toStrictEqual({ id: "usr_a", verified: false });
  });

  it("CC-41 is in the owner's chat in that chat, or alone with the agent", () => {
    const writes = (hub: ReturnType<typeof openHub>, of: About) => {
      hub.frame({ version: "2", event: "message.error", trace_id: "t", emitted_at: START, chat_id: of.origin.chatId, payload: { code: "not_member" } });
      return hub.answers(of, "whole").messages.length;
    };
    for (const [changes, messages] of [[{ chat: HOME }, 1], [{ chat: HOME, from: OWNER }, 1], [{ from: OWNER }, 1], [{ from: OWNER, type: "group" }, 0], [{}, 0]] as const) {
      const hub = openHub().ready();
      expect(writes(hub, hub.hears(changes))).toBe(messages);
    }
  });
});

describe("messages that are answered together", () => {
  const said = (from: string, name: string | undefined, text: string) => hear({ chat: "cnv_g", type: "group", from, name, text });

  it("CC-60 are one, of which nobody can write another one's line", () => {
    const merged = merge([said("usr_a", "Ada\nLovelace", "one\n[2] Bo: no"), said("usr_b", "Bo", "two\r\nlines")]);
    expect(merged.content).toBe("[1] Ada Lovelace: one\n    [2] Bo: no\n[2] Bo: two\n    lines");
    expect(merged).toMatchObject({ sender: { id: "usr_b" }, others: [{ id: "usr_a" }] });
  });

  it("CC-60 name no others where one alone has written", () => {
    expect("others" in merge([said("usr_a", "Ada", "one"), said("usr_a", "Ada", "two")])).toBe(false);
  });
});

describe("an answer", () => {
  const answer = (more: Partial<Parameters<typeof writeAnswer>[0]> = {}) =>
    writeAnswer({ id: "msg-1", chatId: CHAT, text: "whole", attachments: [], reply: null, isWhole: false, ...more }, 4000, START).map((written) => JSON.parse(written.text) as Json);
  const reply = { reply_to_msg_id: "m-1", reply_preview: null };
  const replied = (frames: readonly Json[]) => frames.map((frame) => [frame["event"], ((payloadOf(frame)["message"] as Json)["context"] as Json)["reply"] !== null]);
  const long = "word ".repeat(1500);

  it("CC-32 replies with its first message alone, unless all are to", () => {
    expect(replied(answer({ text: long, reply }))).toEqual([["message.reply", true], ["message.send", false]]);
    expect(replied(answer({ text: long, reply, repliesThroughout: true }))).toEqual([["message.reply", true], ["message.reply", true]]);
    expect(replied(answer({ text: long }))).toEqual([["message.send", false], ["message.send", false]]);
    expect(replied(answer({ text: long, isWhole: true }))).toEqual([["message.reply", false]]);
  });

  it("CC-31 is nothing where nothing is to be said, and files alone where that is all", () => {
    expect(answer({ text: " \n" })).toEqual([]);
    expect(answer({ text: " ", attachments: [{ kind: "image", url: "https://media.example/a" }] }).map(fragmentsOf)).toEqual([[{ kind: "image", url: "https://media.example/a" }]]);
  });

  it("CC-33 is cut where the hub would cut the connection, though it was shown as one message", () => {
    const budget = limits.uplinkBytes - 65_536;
    // In JSON with two quotes, and one byte between parts.
    expect(answer({ text: "x".repeat(budget - 3), isWhole: true })).toHaveLength(1);
    expect(answer({ text: "x".repeat(budget - 2), isWhole: true }).length).toBeGreaterThan(2);
  });

  it("CC-36 says of a file what is known of it", () => {
    const file = (more: object) => fragmentsOf(answer({ text: "", attachments: [{ kind: "file", url: "https://media.example/a", ...more }] })[0])[0];
    expect(file({ name: "a\u0000b", mimeType: "text/plain", size: 0 })).toEqual({ kind: "file", url: "https://media.example/a", name: "ab", mime: "text/plain", size: 0 });
    for (const size of [-1, 0.5, Number.NaN, undefined]) expect(file({ size })).toEqual({ kind: "file", url: "https://media.example/a" });
  });

  it("CC-21 puts files behind the text, as far as they have room", () => {
    const files = Array.from({ length: 300 }, (_, index) => ({ kind: "file" as const, url: `https://media.example/${index}` }));
    expect(answer({ attachments: files }).map((frame) => fragmentsOf(frame).length)).toEqual([256, 45]);
  });

  it("CC-38 shows what it replies to, where that is the message it answers", () => {
    const { origin } = hear({ id: "m-1" });
    expect(replyTo("m-1", origin)).toEqual({ reply_to_msg_id: "m-1", reply_preview: { id: "usr_mira", nick_name: "Mira", fragments: [{ kind: "text", text: "deploy it please" }] } });
    expect(replyTo("m-2", origin)).toEqual({ reply_to_msg_id: "m-2", reply_preview: null });
    const { origin: nameless } = hear({ id: "m-1", name: null });
    expect(replyTo("m-1", nameless)?.reply_preview?.nick_name).toBe("");
    const most = limits.messageIdBytes;
    expect(replyTo("x".repeat(most), origin)).not.toBeNull();
    for (const id of [undefined, "", "x".repeat(most + 1), "m\u0000"]) expect(replyTo(id, origin)).toBeNull();
  });
});

describe("a profile", () => {
  const config = { reliableDelivery: true, deliveryReceipts: false, strictChatIds: true, outputVisibility: "normal", replyToMode: "first", ack: { timeoutMs: 1, resendOnTimeout: true }, typingMaxContinuousMs: 2, limits: { contentChars: 3 }, groupSessionsPerUser: true } as unknown as ClawchatAccount;
  const rest = { clientVersion: "1", verifiesSenders: true, mediaOrigin: "https://media.example" };

  it("CC-67 shows what grows unless the operator says no", () => {
    expect(profileOf({ ...config, streaming: false }, rest).streaming).toBe(false);
    for (const streaming of [true, undefined, { mode: "block" }]) expect(profileOf({ ...config, streaming } as ClawchatAccount, rest).streaming).toBe(true);
  });

  it("CC-33 cuts where the operator says, or the document", () => {
    expect(profileOf({ ...config, textChunkLimit: 500 }, rest).chunkChars).toBe(500);
    expect(profileOf(config, rest)).toMatchObject({ chunkChars: limits.chunkChars, ackMs: 1, resendsUnanswered: true, typingMaxMs: 2, contentChars: 3 });
  });
});

describe("the protocol", () => {
  const { acts, identify, reach, announcementId } = openHub().protocol;

  it("CC-53 knows a message by its chat and its id, whoever says so", () => {
    expect(identify(hear({ id: "m-1" }))).toEqual({ sender: "", messageId: `${CHAT}\nm-1` });
  });

  it("CC-25 can react, with one emoji for each message", () => {
    const of = hear({ id: "m-1" });
    expect(acts?.carried(openHub().state)).toEqual(["react"]);
    expect([acts?.nameOf(of), acts?.nameOfAnswer(of), acts?.nameOfAnnouncement("msg-9", START), acts?.oneEmoji]).toEqual(["m-1", of.origin.answerId, "msg-9", true]);
  });

  it("finds a group by its id, and of people the owner alone", () => {
    const there = { content: "", media: [], receivedAt: START, origin: { mentions: [], isMentioned: false, emittedAt: START } };
    const id = expect.stringMatching(/^msg-[0-9A-Z]{26}$/) as string;
    expect(reach?.({ kind: "group", id: CHAT })).toMatchObject({ ...there, messageId: id, origin: { ...there.origin, chatId: CHAT, chatType: "group", answerId: id }, conversation: { kind: "group", id: CHAT } });
    expect(reach?.({ kind: "group", id: CHAT })?.conversation).not.toHaveProperty("member");
    expect(reach?.({ kind: "group", id: "usr_x" })).toBeUndefined();
    for (const owner of [OWNER, HOME]) expect(reach?.({ kind: "direct", id: owner })).toMatchObject({ ...there, origin: { ...there.origin, chatId: HOME, chatType: "direct" }, sender: { id: OWNER, verified: true }, conversation: { kind: "direct", id: OWNER } });
    expect(reach?.({ kind: "direct", id: "usr_mira" })).toBeUndefined();
    expect(announcementId()).toMatch(/^msg-/);
  });

  it("finds no owner whose chat the login does not name", () => {
    const { homeConversationId: _home, ...homeless } = login;
    const protocol = createProtocol({ ...profile, login: () => homeless }, { newId: () => "id", mint: () => "msg-1" }, () => START);
    expect(protocol.reach?.({ kind: "direct", id: OWNER })).toBeUndefined();
    expect(protocol.reach?.({ kind: "direct", id: "undefined" })).toBeUndefined();
  });
});

describe("copies that wait for their author's message", () => {
  const copy = (id: string) => hear({ id });
  const none = new Map() as Parameters<typeof holdCopy>[0];

  it("CC-54 are due in their time, each by itself", () => {
    const one = holdCopy(none, copy("m-1"), "r1", 100);
    const two = holdCopy(one.held, copy("m-2"), "r2", 200).held;
    const held = holdCopy(two, copy("m-3"), "r3", undefined).held;
    expect([...held.values()].map(({ dueAt }) => dueAt)).toEqual([100, 200, undefined]);
    expect("dueAt" in ([...held.values()][2] ?? {})).toBe(false);
    expect([releaseAt(held), releaseAt(none)]).toEqual([100, Infinity]);
    expect(releaseDue(held, 99)).toEqual({ held, copies: [] });
    const released = releaseDue(held, 100);
    expect(released.copies.map(({ ref }) => ref)).toEqual(["r1"]);
    expect([...released.held.values()].map(({ ref }) => ref)).toEqual(["r2", "r3"]);
    expect([...resumeHeld(held).values()].map(({ ref, dueAt }) => [ref, dueAt])).toEqual([["", undefined], ["", undefined], ["", undefined]]);
  });

  it("CC-54 are superseded by it, and by a later copy", () => {
    const { held } = holdCopy(none, copy("m-1"), "r1", 100);
    const again = holdCopy(held, copy("m-1"), "r2", 300);
    expect([again.replaced?.ref, again.held.size, releaseAt(again.held)]).toEqual(["r1", 1, 300]);
    expect(supersede(held, `${CHAT}\nm-1`)).toMatchObject({ copy: { ref: "r1" }, held: new Map() });
    expect(supersede(held, `${CHAT}\nm-2`)).toEqual({ held });
  });

  it("CC-54 are let go, the oldest first, where there are too many", () => {
    let held = none;
    let copies: readonly { ref: string }[] = [];
    for (let index = 0; index <= ours.heldCopies; index++) {
      const step = holdCopy(held, { ...copy("m"), messageId: `m-${index}` }, `r${index}`, 100);
      if (index < ours.heldCopies) expect(step.copies).toEqual([]);
      ({ held, copies } = step);
      // A copy that comes again is the newest.
      if (index === 1) ({ held } = holdCopy(held, { ...copy("m"), messageId: "m-0" }, "again", 100));
    }
    expect(copies.map(({ ref }) => ref)).toEqual(["r1"]);
    expect(held.size).toBe(ours.heldCopies);
  });
});
