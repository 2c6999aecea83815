import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { PassThrough } from "node:stream";
import { Ajv } from "ajv";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { junitReport } from "../../../src/cli/conform/junit.ts";
import { readConformOptions } from "../../../src/cli/conform/options.ts";
import { textReport } from "../../../src/cli/conform/text.ts";
import { main } from "../../../src/cli/main.ts";
import { type CheckResult, type Report, rowsOf } from "../../../src/testing/conformance/report.ts";
import type { ProtocolName } from "../../../src/testing/simulator/protocols.ts";
import { startSimulator } from "../../../src/testing/simulator/simulator.ts";
import { startAccount } from "../../conformance/account.ts";

const broken: CheckResult = {
  rules: ["WS-6"],
  title: "closes a binary frame with 1003",
  verdict: "failed",
  expected: 'close code 1003 "Text frames only"',
  got: "an open connection",
  frames: ["→ (binary, 2 bytes)", '← {"type":"chat.error","error":"<no> & \u0007"}'],
  ms: 12,
};
const book = ["WS-1", "WS-2", "WS-6", "WS-22"].map((id) => ({ id, statement: `What ${id} says.` }));
const report: Report = {
  protocol: "websocket",
  side: "server",
  seed: 42,
  rules: rowsOf(
    book,
    [
      { rules: ["WS-1"], title: "answers another path with HTTP 400", verdict: "passed", ms: 3 },
      { rules: ["WS-2"], title: "closes a foreign origin with 1008", verdict: "passed", ms: 3 },
      { rules: ["WS-2"], title: "lets an allowed origin in", verdict: "not observed", why: "needs an origin", ms: 0 },
      broken,
    ],
    [{ verdict: "not testable", why: "waits inside the server", rules: ["WS-22"] }],
  ),
};

describe("the report of conform", () => {
  it("has a line for each rule, and below a broken one what was expected, what came and the frames", () => {
    expect(textReport(report, (_style, text) => text)).toMatchInlineSnapshot(`
      "✗ WS-6   What WS-6 says.
          closes a binary frame with 1003
            expected: close code 1003 "Text frames only"
            got:      an open connection
            frames:
              → (binary, 2 bytes)
              ← {"type":"chat.error","error":"<no> & �"}

      ✓ WS-1   answers another path with HTTP 400
      ✓ WS-2   closes a foreign origin with 1008
      · WS-22  not testable: waits inside the server

      websocket, server: 2 passed, 1 failed, 1 not testable (seed 42)
      "
    `);
  });

  it("is well-formed XML for JUnit, whatever a frame holds", () => {
    const xml = junitReport(report);
    expect(XMLValidator.validate(xml)).toBe(true);
    const { testsuites } = new XMLParser({ ignoreAttributes: false }).parse(xml) as { testsuites: { testsuite: Record<string, unknown> } };
    expect(testsuites.testsuite).toMatchObject({ "@_tests": "4", "@_failures": "1", "@_skipped": "1" });
    expect(testsuites.testsuite["testcase"]).toHaveLength(4);
    expect(xml).toContain("&lt;no&gt; &amp; �");
  });
});

describe("clawwire conform", () => {
  let directory = "";
  beforeEach(async () => void (directory = await mkdtemp(path.join(tmpdir(), "conform-"))));
  afterEach(async () => rm(directory, { recursive: true }));

  async function run(args: readonly string[], env: Record<string, string> = {}): Promise<{ code: number; stdout: string; stderr: string }> {
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
    const text = { stdout: "", stderr: "" };
    stdout.on("data", (part: Buffer) => (text.stdout += part.toString()));
    stderr.on("data", (part: Buffer) => (text.stderr += part.toString()));
    const code = await main(["conform", ...args], { stdin, stdout, stderr, env, cwd: directory });
    return { code, ...text };
  }

  it("tests a server, tells how far it is, and writes a report that its schema describes", { timeout: 30_000 }, async () => {
    const account = await startAccount();
    onTestFinished(() => account.stop());
    const { code, stdout, stderr } = await run(["websocket", account.url, "--rule", "WS-1", "--json", "--junit", "report.xml", "--seed", "5"]);
    const printed: unknown = JSON.parse(stdout);
    const schema = JSON.parse(readFileSync(`${import.meta.dirname}/../../../docs/conform-report.schema.json`, "utf8")) as object;
    const validate = new Ajv({ strict: false, allErrors: true }).compile(schema);
    expect(validate(printed), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ ...report, summary: {} })).toBe(false);
    expect(printed).toMatchObject({ protocol: "websocket", side: "server", seed: 5, summary: { passed: 1, failed: 0 }, rules: [{ rule: "WS-1", verdict: "passed" }] });
    expect(stderr).toContain("1/1 answers another path with HTTP 400");
    expect(XMLValidator.validate(await readFile(path.join(directory, "report.xml"), "utf8"))).toBe(true);
    expect(code).toBe(0);
  });

  it("ends with 1 where a rule is broken, and shows no secret", { timeout: 30_000 }, async () => {
    const account = await startAccount();
    onTestFinished(() => account.stop());
    // At another path every connection ends in a way that is not the documented one.
    const { code, stdout } = await run(["websocket", `${account.url}-elsewhere`, "--rule", "WS-2", "--timeout", "1"], { CLAWWIRE_CONFORM_TOKEN: "s3cret-word" });
    expect(code).toBe(1);
    expect(stdout).toContain("✗ WS-2");
    expect(stdout).not.toContain("s3cret-word");
  });

  it("listens, tells where and how without the secret, and says when nobody came", { timeout: 30_000 }, async () => {
    const { code, stderr } = await run(["local-im", "--listen", "0", "--account", "office", "--timeout", "1"], { CLAWWIRE_CONFORM_TOKEN: "s3cret-word" });
    expect(stderr).toMatch(/ws:\/\/127\.0\.0\.1:\d+\/ waits for the client\. In OpenClaw's openclaw\.json:/);
    expect(stderr).toContain('"token": "•••"');
    expect(stderr).toMatch(/No client got through at ws:\/\/127\.0\.0\.1:\d+\/ within 1 s/);
    expect(stderr).not.toContain("s3cret-word");
    expect(code).toBe(2);
  });

  it.each(["local-im", "insta-claw", "clawchat"] as const)("says in one sentence that %s does not know the token", async (name) => {
    const simulator = await startSimulator<ProtocolName>(name, name === "clawchat" ? {} : { accounts: { office: "s3cret" } });
    onTestFinished(() => simulator.stop());
    const { code, stdout, stderr } = await run([name, simulator.url, "--account", "office", "--token", "another-word"]);
    expect(stderr).toMatch(/^clawwire conform: The server at ws:\S+ does not know this account or this token: it (answers with HTTP 40[13]|says "authentication failed")\. Look at --account and --token\n$/);
    expect([code, stdout]).toEqual([2, ""]);
  });

  it("shows help with examples, and needs no server for it", async () => {
    const { code, stdout } = await run(["--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain("clawwire conform local-im --listen 18802");
  });

  it.each([
    [[], /Which protocol\? clawwire conform websocket\|insta-claw/],
    [["xmpp", "ws://a"], /There is no protocol "xmpp"; there are websocket, insta-claw/],
    [["websocket"], /Give the address of a server to test/],
    [["websocket", "ws://a", "--listen", "1"], /Give the address of a server to test/],
    [["websocket", "http://a"], /"http:\/\/a" is not the address of a WebSocket server/],
    [["websocket", "ws://a", "--runs", "many"], /--runs takes a whole number from 1 to 1000000, not "many"/],
    [["websocket", "ws://127.0.0.1:9/", "--rule", "LI-1"], /websocket has no rule "LI-1"; it has WS-1 to WS-38/],
    [["websocket", "ws://127.0.0.1:9/ws"], /There is no server at ws:\/\/127\.0\.0\.1:9\/ws/],
    [["websocket", "ws://a", "--colour"], /Unknown option '--colour'.* See: clawwire conform --help/],
  ])("says what is wrong with %j", async (args, said) => {
    const { code, stderr } = await run(args);
    expect(stderr).toMatch(said);
    expect(code).toBe(2);
  });

  it("takes the token from the environment where no flag has one", () => {
    const read = (args: string[], env: Record<string, string>) => readConformOptions(["websocket", "ws://a", ...args], { cwd: "/", env }, () => 1)?.token;
    expect([read([], { CLAWWIRE_CONFORM_TOKEN: "a" }), read(["--token", "b"], { CLAWWIRE_CONFORM_TOKEN: "a" }), read([], {})]).toEqual(["a", "b", undefined]);
  });
});
