import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { PassThrough } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { main } from "../../../src/cli/main.ts";
import { openLink } from "../testing/claw-client.ts";
import { asOffice, dialRaw, type RawPlugin } from "../../support/raw-plugin.ts";

interface Ran {
  code: Promise<number>;
  stdin: PassThrough;
  stdout(): string;
  stderr(): string;
  /** Waits until the output has this. */
  shows(text: string | RegExp): Promise<void>;
}

const running: Ran[] = [];
let directory = "";

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "simulate-"));
});

afterEach(async () => {
  for (const { stdin, code } of running.splice(0)) {
    stdin.write("/quit\n");
    await code;
  }
  await rm(directory, { recursive: true });
});

function simulate(args: readonly string[], { terminal = false } = {}): Ran {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()].map((stream) => Object.assign(stream, { isTTY: terminal }));
  if (!stdin || !stdout || !stderr) throw new Error("unreachable");
  const text = { stdout: "", stderr: "" };
  stdout.on("data", (part: Buffer) => (text.stdout += part.toString()));
  stderr.on("data", (part: Buffer) => (text.stderr += part.toString()));
  const code = main(["simulate", ...args], { stdin, stdout, stderr, env: {}, cwd: directory });
  const ran: Ran = {
    code,
    stdin,
    stdout: () => text.stdout,
    stderr: () => text.stderr,
    async shows(what) {
      await expect.poll(() => text.stdout, { timeout: 5000 }).toMatch(what);
    },
  };
  running.push(ran);
  return ran;
}

/** Dials the simulator that this run has announced. */
async function join(ran: Ran, protocol: keyof typeof asOffice = "local-im"): Promise<RawPlugin> {
  await ran.shows(/ws:\/\/127\.0\.0\.1:\d+\//);
  const url = /ws:\/\/127\.0\.0\.1:\d+\//.exec(ran.stdout())?.[0] ?? "";
  return dialRaw(url, asOffice[protocol]);
}

describe("simulate", () => {
  it("says how the plugin is configured to dial it", async () => {
    const ran = simulate(["local-im", "--port", "0", "--account", "office=s3cret"]);
    await ran.shows("Ctrl-C ends");
    const block = /--json$/m.exec(ran.stdout()) && /connector '(\{.*\})' --json/.exec(ran.stdout())?.[1];
    expect(JSON.parse(block ?? "")).toEqual({ enabled: true, serverUrl: expect.stringMatching(/^ws:\/\/127/), dmPolicy: "open", defaultAccount: "office", token: "s3cret" });
    expect(ran.stdout()).toContain('"nc-local-im-connector": {');
  });

  it("shows every frame with what the protocol says about it, and the answer", async () => {
    const ran = simulate(["local-im", "--port", "0"]);
    const plugin = await join(ran);
    ran.stdin.write("Is it open?\n");
    expect(JSON.parse((await plugin.frames(1))[0] ?? "")).toEqual({ type: "message", messageId: expect.any(String), userId: "user-1", content: "Is it open?" });
    plugin.send({ type: "stream", content: "Ye" }, { type: "done", content: "Yes", thought: "sure" }, { type: "stream", content: "more" }, { type: "done", content: 5, thought: "" });
    await ran.shows("expected a string");
    const lines = ran.stdout().split("\n");
    expect(lines.filter((line) => /^\d\d:/.test(line)).map((line) => line.replace(/^\S+ /, ""))).toEqual([
      "→ office ok message",
      "← office ok stream",
      "← office ok done",
      "← office ok stream",
      "← office ✗ Invalid field content: expected a string, got 5",
    ]);
    expect(lines).toContain('    {"type":"stream","content":"Ye"}');
    expect(lines.filter((line) => line.startsWith("!"))).toEqual(["! against the rules: stream came after the done of its message"]);
    expect(lines.filter((line) => line.startsWith("= answer to"))).toEqual([expect.stringMatching(/: Yes \(thought: sure\)$/)]);
  });

  it("tells what is against the rules, and who came and went", async () => {
    const ran = simulate(["local-im", "--port", "0"]);
    const plugin = await join(ran);
    plugin.send({ type: "typing" });
    await ran.shows("! against the rules: typing is an extension");
    ran.stdin.write("/refuse 503\n/close 4409 Replaced\n");
    await ran.shows("○ office is gone (link 1): close code 4409 Replaced, by the simulator");
    await expect(join(ran)).rejects.toThrow("503");
    await ran.shows("turned a connection away with HTTP 503: told to");
    expect(ran.stdout()).toContain("● office is connected (link 1)");
  });

  it("plays the other protocol too", async () => {
    const ran = simulate(["insta-claw", "--port", "0", "--extensions", "groups, threads"]);
    const plugin = await join(ran, "insta-claw");
    ran.stdin.write("/shape g3\nhello\n");
    const [hello, said] = (await plugin.frames(2)).map((text) => JSON.parse((JSON.parse(text) as { data: string }).data) as unknown);
    expect([hello, said]).toEqual([
      { type: "instaclaw:hello", sequence_number: 0, extensions: ["groups", "threads"] },
      { content: "hello", metadata: { sender_id: "user-1" } },
    ]);
    await ran.shows(/→ office ok instaclaw:hello/);
  });

  it("plays a server with a memory: it says how to activate, keeps what is said, and shows calls and frames without their secrets", async () => {
    const ran = simulate(["clawchat", "--port", "0", "--account", "office=INVITE-1", "--set", "reliable=v1"]);
    await ran.shows(/^ {2}openclaw channels add --channel clawchat --code INVITE-1 --base-url http:\/\/127\.0\.0\.1:\d+$/m);
    ran.stdin.write("Is it open?\n/control http health 503\n/control invite\n");
    await ran.shows("invite code: CLAW-");
    const base = /--base-url (\S+)/.exec(ran.stdout())?.[1] ?? "";
    const headers = { "content-type": "application/json", "x-device-id": "openclaw-test" };
    const answer = await fetch(`${base}/v1/agents/connect`, { method: "POST", headers, body: JSON.stringify({ code: "INVITE-1", platform: "openclaw", type: "clawbot" }) });
    const { data } = (await answer.json()) as { data: { access_token: string } };
    await fetch(`${base}/health`);
    await ran.shows("GET /health: 503 (code 503), told to: 503");
    const link = await openLink(`${base.replace("http", "ws")}/ws`);
    await link.hello(data.access_token, "openclaw-test", { reliable_delivery: true });
    expect(await link.frame("message.send")).toMatchObject({ seq: expect.any(Number), sender: { nick_name: "owner" } });
    await ran.shows("● office is connected (link 1)");
    const lines = ran.stdout().split("\n").map((line) => line.replace(/^\d\S+ /, ""));
    expect(lines).toEqual(expect.arrayContaining(["→ somebody ok connect.challenge", "← somebody ok connect", "→ office ok message.send", "← POST /v1/agents/connect: 200"]));
    expect(ran.stdout()).not.toContain(data.access_token);
    await link.crash();
    await ran.shows("○ office is gone (link 1): without a close frame, by the plugin");
    await (await openLink(`${base.replace("http", "ws")}/ws`)).crash();
    await ran.shows("○ somebody is gone (link 2)");
  });

  it("explains the commands and settings of a protocol when asked for help with it", async () => {
    const ran = simulate(["clawchat", "--help"]);
    expect(await ran.code).toBe(0);
    for (const text of ["--script FILE", "/drop", "hello-fail", "takeover", "no-ack", "error", "gap", "replay-twice", "merged", "permission", "notify", "metadata", "expire", "revoke", "http", "accessTtlMs"]) expect(ran.stdout()).toContain(text);
  });

  it("lists all commands when asked for help, and explains a wrong one", async () => {
    const ran = simulate(["insta-claw", "--port", "0"]);
    ran.stdin.write("/help\n/fly\n/quit\n");
    expect(await ran.code).toBe(0);
    for (const name of ["/drop", "/stall", "/go", "/garbage", "/dup", "/redeliver", "/slow MS", "/user [ID]", "/session [ID]", "/quit", "disconnect", "full-events"]) expect(ran.stdout()).toContain(name);
    expect(ran.stdout()).toContain("! there is no /fly; there are /say, ");
  });

  it("prints one JSON object per line with --json", async () => {
    const ran = simulate(["local-im", "--port", "0", "--json"]);
    const plugin = await join(ran);
    ran.stdin.write("hello\n");
    await plugin.frames(1);
    plugin.send({ type: "done", content: "hi", thought: "" });
    await ran.shows('"news":"reply"');
    ran.stdin.write("/fly\n/quit\n");
    await ran.code;
    const lines = ran.stdout().trim().split("\n").map((line) => JSON.parse(line) as { news: string });
    expect(lines.map(({ news }) => news)).toEqual(["listening", "opened", "frame", "frame", "reply", "trouble", "note"]);
    expect(lines[0]).toEqual({ news: "listening", url: expect.any(String), config: { "nc-local-im-connector": expect.any(Object) } });
    expect(lines[4]).toMatchObject({ reply: { text: "hi", end: { how: "completed" } } });
  });

  it("does a script first, waiting for the plugin, and fails where the rules were broken", async () => {
    await writeFile(path.join(directory, "talk.txt"), "# a short talk\nhello\n/wait reply\n/quit\n");
    const ends = [];
    for (const thought of [{ thought: "" }, { thought: "", extra: 1 }]) {
      const ran = simulate(["local-im", "--port", "0", "--script", "talk.txt"]);
      const plugin = await join(ran);
      await plugin.frames(1);
      if ("extra" in thought) plugin.send({ type: "done", content: "hi", ...thought });
      plugin.send({ type: "done", content: "hi", thought: "" });
      ends.push([await ran.code, ran.stdout().trim().split("\n").at(-1)]);
    }
    expect(ends).toEqual([
      [0, "frames: 2, against the rules: 0"],
      [1, "frames: 3, against the rules: 1"],
    ]);
  });

  it("names the line of a script that cannot be done", async () => {
    await writeFile(path.join(directory, "talk.txt"), "/user ada\n/fly\n");
    const ran = simulate(["local-im", "--port", "0", "--script", "talk.txt"]);
    expect([await ran.code, ran.stderr()]).toEqual([1, expect.stringContaining('line 2 of the script, "/fly": there is no /fly')]);
  });

  it("goes on when the pipe of its lines ends, and stops with a signal", async () => {
    const ran = simulate(["local-im", "--port", "0"]);
    ran.stdin.end();
    const plugin = await join(ran);
    await ran.shows("is connected");
    process.emit("SIGTERM");
    expect(await ran.code).toBe(0);
    expect((await plugin.closed).code).toBe(1006);
  });

  it("leaves no process behind when it is stopped while lines wait for the plugin", async () => {
    const child = spawn(process.execPath, [path.resolve(import.meta.dirname, "../../../src/cli/main.ts"), "simulate", "local-im", "--port", "0"]);
    child.stdin.end("one\ntwo\n/garbage\n");
    await once(child.stdout, "data");
    // Time for the first line to be read and to wait.
    await new Promise((resolve) => void setTimeout(resolve, 300));
    child.kill("SIGTERM");
    const kill = setTimeout(() => child.kill("SIGKILL"), 4000);
    expect(await once(child, "exit")).toEqual([0, null]);
    clearTimeout(kill);
  }, 15_000);

  it("has a prompt at a terminal, fails a line at once where nobody is there, and ends with Ctrl-C", async () => {
    const ran = simulate(["local-im", "--port", "0"], { terminal: true });
    await ran.shows("Ctrl-C ends");
    ran.stdin.write("hello\r");
    await ran.shows("nobody is connected");
    expect(stripVTControlCharacters(ran.stdout())).toMatch(/> $/);
    ran.stdin.write("\u0003");
    expect(await ran.code).toBe(0);
  });

  it("lets no frame move the cursor", async () => {
    const ran = simulate(["local-im", "--port", "0"]);
    const plugin = await join(ran);
    plugin.send("\u001b[2J\u009b1m\r evil");
    await ran.shows("evil");
    // oxlint-disable-next-line no-control-regex
    expect(ran.stdout()).not.toMatch(/[\u001b\u009b\r]/);
  });

  it.each<[string[], RegExp]>([
    [[], /Which protocol\? npm run simulate -- insta-claw\|local-im\|clawchat/],
    [["websocket"], /There is no protocol "websocket"; there are insta-claw, local-im and clawchat\./],
    [["local-im", "--set", "reliable=v1"], /local-im has no settings\./],
    [["clawchat", "--set", "colour=red"], /--set: there is no setting "colour"; there are reliable, accessTtlMs/],
    [["clawchat", "--set", "reliable=v3"], /--set: reliable takes legacy, v1 or v2, not "v3"/],
    [["clawchat", "--set", "accessTtlMs=soon"], /--set: accessTtlMs takes a whole number, not "soon"/],
    [["local-im", "insta-claw"], /One protocol at a time: "insta-claw" is too much\./],
    [["local-im", "--port", "high"], /--port takes a number from 0 to 65535, not "high"\./],
    [["local-im", "--account", "=x"], /--account takes an id, or an id and its secret such as office=s3cret/],
    [["local-im", "--account", "office=a", "--account", "home", "--account", " office =b"], /--account office is given twice/],
    [["clawchat", "--extensions", "groups"], /clawchat has no extensions: --extensions is for the other protocols\./],
    [["local-im", "--script", "none.txt"], /There is no script .*none\.txt\./],
    [["local-im", "--prot", "1"], /Unknown option '--prot'.* See: npm run simulate -- --help/s],
  ])("explains %j", async (args, text) => {
    const ran = simulate(args);
    expect([await ran.code, ran.stderr()]).toEqual([1, expect.stringMatching(text)]);
  });

  it("explains that a port is taken", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const address = other.address();
    const port = typeof address === "object" && address ? address.port : 0;
    const ran = simulate(["local-im", "--port", `${port}`]);
    expect([await ran.code, ran.stderr()]).toEqual([1, expect.stringContaining(`Port ${port} is taken by another program. Choose another: npm run simulate -- local-im --port`)]);
    other.close();
  });

  it("explains itself when asked for help", async () => {
    const ran = simulate(["--help"]);
    expect([await ran.code, ran.stdout()]).toEqual([0, expect.stringContaining("--script FILE")]);
  });
});
