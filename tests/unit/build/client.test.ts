import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { bundleClient } from "../../../build/client.ts";

const root = `${import.meta.dirname}/../../..`;

describe("the file of the client", () => {
  it("for pages has at most 8 KB gzipped, and nothing of Node", async () => {
    const code = await bundleClient(root, "browser");
    expect(gzipSync(code, { level: 9 }).length).toBeLessThanOrEqual(8_192);
    expect(code).not.toMatch(/node:|\bprocess\b|\bBuffer\b|\brequire\b/);
  });

  it("for Node can be read, and imports nothing", async () => {
    const code = await bundleClient(root, "node");
    expect(code).toMatch(/^export \{ ChatError, connect \};$/m);
    expect(code).not.toMatch(/^import /m);
  });
});
