import { describe, expect, it } from "vitest";
import { accountDefaults, limits } from "../../../../generated/local-im/index.ts";
import { limits as ours } from "../../../../src/core/limits.ts";
import { linkProfileOf, turnBounds } from "../../../../src/protocols/local-im/profile.ts";
import { createProtocol } from "../../../../src/protocols/local-im/protocol.ts";
import { openIm, profile } from "../../../support/im-session.ts";

const full = { messageId: "m-1", conversationId: "c-20", userId: "u-3", sessionId: "s-8" };

describe("what an account knows of the IM server's wire", () => {
  it("LI-5 LI-6 are the reasons for which it is refused, and none of them ends the dialing for good", () => {
    const { refusals, binary, maxPayload } = linkProfileOf(accountDefaults);
    expect(refusals).toEqual([
      { code: 401, then: "at-most", fault: "credentials", text: "the server wants another token (HTTP 401)" },
      { code: 403, then: "at-most", fault: "forbidden", text: "the server does not let this account in (HTTP 403)" },
      { code: 1008, then: "at-most", fault: "forbidden", text: "the server does not want this account (1008)" },
      { code: 4401, then: "at-most", fault: "credentials", text: "the server wants another token (4401)" },
      { code: 4403, then: "at-most", fault: "forbidden", text: "the token may not speak for this account (4403)" },
      { code: 4409, then: "at-most", fault: "takeover", text: "another plugin is connected for this account (4409)" },
    ]);
    expect([binary, maxPayload]).toEqual(["ignore", accountDefaults.limits.maxPayload]);
  });

  it("LI-5 LI-6 are times in ms", () => {
    expect(linkProfileOf(accountDefaults)).toMatchObject({
      backoff: { baseMs: limits.backoffBaseMs, maxMs: limits.backoffMaxMs, jitterMs: limits.backoffJitterMs, jitter: "inside" },
      provenMs: limits.provenSeconds * 1000,
      handshakeMs: limits.handshakeSeconds * 1000,
      pingMs: limits.pingSeconds * 1000,
      deadAfterMs: limits.deadAfterSeconds * 1000,
    });
  });

  it("LI-17 are the bounds of a reply", () => {
    expect(turnBounds).toEqual({
      streamEveryMs: limits.streamEveryMs,
      repetition: { times: limits.repetitionTimes, freeBytes: limits.repetitionBytes },
      answerCodePoints: ours.answerCodePoints,
      errorCodePoints: ours.errorCodePoints,
    });
  });

  it("LI-10 LI-20 LI-30 are the names of messages: the server's own, ours for what nobody asked for", () => {
    const { acts, announcementId, identify, mostWrites, repeatMs } = createProtocol(profile, () => "rand");
    if (!acts) throw new Error("the wire has acts");
    const of = openIm().inbound(full);
    expect([acts.nameOf(of), acts.nameOfAnswer(of), acts.nameOfAnnouncement("srv_1", 7)]).toEqual(["m-1", "m-1", "srv_1"]);
    expect(acts.nameOf(openIm().inbound({ conversationId: "c-20" }))).toBeUndefined();
    expect(announcementId()).toBe("srv_rand");
    expect(identify(of)).toEqual({ sender: "", messageId: "m-1" });
    expect([mostWrites, repeatMs]).toEqual([1, limits.repeatSeconds * 1000]);
  });
});
