import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findRejected, isBelow, MediaRejection, openBelow } from "../../../src/channel/media.ts";

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
