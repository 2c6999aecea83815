import { describe, expect, it } from "vitest";
import { accountDefaults, limits } from "../../../../generated/websocket/index.ts";
import { anonymousPeer, readParameters, selfNamedPeer, settleSender, verifiedPeer } from "../../../../src/protocols/websocket/identity.ts";
import { OFFERED, profileOf } from "../../../../src/protocols/websocket/profile.ts";

const read = (query: string) => readParameters(new URLSearchParams(query));

describe("who is at the other end of a connection", () => {
  it("WS-2 is read from the query, of which nothing has to be there", () => {
    expect(read("")).toEqual({ ok: true, parameters: { tokenType: "local" } });
    expect(read("senderId=ann&senderName=Ann&tokenType=jwt&token=t")).toEqual({ ok: true, parameters: { senderId: "ann", senderName: "Ann", tokenType: "jwt" } });
    expect(Object.keys((read("") as { parameters: object }).parameters)).toEqual(["tokenType"]);
  });

  it.each(["senderId", "senderName", "token"])("WS-2 is refused where %s is given twice", (key) => {
    expect(read(`${key}=a&${key}=a`)).toEqual({ ok: false, why: `${key} is given more than once` });
  });

  it.each(["senderId", "senderName", "tokenType"])("WS-2 is refused where %s is none", (key) => {
    for (const value of ["", "%00", "x".repeat(129)]) expect(read(`${key}=${value}`)).toEqual({ ok: false, why: `${key} must be 1 to 128 characters, none of them a control character` });
    expect(read(`${key}=${"x".repeat(128)}`).ok).toBe(true);
  });

  it("WS-4 is whom the verifier names, with what it says of them", () => {
    const parameters = { senderId: "other", senderName: "Given", tokenType: "local" };
    expect(verifiedPeer({ userId: "u" }, { tokenType: "local" }, false)).toEqual({ sender: { id: "u", verified: true }, speaksForOthers: false });
    expect(Object.keys(verifiedPeer({ userId: "u" }, { tokenType: "local" }, false).sender)).toEqual(["id", "verified"]);
    expect(verifiedPeer({ userId: "u" }, parameters, false).sender.name).toBe("Given");
    expect(verifiedPeer({ userId: "u", username: "Ann", avatar: "https://a.example/a.png", extra: { team: 1 } }, parameters, false)).toEqual({
      sender: { id: "u", verified: true, name: "Ann", avatar: "https://a.example/a.png", extra: { team: 1 } },
      speaksForOthers: false,
    });
  });

  it("WS-4 speaks for others where the verifier and the operator both allow it", () => {
    const speaks = (delegate: boolean | undefined, allowed: boolean) => verifiedPeer({ userId: "u", ...(delegate !== undefined && { delegate }) }, { tokenType: "local" }, allowed).speaksForOthers;
    expect([speaks(true, true), speaks(true, false), speaks(false, true), speaks(undefined, true)]).toEqual([true, false, false, false]);
  });

  it("WS-4 cannot choose its id without a good token, and is whoever it says where auth is off", () => {
    const parameters = { senderId: "ann", senderName: "Ann", tokenType: "local" };
    expect(anonymousPeer(parameters, "7")).toEqual({ sender: { id: "anon-7", name: "Ann", verified: false }, speaksForOthers: false });
    expect(selfNamedPeer(parameters, "7")).toEqual({ sender: { id: "ann", name: "Ann", verified: false }, speaksForOthers: true });
    expect(selfNamedPeer({ tokenType: "local" }, "7")).toEqual({ sender: { id: "7", verified: false }, speaksForOthers: true });
    expect(Object.keys(selfNamedPeer({ tokenType: "local" }, "7").sender)).toEqual(["id", "verified"]);
  });

  it("WS-4 says in a frame who speaks, as far as it may", () => {
    const verified = { sender: { id: "u", name: "Ann", verified: true }, speaksForOthers: false };
    expect(settleSender(verified, {})).toBe(verified.sender);
    expect(settleSender(verified, { senderId: "u", senderName: "Eve" })).toBe(verified.sender);
    expect(settleSender(verified, { senderName: "Eve" })).toBe(verified.sender);
    expect(settleSender(verified, { senderId: "v" })).toBeUndefined();
    const anybody = { sender: { id: "u", verified: false }, speaksForOthers: true };
    expect(settleSender(anybody, {})).toBe(anybody.sender);
    expect(settleSender(anybody, { senderId: "u", senderName: "Ann" })).toEqual({ id: "u", name: "Ann", verified: false });
    expect(settleSender(anybody, { senderId: "v", senderName: "Bob" })).toEqual({ id: "v", name: "Bob", verified: false });
    expect(settleSender({ ...verified, speaksForOthers: true }, { senderId: "v" })).toEqual({ id: "v", verified: false });
  });

  it("WS-9 WS-10 WS-28 has the bounds of the document, and what the operator chose", () => {
    expect(profileOf({ ...accountDefaults, streamMode: "delta", greeting: true })).toEqual({
      streamMode: "delta",
      greeting: true,
      offered: OFFERED,
      rejectedInARow: limits.rejectedInARow,
      customData: { bytes: limits.customDataBytes, levels: limits.customDataDepth },
    });
  });
});
