import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { version } from "../../../src/core/version.ts";

it("servers are told the version of this release", () => {
  const about = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8")) as { version: string };
  expect(version).toBe(about.version);
});
