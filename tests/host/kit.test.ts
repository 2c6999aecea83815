import { writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { DoctorReport } from "../../src/cli/doctor/report.ts";
import { hostEnvironment } from "../../src/cli/gateway/environment.ts";
import { hostProgram } from "../../src/cli/gateway/host.ts";
import { freePort } from "../../src/cli/gateway/ports.ts";
import type { News } from "../../src/cli/tap/news.ts";
import { connectClient } from "../support/client.ts";
import { type FourChannels, startFour } from "./four.ts";
import { type Home, openHome, prepareHomes } from "./home.ts";
import { installKit } from "./kit.ts";
import { run } from "./processes.ts";

let four: FourChannels;

beforeAll(async () => {
  four = await startFour();
  await installKit(four.layout.root);
});
afterAll(() => four.stop());

const verdictsIn = ({ accounts }: DoctorReport) => Object.fromEntries(accounts.flatMap(({ checks }) => checks.map(({ check, verdict }) => [check, verdict])));

describe("openclaw clawwire-… beside a running gateway", () => {
  it("finds nothing wrong with a channel that works, and has an answer of its agent", async () => {
    const { code, stdout, stderr } = await four.cli("clawwire-websocket", "doctor", "--round-trip", "--timeout", "60");
    expect({ code, failed: /✗|!/.exec(stdout) }, stdout + stderr).toEqual({ code: 0, failed: null });
    expect(stdout).toMatch(/^websocket default {2}ws:\/\/127\.0\.0\.1:\d+\/ws$/m);
    for (const line of [/✓ configuration {2}the block is valid/, /✓ port {11}\d+ is held by OpenClaw/, /· clock {10}no other machine is asked anything/, /✓ handshake {6}ws:.* lets the account in/, /✓ round trip {5}the agent has answered/]) expect(stdout).toMatch(line);
    expect(stdout).toMatch(/\n4 pass, 1 skip\n$/);
  });

  it("says so to a program as JSON, with nothing else on stdout", async () => {
    const { code, stdout } = await four.cli("clawwire-websocket", "doctor", "--json");
    const report = JSON.parse(stdout) as DoctorReport;
    expect({ code, config: report.config, channels: report.accounts.map(({ channel }) => channel) }).toEqual({ code: 0, config: four.layout.config, channels: ["websocket"] });
    expect(verdictsIn(report)).toEqual({ configuration: "pass", port: "pass", clock: "skip", handshake: "pass", "round trip": "skip" });
  });

  it.each([
    ["clawwire-local-im", "pass"],
    ["clawwire-insta-claw", "pass"],
    ["clawwire-clawchat", "pass"],
  ])("looks with %s at a server that is dialed", async (plugin, handshake) => {
    const { code, stdout } = await four.cli(plugin, "doctor", "--take-over", "--json");
    const report = JSON.parse(stdout) as DoctorReport;
    expect({ code, ...verdictsIn(report) }, stdout).toMatchObject({ code: 0, handshake });
    expect(report.summary.fail).toBe(0);
  });

  it("leaves the link of a dialing account alone unless it is told otherwise, and says how to look at it", async () => {
    const dialed = four.servers["local-im"].frames.length;
    const { code, stdout } = await four.cli("clawwire-local-im", "doctor");
    expect(code).toBe(0);
    expect(stdout).toMatch(/· handshake {6}the gateway runs, and a second link would push out its own\n.*→ openclaw channels status --probe/);
    expect(four.servers["local-im"].frames).toHaveLength(dialed);
  });

  it("shows what passes, decoded and without secrets, and ends with Ctrl-C", async () => {
    const port = await freePort();
    const env = hostEnvironment(four.layout, process.env);
    const tap = run(process.execPath, [hostProgram(), "clawwire-websocket", "tap", four.websocket.url, "--listen", String(port), "--json"], { cwd: four.layout.root, env });
    onTestFinished(() => void (tap.isRunning() && tap.signalGroup("SIGKILL")));
    await tap.until(/Ctrl-C ends\./, 60_000);
    const client = await connectClient(`ws://127.0.0.1:${port}/ws`, { senderId: "tapped", query: { token: "s3cret-canary" } });
    const answer = await client.answer(client.say("what passes?"), 60_000);
    await client.close();
    tap.signal("SIGINT");
    expect(await tap.exited).toEqual({ code: 0, signal: null });

    expect(answer.content).toContain("You said: what passes?");
    const news = tap.stdout().trim().split("\n").map((line) => JSON.parse(line) as News);
    const frames = news.flatMap((each) => (each.news === "frame" && each.kind === "text" ? [{ from: each.from, ok: each.ok, name: each.name }] : []));
    expect(frames[0]).toEqual({ from: "client", ok: true, name: "chat.send" });
    expect(frames.at(-1)).toEqual({ from: "server", ok: true, name: "chat.response" });
    expect(frames.filter(({ ok }) => !ok)).toEqual([]);
    expect(tap.stdout() + tap.stderr()).not.toContain("s3cret-canary");
  });
});

describe("openclaw clawwire-… where something is wrong", () => {
  let wrong: Home;
  beforeAll(async () => {
    await prepareHomes();
    wrong = await openHome();
    await installKit(wrong.layout.root);
    const tokenFile = path.join(wrong.layout.root, "token");
    await writeFile(tokenFile, "");
    const channels = {
      websocket: { enabled: true, port: await freePort(), auth: { enabled: false } },
      "nc-local-im-connector": { serverUrl: "ws://127.0.0.1:9", tokenFile },
      "insta-claw-connector": { wsUrl: "ws://127.0.0.1:9/", clientId: "me", clientSecret: "s3cret-canary" },
      clawchat: { groupMode: "sometimes" },
    };
    await wrong.configure({ channels });
  }, 180_000);
  afterAll(() => wrong[Symbol.asyncDispose]());

  it.each([
    ["clawwire-websocket", /✗ handshake {6}nothing listens at ws:\/\/127\.0\.0\.1:\d+\/ws\n +→ start the gateway: openclaw gateway run/],
    ["clawwire-local-im", /✗ configuration {2}.*tokenFile.*\n +→ correct the field: openclaw config schema describes channels\.nc-local-im-connector/],
    ["clawwire-insta-claw", /✗ handshake {6}nothing listens at ws:\/\/127\.0\.0\.1:9\/.*\n +→ start the server, or correct the address/],
    ["clawwire-clawchat", /✗ configuration {2}channels\.clawchat\.groupMode: expected .*\n +→ correct the field/],
  ])("names each fault with what to do about it: %s", async (plugin, said) => {
    const { code, stdout } = await wrong.cli([plugin, "doctor"]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringMatching(said) as string });
    expect(stdout).not.toContain("s3cret-canary");
  });

  it("says how to get the kit where it is not installed, and prints the line that does without", async () => {
    await using home = await openHome();
    const { code, stdout, stderr } = await home.cli(["clawwire-clawchat", "doctor", "--json"]);
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: `npx clawwire@0.1.0 doctor --config ${home.layout.config} --channel clawchat --json\n`, stderr: expect.stringContaining("npm install --global clawwire@0.1.0") as string });
  });
});
