import path from "node:path";
import { describe, expect, it } from "vitest";
import { bundle } from "../../../build/bundle.ts";
import { inspectEntries } from "../../../build/inspect.ts";
import { packages } from "../../../build/packages.ts";

const root = path.resolve(import.meta.dirname, "../../..");

describe.each(packages)("each entry of $name that answers questions", (row) => {
  it("loads neither sockets nor a database, and nothing of what runs an account", async () => {
    expect(inspectEntries(await bundle(root, row))).toEqual([]);
  }, 30_000);
});

describe("the inspection of such an entry", () => {
  const parts = new Map([
    ["setup-entry.js", { imports: ["plugin.js"], sources: ["src/plugins/websocket/setup-entry.ts"] }],
    ["plugin.js", { imports: ["setup-entry.js", "node:path", "node:sqlite"], sources: ["src/channel/plugin.ts", "src/channel/websocket-open.ts", "node_modules/ws/lib/websocket.js"] }],
    ["account.js", { imports: ["node:net"], sources: ["src/account/account.ts"] }],
  ]);

  it("finds what is loaded at once, however far away, and not what is loaded when it is used", () => {
    const heavy = ["node:sqlite", "src/channel/websocket-open.ts", "node_modules/ws/lib/websocket.js"];
    expect(inspectEntries({ parts, files: new Map() })).toEqual(heavy.map((name) => `dist/setup-entry.js loads ${name}, which only a running account needs: import it where it is used`));
  });

  it("bounds what has to be read", () => {
    const files = new Map([["setup-entry.js", "x".repeat(250_001)]]);
    expect(inspectEntries({ parts: new Map([["setup-entry.js", { imports: [], sources: [] }]]), files })).toEqual(["dist/setup-entry.js loads 250001 bytes; 250000 is the most"]);
  });

  it("does not let the question for older names load a channel", () => {
    const loaded = new Map([["doctor-contract-api.js", { imports: ["channel.js"], sources: [] }], ["channel.js", { imports: [], sources: ["src/channel/plugin.ts"] }]]);
    expect(inspectEntries({ parts: loaded, files: new Map([["channel.js", "x".repeat(100_000)]]) })).toEqual(["dist/doctor-contract-api.js loads 100000 bytes; 20000 is the most"]);
  });
});
