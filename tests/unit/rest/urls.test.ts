import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { endpoint, mediaUrlOf, readBaseUrl, readUrl, socketUrlOf } from "../../../src/rest/urls.ts";

describe("the address of a REST server", () => {
  it.each([
    ["https://app.test", "https://app.test"],
    [" https://app.test/// ", "https://app.test"],
    ["HTTPS://App.Test:8443/base/", "https://app.test:8443/base"],
    ["http://localhost:1", "http://localhost:1"],
    ["http://127.0.0.1", "http://127.0.0.1"],
    ["http://[::1]:80", "http://[::1]"],
    ["http://192.168.1.2", "http://192.168.1.2"],
  ])("%s is %s", (written, url) => expect(readBaseUrl(written)).toEqual({ ok: true, url }));

  it.each(["", "app.test", "ftp://a.test", "wss://a.test", "https://", "https://a.test?x=1", "https://a.test#x", "https://ann:secret@a.test"])("%s is none", (written) => {
    const read = readBaseUrl(written);
    expect(read).toMatchObject({ ok: false, why: expect.stringMatching(/^baseUrl must /) });
    expect(JSON.stringify(read)).not.toContain("secret");
  });

  it("CC-2 is https but for this machine and private networks, unless the operator allows it", () => {
    expect(readBaseUrl("http://app.test", { field: "mediaBaseUrl" })).toEqual({
      ok: false,
      why: "mediaBaseUrl must be https://, for app.test is neither this machine nor a private address; allowInsecure permits http:// all the same",
    });
    expect(readBaseUrl("http://app.test", { allowInsecure: true })).toEqual({ ok: true, url: "http://app.test" });
  });

  it("CC-2 holds for the address of a socket too, in its own schemes", () => {
    const read = (written: string, allowInsecure = false) => readUrl(written, { field: "websocketUrl", schemes: ["wss", "ws"], allowInsecure });
    expect([read(" WSS://ws.test/ws/ "), read("ws://127.0.0.1:1"), read("ws://ws.test", true)]).toMatchObject([{ url: "wss://ws.test/ws" }, { url: "ws://127.0.0.1:1" }, { url: "ws://ws.test" }]);
    expect(read("ws://ws.test")).toMatchObject({ why: expect.stringMatching(/^websocketUrl must be wss:\/\/, for ws\.test .*permits ws:/) });
    for (const bad of ["https://ws.test", "wss:ws.test", "wss://", "wss://a:b@ws.test", "wss://ws.test?x"]) expect(read(bad)).toMatchObject({ ok: false });
  });

  it("CC-2 tells where socket and media are", () => {
    expect(socketUrlOf("https://app.test:1/base")).toBe("wss://app.test:1/ws");
    expect(socketUrlOf("http://app.test")).toBe("ws://app.test/ws");
    expect(mediaUrlOf("wss://ws.test:1/ws")).toBe("https://ws.test:1");
    expect(mediaUrlOf("ws://ws.test/ws")).toBe("http://ws.test");
  });

  it("CC-89 keeps an id in its place, whatever it is", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("..", ".", "a/../b", "%2e%2e", "?x", "#x", "\ud800", "")), (id) => {
        const { pathname, search, hash, host } = new URL(endpoint("https://a.test/base", "v1", "users", id, "end"));
        expect([host, search, hash]).toEqual(["a.test", "", ""]);
        expect(pathname.split("/").length).toBe(6);
        expect(pathname).toMatch(/^\/base\/v1\/users\/.*\/end$/);
      }),
    );
    expect(endpoint("https://a.test", "v1", "users", "ü/1")).toBe("https://a.test/v1/users/%C3%BC%2F1");
  });
});
