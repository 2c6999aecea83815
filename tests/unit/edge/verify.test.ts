import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { limits } from "../../../src/core/limits.ts";
import { system } from "../../../src/core/system.ts";
import { post } from "../../../src/edge/post.ts";
import { createVerifier, verifyToken } from "../../../src/edge/verify.ts";

const TOKEN = "tok-4f1c9a77d0";
const GRANTED = { success: true, data: { userId: "u_9", username: "Mara" } };

let server: Server;
let endpoint: string;
let requests: { method: string | undefined; url: string | undefined; headers: IncomingMessage["headers"]; body: string }[] = [];
/** How the service behaves in this test. */
let behave: (response: ServerResponse, request: IncomingMessage) => void;

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("error", () => {});
    request.on("end", () => {
      requests.push({ method: request.method, url: request.url, headers: request.headers, body });
      behave(response, request);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  endpoint = `http://127.0.0.1:${address !== null && typeof address === "object" ? address.port : 0}/verify`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function answer(body: unknown, status = 200) {
  return (response: ServerResponse) => {
    response.writeHead(status, { "Content-Type": "application/json" });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  };
}

async function verify(options: { timeoutMs?: number; signal?: AbortSignal; to?: string } = {}) {
  requests = [];
  const call = { endpoint: options.to ?? endpoint, timeoutMs: options.timeoutMs ?? 2_000, body: { token: TOKEN, tokenType: "local" } };
  const outcome = await verifyToken(call, system, post, options.signal ?? new AbortController().signal);
  if (!outcome.ok) expect(`${outcome.code} ${outcome.log}`).not.toContain(TOKEN);
  return outcome;
}

describe("a verifier that answers", () => {
  it("WS-3 vouches for a token with a user", async () => {
    behave = answer({ success: true, data: { ...GRANTED.data, avatar: "a", extra: { plan: 1 }, delegate: true, unknown: 1 } });
    expect(await verify()).toMatchObject({ ok: true, user: { userId: "u_9", username: "Mara", avatar: "a", extra: { plan: 1 }, delegate: true } });
    expect(requests).toMatchObject([{ method: "POST", body: JSON.stringify({ token: TOKEN, tokenType: "local" }) }]);
    expect(requests[0]?.headers).toMatchObject({ "content-type": "application/json", "accept-encoding": "identity" });
  });

  it("WS-3 refuses with the service's own code, whatever its message says to the log", async () => {
    behave = answer({ success: false, error: "expired", message: `Token ${TOKEN} expired` });
    expect(await verify()).toEqual({ ok: false, code: "expired", log: "Authentication failed: Token [token] expired", why: "refused" });
  });

  it.each([["spaces in it"], ["x".repeat(65)], ["<script>"], [""], [7], [null]])("WS-3 does not pass on a code like %j", async (error) => {
    behave = answer({ success: false, error });
    expect(await verify()).toMatchObject({ ok: false, code: "auth_failed" });
  });

  it("WS-3 does not pass on a code that is the token, or holds it", async () => {
    for (const error of [TOKEN, `unknown.${TOKEN}`]) {
      behave = answer({ success: false, error, message: "no" });
      expect(await verify()).toEqual({ ok: false, why: "refused", code: "auth_failed", log: "Authentication failed: no" });
    }
  });

  it.each([
    { success: true, data: {} },
    { success: true, data: { userId: 9 } },
    { success: true, data: { userId: "" } },
    { success: true, data: { userId: "x".repeat(129) } },
    { success: true, data: { userId: "a\nb" } },
    { success: true, data: { userId: "u", username: 5 } },
    { success: true, data: { userId: "u", delegate: "yes" } },
    { success: true, data: { userId: "u", extra: [] } },
    { success: true, data: { userId: "u", exp: "2030-01-01" } },
    { success: true, data: { userId: "u", exp: 1_893_456_000_000 } },
    { success: true, data: { userId: "u", exp: -1 } },
    { success: true },
    { success: "yes", data: { userId: "u_9" } },
    { data: { userId: "u_9" } },
    [],
    null,
    "text",
  ])("WS-3 takes %j for no grant", async (body) => {
    behave = answer(JSON.stringify(body));
    expect(await verify()).toMatchObject({ ok: false, code: "auth_failed" });
  });

  it("WS-3 counts 2xx only: an error status with the body of a grant vouches for nobody", async () => {
    for (const status of [400, 404, 418, 500, 503]) {
      behave = answer(GRANTED, status);
      expect(await verify(), String(status)).toMatchObject({ ok: false, code: "service_unavailable" });
    }
    for (const status of [401, 403]) {
      behave = answer(GRANTED, status);
      expect(await verify(), String(status)).toMatchObject({ ok: false, code: "auth_failed", why: "odd" });
    }
    behave = answer({ success: false, error: "expired" }, 401);
    expect(await verify()).toMatchObject({ ok: false, code: "expired" });
    behave = answer(GRANTED, 201);
    expect(await verify()).toMatchObject({ ok: true });
  });

  it("does not follow a redirect", async () => {
    for (const status of [301, 302, 307, 308]) {
      behave = (response, request) => {
        if (request.url === "/elsewhere") return answer(GRANTED)(response);
        response.writeHead(status, { Location: "/elsewhere" }).end();
      };
      expect(await verify(), String(status)).toMatchObject({ ok: false, code: "service_unavailable" });
      expect(requests).toHaveLength(1);
    }
  });
});

describe("a verifier that misbehaves", () => {
  it("is not waited for longer than its time, before the headers, between them and the body, or within the body", async () => {
    const misbehaviours: (typeof behave)[] = [
      () => {},
      (response) => response.writeHead(200, { "Content-Type": "application/json" }).flushHeaders(),
      (response) => {
        response.writeHead(200);
        const drip = setInterval(() => response.write(" "), 20);
        response.on("close", () => clearInterval(drip));
      },
    ];
    for (const misbehaviour of misbehaviours) {
      behave = misbehaviour;
      const since = performance.now();
      expect(await verify({ timeoutMs: 150 })).toEqual({ ok: false, code: "timeout", log: "Auth service request timed out", why: "unanswered" });
      expect(performance.now() - since).toBeLessThan(1_000);
    }
  });

  it("is cut off at 64 KiB of body", async () => {
    let written = 0;
    behave = (response) => {
      response.writeHead(200);
      const pour = () => {
        while (!response.destroyed && response.write(Buffer.alloc(16_384, 32))) written += 16_384;
      };
      response.on("drain", pour);
      pour();
    };
    expect(await verify()).toMatchObject({ ok: false, code: "service_unavailable", log: expect.stringContaining(`over ${limits.verifyBodyBytes} bytes`) });
    expect(written).toBeLessThan(32 * 1024 * 1024);

    const longest = JSON.stringify(GRANTED).padEnd(limits.verifyBodyBytes, " ");
    behave = answer(longest);
    expect(await verify()).toMatchObject({ ok: true });
    behave = answer(`${longest} `);
    expect(await verify()).toMatchObject({ ok: false });
  });

  it("is unavailable when it speaks no JSON, resets, closes early, or is not there", async () => {
    behave = answer("<html>");
    expect(await verify()).toMatchObject({ ok: false, code: "service_unavailable" });
    behave = (response) => response.writeHead(204).end();
    expect(await verify()).toMatchObject({ ok: false, code: "service_unavailable" });
    behave = (_, request) => request.socket.resetAndDestroy();
    expect(await verify()).toMatchObject({ ok: false, code: "service_unavailable" });
    behave = (response) => {
      response.writeHead(200, { "Content-Length": 1000 });
      response.write("{");
      setTimeout(() => response.destroy(), 20);
    };
    expect(await verify()).toMatchObject({ ok: false, code: "service_unavailable" });
    behave = (_, request) => request.socket.end("garbage\r\n\r\n");
    expect(await verify()).toMatchObject({ ok: false, code: "service_unavailable" });
    expect(await verify({ to: "http://127.0.0.1:1/verify" })).toMatchObject({ ok: false, code: "service_unavailable" });
  });

  it("does not show the credentials of its own address in the log", async () => {
    for (const to of ["http://ops:hunter2@127.0.0.1:1/verify?key=hunter2", "hunter2 is not a URL"]) {
      const outcome = await verify({ to });
      expect(outcome).toMatchObject({ ok: false, code: "service_unavailable" });
      expect(JSON.stringify(outcome)).not.toContain("hunter2");
    }
  });

  it("is left alone when the connection is gone, before the call or during it", async () => {
    behave = () => {};
    const abandoned = { ok: false, code: "service_unavailable", log: "the connection is gone", why: "unanswered" };
    expect(await verify({ signal: AbortSignal.abort() })).toEqual(abandoned);
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 30);
    expect(await verify({ signal: abort.signal })).toEqual(abandoned);
  });

  it("has an outcome for any status and any body", async () => {
    const status = fc.integer({ min: 200, max: 599 });
    const body = fc.oneof(fc.string({ unit: "binary", maxLength: 300 }), fc.json(), fc.constant(JSON.stringify(GRANTED)));
    await fc.assert(
      fc.asyncProperty(status, body, async (status, body) => {
        behave = (response) => response.writeHead(status).end(body);
        const outcome = await verify();
        if (outcome.ok) expect([Math.floor(status / 100), JSON.parse(body)]).toMatchObject([2, { success: true }]);
        else expect(outcome.code).toMatch(/^[A-Za-z0-9_.-]{1,64}$/);
      }),
      { numRuns: 200 },
    );
  });
});

describe("remembered answers", () => {
  const signal = new AbortController().signal;
  const call = (token: string, cacheSeconds: number, senderId?: string) => ({
    endpoint,
    timeoutMs: 2_000,
    cacheSeconds,
    body: { token, tokenType: "local", ...(senderId !== undefined && { senderId }) },
  });
  let now = 1_000_000;
  const platform = { ...system, now: () => now };

  it("keep a grant for cacheSeconds, for the same request only", async () => {
    behave = answer(GRANTED);
    const ask = createVerifier(platform);
    requests = [];
    await ask(call("a", 10), signal);
    await ask(call("a", 10), signal);
    expect(requests).toHaveLength(1);
    await ask(call("b", 10), signal);
    await ask(call("a", 10, "u_1"), signal);
    expect(requests).toHaveLength(3);
    now += 10_000;
    await ask(call("a", 10), signal);
    expect(requests).toHaveLength(4);
    now -= 60_000;
    await ask(call("a", 10), signal);
    expect(requests, "a clock that is set back prolongs nothing").toHaveLength(5);
  });

  it("never keep a refusal, and nothing at 0 seconds", async () => {
    const ask = createVerifier(platform);
    requests = [];
    behave = answer({ success: false });
    await ask(call("a", 10), signal);
    behave = answer(GRANTED);
    expect(await ask(call("a", 10), signal)).toMatchObject({ ok: true });
    await ask(call("c", 0), signal);
    await ask(call("c", 0), signal);
    expect(requests).toHaveLength(4);
  });

  it("WS-37 are no grant any more once the token has ended, and neither is a new one", async () => {
    const ask = createVerifier(platform);
    requests = [];
    behave = answer({ ...GRANTED, data: { ...GRANTED.data, exp: now / 1000 + 5 } });
    expect(await ask(call("a", 60), signal)).toMatchObject({ ok: true });
    now += 4_999;
    expect(await ask(call("a", 60), signal)).toMatchObject({ ok: true });
    expect(requests).toHaveLength(1);
    now += 1;
    for (const cacheSeconds of [60, 0]) expect(await ask(call("a", cacheSeconds), signal)).toMatchObject({ ok: false, code: "expired", why: "refused" });
    expect(requests).toHaveLength(3);
  });

  it("WS-38 are passed by where the token is shown again, forgotten where it is refused, and kept where nobody answers", async () => {
    const ask = createVerifier(platform);
    const fresh = { ...call("a", 60), isFresh: true };
    behave = answer(GRANTED);
    await ask(call("a", 60), signal);
    behave = answer(GRANTED, 503);
    expect(await ask(fresh, signal)).toMatchObject({ ok: false, why: "unanswered" });
    expect(await ask(call("a", 60), signal)).toMatchObject({ ok: true });
    behave = answer({ success: "no" });
    expect(await ask(fresh, signal)).toMatchObject({ ok: false, why: "odd" });
    expect(await ask(call("a", 60), signal)).toMatchObject({ ok: true });
    behave = answer({ success: false });
    expect(await ask(fresh, signal)).toMatchObject({ ok: false, why: "refused" });
    expect(await ask(call("a", 60), signal)).toMatchObject({ ok: false, why: "refused" });
  });

  it("are bounded: the oldest goes first", async () => {
    let asked = 0;
    const ask = createVerifier(platform, async () => {
      asked += 1;
      return { status: 200, text: JSON.stringify(GRANTED) };
    });
    for (let i = 0; i <= limits.verifyCacheEntries; i += 1) await ask(call(`t${i}`, 10), signal);
    await ask(call("t1", 10), signal);
    expect(asked).toBe(limits.verifyCacheEntries + 1);
    await ask(call("t0", 10), signal);
    expect(asked).toBe(limits.verifyCacheEntries + 2);
  });
});
