import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createOriginCheck, readFacts, splitTarget } from "../../../src/edge/facts.ts";

const PROTOCOL = "openclaw.chat.v1";

function head(url: string | undefined, headers: Record<string, string | undefined> = {}) {
  return { url, headers, socket: { remoteAddress: "192.0.2.7" } };
}

const tokenOf = (url: string, headers: Record<string, string> = {}) => readFacts(head(url, headers), PROTOCOL).token;

describe("facts of an upgrade", () => {
  it("WS-3 prefers the token of the header, then the subprotocol's, then the query's", () => {
    const protocols = { "sec-websocket-protocol": `${PROTOCOL}, bearer.from-protocol` };
    const authorization = { authorization: "Bearer from-header" };
    expect(tokenOf("/ws?token=from-query", { ...authorization, ...protocols })).toEqual({ value: "from-header", from: "header" });
    expect(tokenOf("/ws?token=from-query", protocols)).toEqual({ value: "from-protocol", from: "subprotocol" });
    expect(tokenOf("/ws?token=from-query")).toEqual({ value: "from-query", from: "query" });
    expect(tokenOf("/ws")).toBeUndefined();
  });

  it("WS-3 takes a token from the subprotocol only beside ours", () => {
    expect(tokenOf("/ws", { "sec-websocket-protocol": "bearer.abc" })).toBeUndefined();
    expect(tokenOf("/ws", { "sec-websocket-protocol": `${PROTOCOL}, bearer.` })).toBeUndefined();
    expect(tokenOf("/ws", { "sec-websocket-protocol": `bearer.abc,${PROTOCOL}` })).toEqual({ value: "abc", from: "subprotocol" });
  });

  it("WS-3 passes over a proxy's Basic header, and an empty token counts as none", () => {
    expect(tokenOf("/ws?token=q", { authorization: "Basic dXNlcjpwYXNz" })).toEqual({ value: "q", from: "query" });
    expect(tokenOf("/ws", { authorization: "Bearer " })).toBeUndefined();
    expect(tokenOf("/ws?token=", {})).toBeUndefined();
    expect(tokenOf("/ws", { authorization: "bearer  abc " })).toEqual({ value: "abc", from: "header" });
  });

  it("WS-2 shows every value of a repeated key", () => {
    const { query } = readFacts(head("/ws?senderId=a&senderId=b&senderName=Ann%20B"), PROTOCOL);
    expect(query.getAll("senderId")).toEqual(["a", "b"]);
    expect(query.get("senderName")).toBe("Ann B");
  });

  it("WS-1 takes the path as it stands, whatever a URL parser would make of it", () => {
    expect(splitTarget("/ws?a=?b")).toEqual({ path: "/ws", query: "a=?b" });
    for (const other of ["//ws", "/a/../ws", "/%77s", "http://x/ws", "/ws/", "*", ""]) expect(splitTarget(other).path).not.toBe("/ws");
    expect(splitTarget(undefined)).toEqual({ path: "", query: "" });
  });

  it("is total: no target and no header makes it throw", () => {
    const names = ["authorization", "sec-websocket-protocol", "origin", "host", "sec-websocket-origin"] as const;
    const headers = fc.record(Object.fromEntries(names.map((name) => [name, fc.string({ unit: "binary" })])), { requiredKeys: [] });
    const isAllowed = createOriginCheck(["https://app.example"], "127.0.0.1");
    fc.assert(
      fc.property(fc.option(fc.string({ unit: "binary" }), { nil: undefined }), headers, (url, some) => {
        readFacts(head(url, some), PROTOCOL);
        isAllowed(head(url, some));
      }),
    );
  });
});

describe("origin check", () => {
  const isAllowed = createOriginCheck(["https://app.example", "HTTP://Intranet.Example:80/", "null-app://x"], "chat.example");
  const from = (origin: string | undefined, host = "127.0.0.1:18800") => isAllowed(head("/ws", { origin, host }));

  it("WS-2 lets in what has no origin, a listed origin, and a page of the same host and port", () => {
    expect(from(undefined)).toBe(true);
    expect(from("https://app.example")).toBe(true);
    expect(from("https://APP.example:443")).toBe(true);
    expect(from("http://intranet.example")).toBe(true);
    expect(from("http://127.0.0.1:18800")).toBe(true);
    expect(from("http://localhost:18800", "localhost:18800")).toBe(true);
    expect(from("https://[::1]", "[::1]")).toBe(true);
    expect(from("https://chat.example", "chat.example")).toBe(true);
    expect(from("null-app://x")).toBe(true);
  });

  it("WS-2 refuses every other origin", () => {
    for (const origin of ["https://evil.example", "http://app.example", "https://app.example.evil.example", "null", "", "file://", "https://app.example, https://evil.example"]) {
      expect(from(origin), origin).toBe(false);
    }
    expect(from("http://127.0.0.1:3000"), "another port is another origin").toBe(false);
  });

  it("WS-2 refuses a foreign name that was made to point here, although the page came from the host it dials", () => {
    expect(from("http://rebound.example:18800", "rebound.example:18800")).toBe(false);
  });

  it("WS-2 looks at the origin header of older clients too", () => {
    expect(isAllowed(head("/ws", { "sec-websocket-origin": "https://evil.example", host: "127.0.0.1" }))).toBe(false);
  });
});
