import { describe, expect, it } from "vitest";
import { judgeLoss } from "../../../src/link/close-policy.ts";
import { faultOf } from "../../../src/link/fault.ts";
import type { LinkRefusal } from "../../../src/link/link.ts";

const refusals: LinkRefusal[] = [
  { code: 1008, then: "at-most", text: "the server has a rule against it" },
  { code: 403, then: "stop", text: "the account is closed" },
];

describe("close policy", () => {
  it.each([1000, 1001, 1006, 1011, 1012, 1013, 4000])("dials again after a close with %i", (code) => {
    expect(judgeLoss({ kind: "closed", code, reason: "" }, refusals)).toEqual({
      then: "back-off",
      text: `connection lost (${code})`,
      kind: `closed ${code}`,
      loss: { fault: "closed", text: `connection lost (${code})`, code },
    });
  });

  it("does what the protocol's table says about a close code", () => {
    expect(judgeLoss({ kind: "closed", code: 1008, reason: "no" }, refusals)).toEqual({
      then: "at-most",
      text: "the server has a rule against it (connection lost (1008, no))",
      kind: "closed 1008",
      loss: { fault: "closed", text: "the server has a rule against it (connection lost (1008, no))", code: 1008 },
    });
  });

  it("does what the table says about the status of a refused upgrade", () => {
    expect(judgeLoss({ kind: "refused", status: 403 }, refusals)).toMatchObject({ then: "stop", kind: "refused 403" });
    expect(judgeLoss({ kind: "refused", status: 503 }, refusals)).toMatchObject({ then: "back-off" });
  });

  it("says what failed, the peer's words made safe for a log", () => {
    expect(judgeLoss({ kind: "failed", error: "connect ECONNREFUSED 127.0.0.1:9" }, refusals).text).toBe("cannot connect: connect ECONNREFUSED 127.0.0.1:9");
    expect(judgeLoss({ kind: "closed", code: 1002, reason: "a\nb" }, refusals).text).toBe("connection lost (1002, a\uFFFDb)");
    expect(judgeLoss({ kind: "closed", code: 1006, reason: "", error: "Max payload size exceeded" }, refusals).text).toBe("connection lost (1006, Max payload size exceeded)");
  });

  it("takes losses for the same kind whatever the peer says to each", () => {
    const kinds = ["a", "b"].map((reason) => judgeLoss({ kind: "closed", code: 1011, reason }, []).kind);
    expect(new Set(kinds).size).toBe(1);
  });

  it("tells the operator what a refused upgrade was answered with", () => {
    expect(judgeLoss({ kind: "refused", status: 502 }, [])).toEqual({
      then: "back-off",
      text: "the server refuses the connection with HTTP status 502",
      kind: "refused 502",
      loss: { fault: "http-status", text: "the server refuses the connection with HTTP status 502", code: 502 },
    });
    expect(judgeLoss({ kind: "refused", status: 403 }, refusals).text).toBe("the account is closed (the server refuses the connection with HTTP status 403)");
  });

  it("has no code for a dial that failed", () => {
    const { kind, loss } = judgeLoss({ kind: "failed", error: "connect ECONNREFUSED 127.0.0.1:9" }, refusals);
    expect(kind).toBe("failed ");
    expect(loss).toEqual({ fault: "unreachable", text: "cannot connect: connect ECONNREFUSED 127.0.0.1:9" });
    expect(Object.keys(loss)).not.toContain("code");
  });

  it("knows a fault of the protocol's own before that of the code", () => {
    expect(judgeLoss({ kind: "closed", code: 4409, reason: "" }, [{ code: 4409, then: "back-off", fault: "takeover", text: "taken over" }]).loss.fault).toBe("takeover");
  });
});

describe("what is wrong with a link", () => {
  it.each([
    [1002, "incompatible"],
    [1003, "incompatible"],
    [1007, "incompatible"],
    [1000, "closed"],
    [1006, "closed"],
    [1011, "closed"],
    [4401, "closed"],
  ])("after a close with %i is %s", (code, fault) => {
    expect(faultOf({ kind: "closed", code, reason: "" })).toBe(fault);
  });

  it.each([
    [401, "credentials"],
    [403, "forbidden"],
    [404, "http-status"],
    [500, "http-status"],
  ])("after HTTP status %i is %s", (status, fault) => {
    expect(faultOf({ kind: "refused", status })).toBe(fault);
  });

  it.each([
    ["getaddrinfo ENOTFOUND im.example", "name-unknown"],
    ["getaddrinfo EAI_AGAIN im.example", "name-unknown"],
    ["queryA EAI_FAIL im.example", "name-unknown"],
    ["query ENOTFOUND im.example", "name-unknown"],
    ["getaddrinfo failed", "name-unknown"],
    ["unable to verify the first certificate", "tls"],
    ["Hostname/IP does not match certificate's altnames", "tls"],
    ["no altnames", "tls"],
    ["CERT_HAS_EXPIRED", "tls"],
    ["SSL routines: wrong version number", "tls"],
    ["Client network socket disconnected before secure TLS connection was established", "tls"],
    ["write EPROTO 140", "tls"],
    ["self-signed chain", "tls"],
    ["self signed chain", "tls"],
    ["Invalid Sec-WebSocket-Accept header", "not-websocket"],
    ["Invalid Upgrade header", "not-websocket"],
    ["Parse Error: Expected HTTP/", "not-websocket"],
    ["Server sent an invalid subprotocol", "not-websocket"],
    ["HPE_INVALID_CONSTANT", "not-websocket"],
    ["connect ECONNREFUSED 127.0.0.1:9", "unreachable"],
    ["connect EHOSTUNREACH 10.0.0.1:9", "unreachable"],
  ])("after %j is %s", (error, fault) => {
    expect(faultOf({ kind: "failed", error })).toBe(fault);
  });
});
