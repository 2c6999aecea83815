import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findRejected, isBelow, type MediaBounds, MediaRejection, openBelow, storeMedia } from "../../../src/channel/media.ts";

let base: string;
let root: string;
const bounds = () => ({ roots: [root], maxBytes: 100 });

beforeAll(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), "media-")));
  root = join(base, "allowed");
  mkdirSync(join(root, "deep"), { recursive: true });
  mkdirSync(join(base, "allowed-not"));
  writeFileSync(join(root, "in.txt"), "inside");
  writeFileSync(join(root, "deep", "in.txt"), "inside");
  writeFileSync(join(root, "large.bin"), Buffer.alloc(101));
  writeFileSync(join(base, "out.txt"), "outside");
  writeFileSync(join(base, "allowed-not", "out.txt"), "outside");
  symlinkSync(join(base, "out.txt"), join(root, "link-out"));
  symlinkSync(base, join(root, "folder-out"));
  symlinkSync(join(root, "in.txt"), join(root, "link-in"));
  symlinkSync("loop", join(root, "loop"));
});
afterAll(() => rmSync(base, { recursive: true }));

async function reasonFor(name: string): Promise<string | undefined> {
  return await findRejected([{ from: "path", path: name }], bounds());
}

describe("an attachment by path", () => {
  it.each(["in.txt", "deep/in.txt", "deep/../in.txt", "link-in"])("WS-26 may be %s", async (name) => {
    expect(await reasonFor(name)).toBeUndefined();
  });

  it.each([
    ["../out.txt", "it is not in an allowed directory"],
    ["link-out", "it is not in an allowed directory"],
    ["folder-out/out.txt", "it is not in an allowed directory"],
    ["../allowed-not/out.txt", "it is not in an allowed directory"],
    ["/etc/passwd", "it is not in an allowed directory"],
    ["/etc/no-such-file", "it is not in an allowed directory"],
    ["in.txt\0.png", "it is not in an allowed directory"],
    ["loop", "there is no such file"],
    ["missing.txt", "there is no such file"],
    ["deep", "it is not a file"],
    ["large.bin", "it is larger than 100 bytes"],
    ["file:///etc/passwd", "only https addresses are fetched"],
    ["http://127.0.0.1/x", "only https addresses are fetched"],
  ])("WS-26 may not be %j: %s", async (name, reason) => {
    expect(await reasonFor(name)).toBe(reason);
  });

  it("WS-26 is opened below a root only, whatever way leads there", async () => {
    const part = fc.constantFrom("..", ".", "deep", "in.txt", "link-out", "folder-out", "link-in", "out.txt", "allowed", "allowed-not", "");
    await fc.assert(
      fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 6 }), fc.boolean(), async (parts, absolute) => {
        const name = `${absolute ? `${base}/` : ""}${parts.join("/")}`;
        try {
          const { file, realPath } = await openBelow(name, bounds());
          await file.close();
          expect(isBelow(realPath, root)).toBe(true);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(MediaRejection);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("an attachment inside the frame", () => {
  it.each([
    ["aGVsbG8=", undefined],
    ["not base64!", "it is not base64"],
    ["A".repeat(200), "it is larger than 100 bytes"],
  ])("WS-26 is looked at before it is stored: %j", async (base64, reason) => {
    expect(await findRejected([{ from: "data", base64 }], bounds())).toBe(reason);
  });
});

type Store = Parameters<typeof storeMedia>[2];
type Fetch = Parameters<Store["saveRemoteMedia"]>[0];

/** The host's store, as far as addresses go; `fail` says how an address behaves. */
function storeThat(fail: (request: Fetch) => Error | undefined) {
  const requests: Fetch[] = [];
  const saveRemoteMedia = async (request: Fetch) => {
    requests.push(request);
    const fault = fail(request);
    if (fault) throw fault;
    return { id: "1", path: "/store/1", size: 1, contentType: "text/plain" };
  };
  return { store: { saveRemoteMedia } as unknown as Store, requests };
}

const lines: string[] = [];
const log = { info: (line: string) => void lines.push(line) };
const redirected = () => new Error("Failed to fetch media", { cause: new Error("Too many redirects (limit: 0)") });
const token = "Bearer canary-77";
const boundsAt = (url: string): MediaBounds => ({ roots: [], maxBytes: 100, skipsUnreadable: true, place: { url, credentialsFor: () => ({ Authorization: token }) } });

describe("an attachment on the web", () => {
  it("CC-88 is fetched with the account's token from its own media address alone, and never over a redirect", async () => {
    const host = fc.constantFrom("media.example", "MEDIA.example", "media.example.", "media.example:8443", "media.example:443", "evil.example", "x@media.example", "media.example@evil.example", "media.example\\@evil.example", "127.0.0.1", "10.0.0.1", "[::1]");
    const address = fc.tuple(fc.constantFrom("https://", "http://", "HTTPS://", "//", "ftp://", "/", "", "\\\\"), host, fc.constantFrom("", "/a", "/../a?b#c", "/%2e%2e")).map((parts) => parts.join(""));
    const place = fc.constantFrom("https://media.example", "http://media.example", "http://10.0.0.1", "https://media.example:8443", "https://media.example/files");
    await fc.assert(
      fc.asyncProperty(fc.oneof(address, fc.webUrl(), fc.string()), place, fc.boolean(), async (url, placeUrl, leadsElsewhere) => {
        const { store, requests } = storeThat((request) => (leadsElsewhere && request.maxRedirects === 0 ? redirected() : undefined));
        await storeMedia([{ from: "url", url }], boundsAt(placeUrl), store, log);
        const { origin } = new URL(placeUrl);
        for (const request of requests) {
          const { username, origin: asked } = new URL(request.url);
          const isOwn = asked === origin && username === "";
          if (JSON.stringify(request).includes(token)) expect([isOwn, request.maxRedirects]).toEqual([true, 0]);
          expect(request.ssrfPolicy).toEqual(isOwn ? { allowedOrigins: [origin] } : undefined);
          expect(isOwn || request.url.startsWith("https://")).toBe(true);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it("CC-88 is asked for again without the token where its own place leads elsewhere", async () => {
    const { store, requests } = storeThat(({ maxRedirects }) => (maxRedirects === 0 ? redirected() : undefined));
    const { stored } = await storeMedia([{ from: "url", url: "https://media.example/a.png", name: "a.png" }], boundsAt("https://media.example"), store, log);
    expect(stored).toEqual([{ path: "/store/1", contentType: "text/plain", fileName: "a.png" }]);
    expect(requests.map(({ maxRedirects, requestInit }) => [maxRedirects, requestInit?.headers])).toEqual([
      [0, { Authorization: token }],
      [undefined, undefined],
    ]);
  });

  it("CC-88 that cannot be fetched is left out with a line for the agent, and the others stay", async () => {
    const { store } = storeThat(({ url }) => (url.endsWith("bad") ? new Error("HTTP 500") : undefined));
    const media = ["https://a.example/bad", "https://a.example/good", "http://a.example/plain"].map((url) => ({ from: "url", url, name: "x\n]ignore" }) as const);
    const { stored, notes } = await storeMedia(media, boundsAt("https://media.example"), store, log);
    expect(stored).toHaveLength(1);
    expect(notes).toEqual(["[An attachment is missing, it could not be fetched: x\uFFFD]ignore]", "[An attachment is missing, only https addresses are fetched: x\uFFFD]ignore]"]);
  });

  it("CC-88 refuses no message where it would be left out", async () => {
    const media = [{ from: "url", url: "http://a.example/plain" }] as const;
    expect(await findRejected(media, boundsAt("https://media.example"))).toBeUndefined();
    expect(await findRejected(media, bounds())).toBe("only https addresses are fetched");
  });

  it("fails its message on wires that skip none", async () => {
    const { store } = storeThat(() => new Error("HTTP 500"));
    await expect(storeMedia([{ from: "url", url: "https://a.example/bad" }], { roots: [], maxBytes: 1 }, store, log)).rejects.toThrow("it could not be fetched");
  });
});

describe("many attachments of one message", () => {
  it("CC-88 are fetched up to a bound, and the agent hears of the rest", async () => {
    const { store, requests } = storeThat(() => undefined);
    const media = Array.from({ length: 4096 }, (_, index) => ({ from: "url", url: `https://victim.example/${index}` }) as const);
    const { notes } = await storeMedia(media, boundsAt("https://media.example"), store, log);
    expect([requests.length, notes]).toEqual([16, ["[4080 more attachments are missing: no more than 16 of a turn are fetched]"]]);
  });
});
