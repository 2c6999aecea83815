import { describe, expect, it } from "vitest";
import { isSuitable, matchesLock } from "../../../bin/ensure-installed.mjs";

describe("the Node that OpenClaw runs on", () => {
  it("is 24.16 or newer, 26.1 or newer, and nothing in between", () => {
    expect(["v24.16.0", "v24.21.0", "v26.1.0", "v26.4.2"].filter((version) => !isSuitable(version))).toEqual([]);
    expect(["v18.20.0", "v20.20.2", "v22.19.0", "v24.15.9", "v25.3.0", "v26.0.1"].filter(isSuitable)).toEqual([]);
  });
});

describe("an installation", () => {
  const wanted = {
    packages: {
      "": { version: "0.1.0" },
      "node_modules/a": { version: "1.0.0", integrity: "sha512-a" },
      "node_modules/b": { version: "2.0.0", integrity: "sha512-b", optional: true },
    },
  };
  const installed = (packages: object) => ({ packages });

  it("matches the lock when it has everything that is not optional", () => {
    expect(matchesLock(wanted, installed({ "node_modules/a": { version: "1.0.0", integrity: "sha512-a" } }))).toBe(true);
  });

  it("does not when it is missing, incomplete, older or other", () => {
    expect(matchesLock(wanted, undefined)).toBe(false);
    expect(matchesLock(wanted, installed({}))).toBe(false);
    expect(matchesLock(wanted, installed({ "node_modules/a": { version: "0.9.0", integrity: "sha512-a" } }))).toBe(false);
    expect(matchesLock(wanted, installed({ "node_modules/a": { version: "1.0.0", integrity: "sha512-x" } }))).toBe(false);
    const stale = { "node_modules/a": { version: "1.0.0", integrity: "sha512-a" }, "node_modules/b": { version: "1.9.0", integrity: "sha512-b" } };
    expect(matchesLock(wanted, installed(stale))).toBe(false);
  });
});
