import { describe, expect, it } from "vitest";
import { closeCodes } from "../../../../generated/local-im/index.ts";
import { accountDefaults } from "../../../../generated/local-im/config.ts";
import { backOffMs } from "../../../../src/link/backoff.ts";
import { linkProfileOf, profileOf } from "../../../../src/protocols/local-im/profile.ts";
import { MISSING_URL, readServer, showUrl, targetOf } from "../../../../src/protocols/local-im/target.ts";

const urlOf = (written: string, accountId = "u00267") => {
  const server = readServer(written, accountId, false);
  return server.ok ? server.url : server.why;
};

describe("the address of the IM server", () => {
  it.each([
    ["ws://192.168.100.168:8080", "ws://192.168.100.168:8080/?accountId=u00267"],
    ["wss://im.example/chat?room=1&x", "wss://im.example/chat?room=1&x&accountId=u00267"],
    ["wss://im.example?a=%20+&accountId=other&b=%zz&accountId=more", "wss://im.example/?a=%20+&accountId=u00267&b=%zz"],
    ["wss://im.example/?account%49d=other", "wss://im.example/?accountId=u00267"],
    ["wss://im.example/#accountId=x", "wss://im.example/?accountId=u00267"],
    [" WS://LOCALHOST:9/ ", "ws://localhost:9/?accountId=u00267"],
  ])("LI-1 makes %s into %s", (written, url) => {
    expect(urlOf(written)).toBe(url);
  });

  it("LI-1 keeps the account's capitals and writes what a URL cannot hold", () => {
    expect(urlOf("ws://localhost", "U1 &é\ud800")).toBe("ws://localhost/?accountId=U1%20%26%C3%A9%EF%BF%BD");
  });

  it.each(["localhost:8080", "127.0.0.1:8080/x", "10.1.2.3", "172.31.0.1", "[::1]:8080"])("LI-2 takes %s for ws://", (written) => {
    expect(readServer(written, "a", false)).toMatchObject({ ok: true, url: expect.stringMatching(/^ws:/) as string });
  });

  it.each([
    ["im.example:8080", /needs wss:\/\/ in front/],
    ["11.0.0.1", /needs wss:\/\/ in front/],
    ["10.0.0.1e1", /needs wss:\/\/ in front/],
    ["http://localhost", /not with http:/],
    ["ws://", /not a WebSocket URL/],
    ["ws://a b", /not a WebSocket URL/],
  ])("LI-2 refuses %s, saying what to write", (written, why) => {
    for (const allowInsecure of [false, true]) expect(readServer(written, "a", allowInsecure)).toEqual({ ok: false, why: expect.stringMatching(why) as string });
  });

  it("says what is missing where there is no address", () => {
    for (const written of [undefined, "", " "]) expect(readServer(written, "a", true)).toEqual({ ok: false, why: MISSING_URL });
  });

  it.each(["im.example", "172.15.0.1", "172.32.0.1", "193.168.0.1", "128.0.0.1", "[::2]", "localhost.example", "127.0.0.1.example"])("LI-4 goes to %s only encrypted, or where the operator allows it", (host) => {
    expect(readServer(`ws://${host}`, "a", false)).toEqual({ ok: false, why: expect.stringMatching(/must be wss:.*allowInsecure/) as string });
    expect(readServer(`ws://${host}`, "a", true)).toMatchObject({ ok: true, isTrusted: false });
    expect(readServer(`wss://${host}`, "a", false)).toMatchObject({ ok: true, isTrusted: true });
  });

  it("LI-4 believes a server on this machine, not one in the network without encryption", () => {
    const trusted = ["ws://localhost", "ws://im.localhost.", "ws://127.9.9.9", "ws://[::1]", "ws://10.0.0.1", "ws://172.16.0.1", "ws://192.168.0.1"].map((written) => readServer(written, "a", false));
    expect(trusted.map((server) => server.ok && server.isTrusted)).toEqual([true, true, true, true, false, false, false]);
  });

  it("LI-3 sends the token, and what it could do, in headers", () => {
    expect(targetOf("ws://x", "abc")).toEqual({ url: "ws://x", headers: { Authorization: "Bearer abc", "x-local-im-extensions": "ack,activity,cancel,edit,policies,reactions,typing;v=1" } });
    expect(Object.keys(targetOf("ws://x", undefined).headers)).toEqual(["x-local-im-extensions"]);
  });

  it("LI-3 shows no part of the address that may hold a secret", () => {
    expect(showUrl(urlOf("wss://u:p@im.example/chat?token=abc&x=1#y"))).toBe("wss://im.example/chat?accountId=u00267");
  });
});

describe("the numbers of a link to the IM server", () => {
  const link = linkProfileOf(accountDefaults);

  it("LI-5 dials and listens with the documented times", () => {
    expect(link).toMatchObject({ handshakeMs: 10_000, pingMs: 30_000, deadAfterMs: 90_000, provenMs: 30_000, maxPayload: 1_048_576 });
    expect(link.readyMs).toBeUndefined();
  });

  it("LI-5 backs off as documented, the jitter inside the cap", () => {
    const delays = [0, 1, 4, 5, 99].map((n) => [backOffMs(n, link.backoff, 0), backOffMs(n, link.backoff, 0.999)]);
    expect(delays).toEqual([[1000, 1999], [2000, 2999], [16_000, 16_999], [30_000, 30_000], [30_000, 30_000]]);
  });

  it("LI-6 waits the longest where the server refuses, and never gives up", () => {
    expect(link.refusals.map(({ code, then }) => [code, then])).toEqual([401, 403, 1008, 4401, 4403, 4409].map((code) => [code, "at-most"]));
    const refusing = closeCodes.filter(({ by, when }) => by === "server" && !when.includes("growing")).map(({ code }) => code);
    expect(link.refusals.map(({ code }) => code)).toEqual(expect.arrayContaining(refusing));
  });

  it("LI-19 bounds frames and messages as the operator says", () => {
    const limits = { ...accountDefaults.limits, maxPayload: 2048, contentChars: 7 };
    expect(linkProfileOf({ limits }).maxPayload).toBe(2048);
    expect(profileOf({ ...accountDefaults, limits }, "U1", true)).toEqual({ accountId: "U1", trustsPeer: true, sessionScope: "session", contentChars: 7 });
  });
});
