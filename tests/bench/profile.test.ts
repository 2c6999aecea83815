import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { type CpuProfile, readProfiles, renderProfile } from "./profile.ts";

const frame = (functionName: string, url = "", lineNumber = -1) => ({ functionName, url, lineNumber });

const profile: CpuProfile = {
  nodes: [
    { id: 1, callFrame: frame("(root)") },
    { id: 2, callFrame: frame("(idle)") },
    { id: 3, callFrame: frame("", "file:///house/tests/bench/serve.ts", 4) },
    { id: 4, callFrame: frame("encode", "file:///house/generated/websocket/codec.ts", 41) },
    { id: 5, callFrame: frame("encode", "file:///house/generated/websocket/codec.ts", 41) },
    { id: 6, callFrame: frame("(garbage collector)") },
  ],
  samples: [2, 4, 5, 3, 6],
  timeDeltas: [5_000, 2_000, 1_000, 500, 500],
};

it("says where the time of a process went, by function, and leaves out the time in which it waited", () => {
  const folder = mkdtempSync(join(tmpdir(), "profile-"));
  writeFileSync(join(folder, "CPU.1.cpuprofile"), JSON.stringify(profile));
  const [spent] = readProfiles(folder, "/house");
  rmSync(folder, { recursive: true });
  expect(spent).toEqual({
    process: "serve.ts",
    ms: 4,
    functions: [
      { name: "encode  generated/websocket/codec.ts:42", share: 0.75 },
      { name: "(anonymous)  tests/bench/serve.ts:5", share: 0.125 },
      { name: "(garbage collector)", share: 0.125 },
    ],
  });
  expect(spent && renderProfile(spent).split("\n").slice(0, 2)).toEqual(["serve.ts, busy for 4 ms", "  75.0 %  encode  generated/websocket/codec.ts:42"]);
});
