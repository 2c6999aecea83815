import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { resolveAccount } from "../../../src/channel/accounts.ts";
import { clawchatRules } from "../../../src/channel/clawchat-account.ts";
import { readBlock } from "../../../src/cli/gateway/files.ts";
import { layoutOf, type Layout } from "../../../src/cli/gateway/layout.ts";
import { freePort, isListening, portTrouble } from "../../../src/cli/gateway/ports.ts";
import { lastWords } from "../../../src/cli/gateway/ready.ts";
import { main } from "../../../src/cli/main.ts";
import { addressOf, openChannel } from "../../../src/cli/start/channels.ts";
import { takeOwnership } from "../../../src/cli/start/owner.ts";
import { createSteps } from "../../../src/cli/steps.ts";

let layout: Layout;

beforeEach(async () => {
  layout = layoutOf(await mkdtemp(path.join(tmpdir(), "clawwire-parts-")));
});

afterEach(() => rm(layout.root, { recursive: true, force: true }));

function sink(isTTY: boolean): { stderr: PassThrough & { isTTY: boolean }; text(): string } {
  const stderr = Object.assign(new PassThrough(), { isTTY });
  let text = "";
  stderr.on("data", (part: Buffer) => (text += part.toString()));
  return { stderr, text: () => text };
}

describe("a state directory", () => {
  it("belongs to one run at a time, which says where it is", async () => {
    const owner = await takeOwnership(layout, "ws://127.0.0.1:18800/ws");
    await expect(takeOwnership(layout, "ws://127.0.0.1:1/ws")).rejects.toThrow(/already runs on .* \(process \d+, ws:\/\/127.0.0.1:18800\/ws\).*--state DIR --port N/);
    await owner.release();
    expect((await takeOwnership(layout, "ws://127.0.0.1:1/ws")).inherited).toBe(false);
  });

  it("is inherited from a run that ended without a word", async () => {
    await writeFile(layout.owner, JSON.stringify({ pid: 2 ** 22 + 1, url: "ws://127.0.0.1:18800/ws" }));
    expect((await takeOwnership(layout, "ws://127.0.0.1:1/ws")).inherited).toBe(true);
  });

  it("is not guessed at when its files are broken", async () => {
    await writeFile(layout.owner, "{");
    await expect(readBlock(layout.owner)).rejects.toThrow(`${layout.owner} holds no JSON object; mend it or delete it`);
  });
});

describe("a port", () => {
  it("is taken while another program listens", async () => {
    const port = await freePort();
    expect(await portTrouble(port)).toBeUndefined();
    const { createServer } = await import("node:net");
    const other = createServer().listen(port);
    await new Promise((resolve) => other.once("listening", resolve));
    expect([await portTrouble(port), await isListening(port)]).toEqual(["taken", true]);
    other.close();
  });
});

describe("a step", () => {
  it("over in no time is not worth a line", async () => {
    const { stderr, text } = sink(false);
    expect(await createSteps({ stderr }).step("counting", async () => 3)).toBe(3);
    expect(text()).toBe("");
  });

  it("of over a second says that it runs and how long it took", async () => {
    const { stderr, text } = sink(false);
    await createSteps({ stderr }).step("waiting", () => sleep(1100));
    expect(text()).toMatch(/^… waiting\n✓ waiting \(1\.\d s\)\n$/);
  });

  it("that fails is marked and passes its failure on", async () => {
    const { stderr, text } = sink(true);
    const failing = createSteps({ stderr }).step("failing", () => sleep(1100).then(() => Promise.reject(new Error("no"))));
    await expect(failing).rejects.toThrow("no");
    expect(text()).toMatch(/failing \(1\.\d s\)\n$/);
    expect(text()).toContain("✗");
  });
});

describe("the last words of a gateway", () => {
  it("are the end of its log, in plain text, and where the rest is", async () => {
    await writeFile(layout.output, `${Array.from({ length: 40 }, (_, index) => `\u001b[31mline ${index}\u001b[0m`).join("\n")}\n`);
    expect(await lastWords(layout.output, 2)).toBe(`The last it said:\n  line 38\n  line 39\nThe whole log: ${layout.output}`);
    expect(await lastWords(path.join(layout.root, "missing"))).toBe(`It said nothing.\nThe whole log: ${path.join(layout.root, "missing")}`);
  });
});

describe("a channel that dials", () => {
  it("of ClawChat gets a server to dial with a login there, and is spoken to by its owner", async () => {
    const { choice, address, speaker, plugin, server, stop } = await openChannel("clawchat", 0, () => {});
    try {
      expect([plugin, choice.channel, speaker]).toEqual(["clawwire-clawchat", "clawchat", undefined]);
      expect(address).toBe(addressOf("clawchat", server?.port ?? 0));
      expect(choice.defaults).toEqual({ dmPolicy: "open", groupPolicy: "open" });
      expect(resolveAccount(clawchatRules, { channels: { clawchat: { ...choice.defaults, ...choice.facts } } }, undefined, {})).toMatchObject({ configured: true, warnings: [], config: { url: address, trustsPeer: true } });
      // Everybody may talk; that everybody has tools is not for a practice run to say.
      expect(choice.facts).not.toHaveProperty("allowFrom");
    } finally {
      await stop();
    }
  });
});

describe("clawwire", () => {
  const io = (): Parameters<typeof main>[1] & { out(): string } => {
    const { stderr, text } = sink(false);
    return { stdin: new PassThrough(), stdout: stderr, stderr, env: {}, cwd: layout.root, out: text };
  };

  it("lists its commands", async () => {
    const asked = io();
    expect(await main([], asked)).toBe(0);
    expect(asked.out()).toMatch(/Usage: clawwire COMMAND[^]*start[^]*chat/);
  });

  it("does not know a command that does not exist", async () => {
    const asked = io();
    expect(await main(["strat"], asked)).toBe(2);
    expect(asked.out()).toContain('there is no command "strat"');
  });

  it("writes no password or key into what it keeps", async () => {
    const owner = await takeOwnership(layout, "ws://127.0.0.1:18800/ws");
    expect(Object.keys(JSON.parse(await readFile(layout.owner, "utf8")) as object)).toEqual(["pid", "url"]);
    await owner.release();
  });
});
