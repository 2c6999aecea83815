import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { boundHttp, createHttp } from "../../../src/rest/http.ts";
import { system } from "../../../src/core/system.ts";
import { createVirtualSystem } from "../../support/virtual.ts";

const servers: { close(): unknown; closeAllConnections?(): void }[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections?.();
    server.close();
  }
});

async function serve(listener: RequestListener): Promise<string> {
  const server: Server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const http = createHttp(system);
const SECRET = "secret-token-of-the-request";
const headers = { Authorization: `Bearer ${SECRET}` };

describe("an HTTP call", () => {
  it("sends JSON and reads JSON, whatever the status", async () => {
    const seen: unknown[] = [];
    const url = await serve((request, response) => {
      let text = "";
      request.on("data", (chunk) => void (text += String(chunk)));
      request.on("end", () => {
        seen.push([request.method, request.url, request.headers["content-type"], request.headers.authorization, text]);
        response.writeHead(409, { "content-type": "text/plain" }).end('{"code":7,"msg":"é"}');
      });
    });
    expect(await http({ method: "POST", url: `${url}/v1/x`, headers, body: { json: { a: "ü" } } })).toEqual({ kind: "answered", status: 409, body: { code: 7, msg: "é" } });
    expect(seen).toEqual([["POST", "/v1/x", "application/json", `Bearer ${SECRET}`, '{"a":"ü"}']]);
  });

  it("sends a form with a content type of its own", async () => {
    let type = "";
    const url = await serve((request, response) => {
      type = String(request.headers["content-type"]);
      request.resume().on("end", () => response.end("ok"));
    });
    const form = new FormData();
    form.append("file", new Blob(["abc"]), "a.txt");
    expect(await http({ method: "POST", url, body: { form } })).toEqual({ kind: "answered", status: 200, text: "ok" });
    expect(type).toMatch(/^multipart\/form-data; boundary=/);
  });

  it("follows no redirect, least of all with a token", async () => {
    let visits = 0;
    const elsewhere = await serve((_request, response) => {
      visits += 1;
      response.end("{}");
    });
    const url = await serve((_request, response) => response.writeHead(307, { location: elsewhere }).end());
    expect(await http({ method: "GET", url, headers })).toEqual({ kind: "answered", status: 307, text: "" });
    expect(visits).toBe(0);
  });

  it("has never arrived where nobody listens or nobody has that name", async () => {
    const url = await serve((_request, response) => response.end());
    servers.pop()?.close();
    expect(await http({ method: "POST", url, headers })).toEqual({ kind: "never-arrived", why: "the server cannot be reached (ECONNREFUSED)" });
    const unknown = Object.assign(new TypeError("fetch failed"), { cause: Object.assign(new Error("x"), { code: "ENOTFOUND", syscall: "getaddrinfo" }) });
    expect(await createHttp(system, () => Promise.reject(unknown))({ method: "GET", url })).toEqual({ kind: "never-arrived", why: "the server's name is not known (ENOTFOUND)" });
  });

  it("has never arrived where no address of several could be reached, and is unclear where one of them broke off", async () => {
    const fault = (code: string, syscall: string) => Object.assign(new Error(code), { code, syscall });
    const failing = (...errors: Error[]) => createHttp(system, () => Promise.reject(new TypeError("fetch failed", { cause: new AggregateError(errors) })))({ method: "GET", url: "https://a.test" });
    expect((await failing(fault("ECONNREFUSED", "connect"), fault("ENETUNREACH", "connect"))).kind).toBe("never-arrived");
    expect((await failing(fault("ECONNREFUSED", "connect"), fault("ECONNRESET", "read"))).kind).toBe("unclear");
  });

  it("is unclear where the connection breaks off", async () => {
    const server = createTcpServer((socket) => socket.once("data", () => socket.resetAndDestroy()));
    servers.push(server);
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    const answer = await http({ method: "POST", url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, headers });
    expect(answer).toMatchObject({ kind: "unclear", why: expect.stringMatching(/^the exchange failed \(/) });
  });

  it("is unclear where the answer is longer than its bound", async () => {
    const url = await serve((_request, response) => response.end(JSON.stringify("x".repeat(1_000))));
    expect(await http({ method: "GET", url, maxBytes: 1_001 })).toEqual({ kind: "unclear", why: "the answer has more than 1001 bytes" });
    expect((await http({ method: "GET", url, maxBytes: 1_002 })).kind).toBe("answered");
  });

  it.each(["before its headers", "in the middle of its body"])("is unclear where the answer stops %s, as soon as its time is over", async (where) => {
    const clock = createVirtualSystem();
    const asked = Promise.withResolvers<void>();
    const url = await serve((_request, response) => {
      if (where !== "before its headers") response.write("{");
      asked.resolve();
    });
    const answer = createHttp(clock)({ method: "GET", url, timeoutMs: 5_000 });
    await asked.promise;
    await clock.pass(4_999);
    expect(clock.pendingTimers()).toBe(1);
    await clock.pass(1);
    expect(await answer).toEqual({ kind: "unclear", why: "no whole answer within 5 s" });
  });

  it("is given up in time also where the platform does not let go, as while a name is looked up", async () => {
    const clock = createVirtualSystem();
    const answer = createHttp(clock, () => new Promise(() => {}))({ method: "GET", url: "https://a.test", timeoutMs: 5_000 });
    await clock.pass(5_000);
    expect((await answer).kind).toBe("unclear");
  });

  it("leaves no timer behind", async () => {
    const clock = createVirtualSystem();
    const url = await serve((_request, response) => response.end("{}"));
    await createHttp(clock)({ method: "GET", url });
    expect(clock.pendingTimers()).toBe(0);
  });

  it.each([
    ["a header with a line break", { url: "https://a.test", headers: { Authorization: `Bearer a\n${SECRET}` } }],
    ["a URL that is none", { url: `https://${SECRET}:x` }],
    ["a body that is no JSON", { url: "https://a.test", headers, body: { json: 1n } }],
  ])("never rejects nor repeats a secret: %s", async (_what, request) => {
    const answer = await http({ method: "POST", ...request });
    expect(answer.kind).toBe("unclear");
    expect(JSON.stringify(answer)).not.toContain(SECRET);
  });
});

describe("a bounded HTTP call", () => {
  it("ends at its bound, or when its call ends, and never rejects", async () => {
    const clock = createVirtualSystem();
    const late = boundHttp(() => new Promise(() => {}), clock, 20_000)({ method: "GET", url: "" });
    await clock.pass(20_000);
    expect(await late).toEqual({ kind: "unclear", why: "no whole answer within 20 s" });
    expect(await boundHttp(() => Promise.resolve({ kind: "answered", status: 200 }), clock, 1)({ method: "GET", url: "" })).toEqual({ kind: "answered", status: 200 });
    expect((await boundHttp(() => Promise.reject(new Error("no")), clock, 1)({ method: "GET", url: "" })).kind).toBe("unclear");
    expect(clock.pendingTimers()).toBe(0);
  });
});
