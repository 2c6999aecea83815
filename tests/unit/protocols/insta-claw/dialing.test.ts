import { describe, expect, it } from "vitest";
import { accountDefaults, closeCodes } from "../../../../generated/insta-claw/index.ts";
import { deadAfterOf, linkProfileOf, profileOf, turnBounds } from "../../../../src/protocols/insta-claw/profile.ts";
import { createProtocol } from "../../../../src/protocols/insta-claw/protocol.ts";
import { readServer } from "../../../../src/protocols/insta-claw/target.ts";
import { digest, message, profile } from "./gateway.ts";

const server = { clientId: "id", clientSecret: "s3cret", wsUrl: "wss://gateway.example/user-ws/", allowInsecure: false };

describe("where an account dials", () => {
  it("IC-1 sends the credentials as headers, trimmed, and nothing of them in the URL", () => {
    expect(readServer({ ...server, clientId: " my id\n", clientSecret: "\ts3cret " })).toEqual({
      ok: true,
      target: {
        url: "wss://gateway.example/user-ws/",
        headers: { "x-app-key": "my id", "x-app-secret": "s3cret", "x-claw-extensions": "edit,groups,media,reactions,threads;v=1" },
      },
    });
  });

  it.each([
    [{ clientId: undefined }, "Missing required configuration: clientId must be provided and non-empty"],
    [{ clientId: "  " }, "Missing required configuration: clientId must be provided and non-empty"],
    [{ clientSecret: undefined }, "Missing required configuration: clientSecret must be provided and non-empty"],
    [{ clientSecret: "\n" }, "Missing required configuration: clientSecret must be provided and non-empty"],
  ])("IC-1 says what is missing: %j", (changes, why) => {
    expect(readServer({ ...server, ...changes })).toEqual({ ok: false, why });
  });

  it.each(["a\r\nx-evil: 1", "a\tb", "ключ", "a\u0000b", "é"])("IC-1 takes no credential that would break a header: %j", (text) => {
    for (const key of ["clientId", "clientSecret"]) {
      const read = readServer({ ...server, [key]: text });
      expect(read).toMatchObject({ ok: false, why: expect.stringContaining(key) as string });
      expect(JSON.stringify(read)).not.toContain(JSON.stringify(text).slice(1, -1));
    }
  });

  it.each(["ws://localhost:1/x", "ws://127.0.0.1/", "ws://127.9.9.9/", "ws://[::1]:8080/", "ws://a.localhost/", "wss://gateway.example"])("IC-2 dials %s", (wsUrl) => {
    expect(readServer({ ...server, wsUrl })).toMatchObject({ ok: true });
  });

  it.each(["ws://gateway.example/", "ws://10.0.0.1/", "ws://127.0.0.1.example/", "ws://localhost.example/", "http://localhost/", "gateway.example", ""])("IC-2 does not dial %j", (wsUrl) => {
    expect(readServer({ ...server, wsUrl })).toMatchObject({ ok: false, why: expect.stringContaining("wsUrl") as string });
  });

  it("IC-2 dials another machine in the clear where the operator allows it", () => {
    expect(readServer({ ...server, wsUrl: "ws://gateway.example/", allowInsecure: true })).toMatchObject({ ok: true });
  });
});

describe("the numbers of a link", () => {
  const config = { heartbeatIntervalMs: 30_000, reconnect: { maxAttempts: 0 }, limits: { maxPayload: 1_048_576, maxConcurrent: 10, queuedPerSession: 256, messagesPerMinute: 60, messageBurst: 256, dedupeEntries: 10_000 } };

  it("IC-3 IC-4 are the documented ones", () => {
    const { refusals, ...numbers } = linkProfileOf(config);
    expect(numbers).toEqual({
      backoff: { baseMs: 1000, maxMs: 30_000, jitterMs: 1000, jitter: "outside" },
      provenMs: 30_000,
      handshakeMs: 10_000,
      pingMs: 30_000,
      deadAfterMs: 90_000,
      maxPayload: 1_048_576,
      binary: "close",
    });
    expect(linkProfileOf({ ...config, reconnect: { maxAttempts: 7 } }).maxAttempts).toBe(7);
    expect(refusals.map(({ code, then }) => [code, then])).toEqual([401, 403, 1008, 4401, 4403].map((code) => [code, "at-most"]));
  });

  it.each([
    [{ heartbeatIntervalMs: 10_000 }, 30_000],
    [{ heartbeatIntervalMs: 10_000, timeoutThresholdMs: 10_001 }, 10_001],
    [{ heartbeatIntervalMs: 10_000, timeoutThresholdMs: 10_000 }, 30_000],
    [{ heartbeatIntervalMs: 10_000, timeoutThresholdMs: 5000 }, 30_000],
  ])("IC-4 is silent for long enough: %j", (times, deadAfter) => {
    expect(deadAfterOf(times)).toBe(deadAfter);
  });

  it("IC-31 IC-3 knows each close code of the document that is not just a reason to dial again", () => {
    const refused = linkProfileOf(config).refusals.map(({ code }) => code);
    const plain = closeCodes.filter(({ code }) => !refused.includes(code)).map(({ code, by }) => [code, by]);
    expect(plain).toEqual([[1000, "plugin"], [1001, "server"], [1003, "plugin"], [1009, "plugin"], [1012, "server"], [1013, "server"]]);
  });

  it("IC-21 IC-23 IC-29 tell an account how to treat this wire", () => {
    const { identify, repeatMs, mostWrites, turn } = createProtocol(profile, { newId: () => "f", sha256: digest });
    expect(identify(message())).toEqual({ sender: "", messageId: "req_9" });
    expect([repeatMs, mostWrites]).toEqual([300_000, Infinity]);
    expect(turn).toBe(turnBounds);
    expect(turnBounds).toMatchObject({ streamEveryMs: 0 });
    expect(turnBounds).not.toHaveProperty("repetition");
  });

  it("IC-19 takes its switches from the configuration, whose defaults are the documented wire", () => {
    expect(profileOf(accountDefaults, true)).toEqual(profile);
  });
});
