import { describe, expect, it } from "vitest";
import { conversationOf, senderOf } from "../../../../src/protocols/local-im/identity.ts";
import { openIm, profile } from "../../../support/im-session.ts";

const all = { messageId: "m", conversationId: "c", userId: "u", sessionId: "s" };

describe("who writes, and in which conversation", () => {
  it.each([
    [all, { id: "s", scope: "conversation" }],
    [{ conversationId: "c", userId: "u" }, { id: "u", scope: "user" }],
    [{ conversationId: "c" }, { id: "u00267", scope: "user" }],
  ])("LI-22 puts %j into %j", (origin, expected) => {
    expect(conversationOf(origin, profile)).toEqual({ kind: "direct", ...expected });
  });

  it.each([
    [all, { id: "c", scope: "conversation" }],
    [{ sessionId: "s", userId: "u" }, { id: "s", scope: "conversation" }],
    [{ userId: "u" }, { id: "u", scope: "user" }],
  ])("LI-22 puts %j into %j where the operator chose conversations", (origin, expected) => {
    expect(conversationOf(origin, { ...profile, sessionScope: "conversation" })).toEqual({ kind: "direct", ...expected });
  });

  it("LI-23 knows users who share a session by their own ids", () => {
    const [ann, bob] = ["ann", "bob"].map((userId) => openIm().inbound({ sessionId: "s", userId }));
    expect(ann?.conversation).toEqual(bob?.conversation);
    expect([ann?.sender.id, bob?.sender.id]).toEqual(["ann", "bob"]);
  });

  it("LI-23 LI-4 takes the account for the sender where there is none, believed as far as the link is", () => {
    expect(senderOf({}, profile)).toEqual({ id: "u00267", verified: true });
    expect(senderOf({ userId: "u" }, { ...profile, trustsPeer: false })).toEqual({ id: "u", verified: false });
  });
});
