import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { PassThrough } from "node:stream";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import type { Patient } from "../../../src/cli/doctor/check.ts";
import { clock } from "../../../src/cli/doctor/checks/clock.ts";
import { tls } from "../../../src/cli/doctor/checks/tls.ts";
import type { DoctorReport } from "../../../src/cli/doctor/report.ts";
import { main } from "../../../src/cli/main.ts";
import { startSimulator } from "../../../src/testing/simulator/simulator.ts";
import { startAccount, startVerifier } from "../../conformance/account.ts";
import { createScriptedAgent } from "../../support/scripted-agent.ts";

let directory = "";
beforeEach(async () => void (directory = await mkdtemp(path.join(tmpdir(), "doctor-"))));
afterEach(async () => rm(directory, { recursive: true }));

interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

async function run(args: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const text = { stdout: "", stderr: "" };
  stdout.on("data", (part: Buffer) => (text.stdout += part.toString()));
  stderr.on("data", (part: Buffer) => (text.stderr += part.toString()));
  // Where no gateway is.
  const code = await main(["doctor", ...args], { stdin, stdout, stderr, env: { OPENCLAW_GATEWAY_PORT: "9", HOME: directory, ...env }, cwd: directory });
  return { code, ...text };
}

/** What each check of the only account has found. */
async function examine(args: readonly string[], env: Record<string, string> = {}): Promise<Ran & { found: Record<string, string>; report: DoctorReport }> {
  const ran = await run([...args, "--json"], env);
  const report = JSON.parse(ran.stdout) as DoctorReport;
  expect(report.accounts).toHaveLength(1);
  return { ...ran, report, found: Object.fromEntries((report.accounts[0]?.checks ?? []).map(({ check, verdict, found }) => [check, `${verdict}: ${found}`])) };
}

async function configure(channels: object, more: object = {}): Promise<string> {
  const file = path.join(directory, "openclaw.json");
  await writeFile(file, `// ours\n${JSON.stringify({ ...more, channels })}`);
  return file;
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    return new Promise((resolve) => void server.close(() => resolve()));
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const refuseAll = () => startVerifier(() => ({ body: { success: false, error: "unknown" } }));

describe("clawwire doctor", { timeout: 30_000 }, () => {
  it("finds nothing wrong with an account that works, and its message is answered", async () => {
    const verifier = await startVerifier((token) => ({ body: token === "s3cret-word" ? { success: true, data: { userId: "ann" } } : { success: false, error: "unknown" } }));
    const account = await startAccount({ auth: { enabled: true, endpoint: verifier.endpoint } });
    onTestFinished(async () => void (await Promise.all([account.stop(), verifier.stop()])));
    const port = Number(new URL(account.url).port);
    const file = await configure({ websocket: { host: "127.0.0.1", port, auth: { endpoint: verifier.endpoint } } });
    const { code, found, stdout, report } = await examine(["--config", file, "--round-trip"], { CLAWWIRE_DOCTOR_TOKEN: "s3cret-word" });
    expect(found).toEqual({
      configuration: "pass: the block is valid",
      port: expect.stringMatching(new RegExp(`^(pass|warn): ${port} is `)) as string,
      verifier: expect.stringMatching(/^pass: http:\/\/127\.0\.0\.1:\d+\/verify refuses a made-up token/) as string,
      clock: "skip: no other machine is asked anything, whose clock it could be compared with",
      handshake: expect.stringMatching(/^pass: ws:\/\/127\.0\.0\.1:\d+\/ws lets the account in/) as string,
      "round trip": expect.stringMatching(/^pass: the agent has answered after \d+ ms, and the message was taken after \d+ ms/) as string,
    });
    expect([code, report.config, stdout.includes("s3cret")]).toEqual([0, file, false]);
    expect(verifier.asked.map(({ token }) => String(token)).filter((token) => token !== "s3cret-word")).toEqual([expect.stringMatching(/^clawwire-doctor-/)]);
  });

  it("works on an address alone, in text", async () => {
    const account = await startAccount();
    onTestFinished(() => account.stop());
    const { code, stdout, stderr } = await run([account.url]);
    expect(stdout).toMatch(/^websocket {2}ws:\S+\n {2}· clock {7}.*\n {16}→ compare it by hand.*\n {2}✓ handshake {3}.*\n {2}· round trip {2}no message was sent\n {16}→ --round-trip sends one, and runs the agent\n\n1 pass, 2 skip\n$/);
    expect([code, stderr]).toEqual([0, ""]);
  });

  it("says of a message that is taken and not answered, and of one that is refused, which it is", async () => {
    const silent = await startAccount({}, createScriptedAgent());
    const stranger = await startAccount({}, createScriptedAgent({ access: () => ({ admitted: false, code: "forbidden", error: "not listed" }) }));
    onTestFinished(async () => void (await Promise.all([silent.stop(), stranger.stop()])));
    const [slow, refused] = await Promise.all([silent, stranger].map(({ url }) => examine([url, "--round-trip", "--timeout", "1"])));
    expect([slow?.code, slow?.found["round trip"]]).toEqual([0, expect.stringMatching(/^warn: the message was taken after \d+ ms, and is not answered within 1 s/)]);
    expect([refused?.code, refused?.found["round trip"]]).toEqual([1, "fail: the message is answered with an error: not listed"]);
    expect(slow?.stderr).toContain("round trip");
  });

  it("names the field that is wrong, and dials nobody then", async () => {
    const file = await configure({ websocket: { port: "many" } });
    const { code, found } = await examine(["--config", file]);
    expect(found).toMatchObject({ configuration: expect.stringMatching(/^fail: channels\.websocket\.port: expected .*, got a string$/) as string, handshake: expect.stringMatching(/^skip/) as string });
    expect(code).toBe(1);
  });

  it("finds a port that is free with nobody listening, and one that another program holds", async () => {
    const other = await serve((_request, response) => response.end("something else"));
    const port = Number(other.split(":")[1]);
    const block = { host: "127.0.0.1", port, auth: { enabled: false } };
    const held = await examine(["--config", await configure({ websocket: block })]);
    expect(held.found).toMatchObject({ port: expect.stringMatching(new RegExp(`^warn: ${port} is held by .*node.* \\(process ${process.pid}\\)$`)) as string, handshake: "fail: ws://127.0.0.1:" + port + "/ws refuses the WebSocket with HTTP 200" });
    const free = createTcpServer();
    await new Promise<void>((resolve) => void free.listen(0, "127.0.0.1", resolve));
    const { port: freed } = free.address() as AddressInfo;
    await new Promise((resolve) => void free.close(resolve));
    const nobody = await examine(["--config", await configure({ websocket: { ...block, port: freed } })]);
    expect(nobody.found).toMatchObject({ port: `pass: ${freed} on 127.0.0.1 is free: nothing listens there`, handshake: `fail: nothing listens at ws://127.0.0.1:${freed}/ws` });
    expect(nobody.report.accounts[0]?.checks.find(({ check }) => check === "handshake")).toMatchObject({ remedy: "start the gateway: openclaw gateway run" });
  });

  it("does not wait for a verifier that hangs, and sees one that vouches for everybody", async () => {
    const hanging = await serve(() => {});
    const eager = await startVerifier(() => ({ body: { success: true, data: { userId: "anybody" } } }));
    onTestFinished(() => eager.stop());
    const block = (endpoint: string) => ({ websocket: { host: "127.0.0.1", port: 18_999, auth: { endpoint, timeout: 60_000 } } });
    const startedAt = performance.now();
    const slow = await examine(["--config", await configure(block(`http://${hanging}/verify?key=s3cret`)), "--timeout", "1"]);
    expect(performance.now() - startedAt).toBeLessThan(20_000);
    expect(slow.found["verifier"]).toBe(`warn: http://${hanging}/verify gives no verdict within the 1 s of --timeout; the listener waits 60 s`);
    expect(slow.stderr).toMatch(/websocket default: verifier \(\d+\.\d s\)/);
    expect(slow.stdout).not.toContain("s3cret");
    const open = await examine(["--config", await configure(block(eager.endpoint))]);
    expect(open.found["verifier"]).toMatch(/^fail: .*vouches for a token that nobody has/);
  });

  it("asks for a token where the listener does, and knows one that is not good", async () => {
    const verifier = await refuseAll();
    const account = await startAccount({ auth: { enabled: true, endpoint: verifier.endpoint } });
    onTestFinished(async () => void (await Promise.all([account.stop(), verifier.stop()])));
    const [none, bad] = [await examine([account.url]), await examine([account.url, "--token", "s3cret-word"])];
    expect([none.code, none.found["handshake"]]).toEqual([2, `skip: ${account.url} asks for a token, as it should`]);
    expect([bad.code, bad.found["handshake"]]).toEqual([1, expect.stringMatching(/closed with 4401/)]);
    expect(bad.stdout).not.toContain("s3cret");
    expect((await examine([account.url, "--round-trip"])).found["round trip"]).toBe("skip: there is no connection to send it over");
  });

  it("warns of a token that is not good where the listener lets anybody in", async () => {
    const verifier = await startVerifier((token) => ({ body: token === "s3cret-word" ? { success: true, data: { userId: "ann" } } : { success: false, error: "unknown" } }));
    const account = await startAccount({ auth: { enabled: true, required: false, endpoint: verifier.endpoint } });
    onTestFinished(async () => void (await Promise.all([account.stop(), verifier.stop()])));
    expect((await examine([account.url, "--token", "another-word"])).found["handshake"]).toBe(`warn: ${account.url} lets anybody in, and does not take the token for a good one: who shows it is a stranger there`);
    for (const args of [[], ["--token", "s3cret-word"]]) expect((await examine([account.url, ...args])).found["handshake"]).toMatch(/^pass/);
  });

  it.each([
    [(socket: WebSocket) => socket.close(1011, "fell over"), /^fail: ws:\S+ closed with 1011 "fell over" before the message was answered$/],
    [(socket: WebSocket) => socket.terminate(), /^fail: ws:\S+ closed with 1006 before the message was answered$/],
  ])("fails a message whose connection dies: %s", async (die, found) => {
    const server = createServer();
    const sockets = new WebSocketServer({ server });
    sockets.on("connection", (socket) => socket.on("message", (data: Buffer) => (data.toString().includes("chat.hello") ? socket.send('{"type":"chat.welcome","extensions":[],"senderId":"u"}') : die(socket))));
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => new Promise((resolve) => void server.close(() => resolve())));
    const ran = await examine([`ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`, "--round-trip"]);
    expect([ran.code, ran.found["round trip"]]).toEqual([1, expect.stringMatching(found)]);
  });

  it("sees a clock that is off", async () => {
    const late = await serve((_request, response) => response.writeHead(400, { date: new Date(Date.now() + 300_000).toUTCString() }).end());
    // Leads here, too, and does not look like it.
    const elsewhere = `ws://${late.replace("127.0.0.1", "0.0.0.0")}/ws`;
    const { code, found } = await examine([elsewhere]);
    expect([code, found["clock"]]).toEqual([1, `fail: this machine's clock is 5 min behind that of ${elsewhere}`]);
    expect((await examine([`ws://${late}/ws`])).found["clock"]).toBe("skip: no other machine is asked anything, whose clock it could be compared with");
    // Its own listener is this machine, wherever it listens.
    const own = { protocol: "websocket", channel: "websocket", account: "", hasCredentials: true, others: [], listens: { host: "0.0.0.0", port: 1 }, target: { url: elsewhere, headers: {} } } as const;
    expect(await clock.run(own, { timeoutMs: 1000, roundTrip: false, takeOver: false, gatewayPort: 9, env: {}, now: Date.now, newId: () => "" })).toMatchObject({ verdict: "skip" });
  });

  it("greets each server that is dialed in its own way, with the account's credentials", async () => {
    const im = await startSimulator("local-im", { accounts: { office: "s3cret-word" } });
    const hub = await startSimulator("clawchat");
    const gateway = await startSimulator("insta-claw", { accounts: { me: "s3cret-word" } });
    onTestFinished(async () => void (await Promise.all([im.stop(), hub.stop(), gateway.stop()])));
    expect((await examine(["--config", await configure({ "insta-claw-connector": { wsUrl: gateway.url, clientId: "me", clientSecret: "s3cret-word" } })])).found).toMatchObject({ handshake: expect.stringMatching(/^pass: .* lets the account in/) as string });
    const office = (token: string) => configure({ "nc-local-im-connector": { serverUrl: im.url, accounts: { office: { token } } } });
    expect((await examine(["--config", await office("${IM}")], { IM: "s3cret-word" })).found).toMatchObject({ handshake: expect.stringMatching(/^pass: .* lets the account in/) as string });
    const wrong = await examine(["--config", await office("another-word")]);
    expect([wrong.code, wrong.found["handshake"]]).toEqual([1, expect.stringMatching(/^fail: .* refuses the WebSocket with HTTP 401$/)]);
    const at = async (...args: string[]) => (await examine(args)).found["handshake"];
    expect(await at(im.url, "--protocol", "local-im", "--account", "office", "--token", "s3cret-word")).toMatch(/^pass: .* lets the account in/);
    expect(await at(im.url, "--protocol", "local-im", "--account", "office")).toMatch(/^skip: .* asks for a token/);
    expect(await at(gateway.url, "--protocol", "insta-claw", "--account", "me", "--token", "s3cret-word")).toMatch(/^pass: .* lets the account in/);
    expect(await at(gateway.url, "--protocol", "insta-claw", "--account", "me", "--token", "another-word")).toMatch(/^fail: .* HTTP 401$/);
    expect((await examine(["--config", await configure({ clawchat: { websocketUrl: hub.url, baseUrl: new URL(hub.url).origin.replace("ws", "http") } })])).found).toMatchObject({ handshake: expect.stringMatching(/^pass: .* greets as a ClawChat hub/) as string });
  });

  it("leaves the account's only link to a gateway that runs, unless it may take it over", async () => {
    const gateway = await serve((_request, response) => response.end());
    const im = await startSimulator("local-im");
    onTestFinished(() => im.stop());
    const file = await configure({ "nc-local-im-connector": { serverUrl: im.url, defaultAccount: "u1" } }, { gateway: { port: Number(gateway.split(":")[1]) } });
    const env = { OPENCLAW_GATEWAY_PORT: "" };
    const spared = await examine(["--config", file], env);
    expect([spared.found["handshake"], im.links.length]).toEqual(["skip: the gateway runs, and a second link would push out its own", 0]);
    expect((await examine(["--config", file, "--take-over"], env)).found["handshake"]).toMatch(/^pass/);
  });

  it("takes the variables that OpenClaw would have", async () => {
    const im = await startSimulator("local-im", { accounts: { office: "s3cret-word" } });
    onTestFinished(() => im.stop());
    await writeFile(path.join(directory, ".env"), "IM_TOKEN=s3cret-word\n");
    const file = await configure({ "nc-local-im-connector": { serverUrl: "${IM_URL}", accounts: { office: { token: { source: "env", provider: "default", id: "IM_TOKEN" } } } } }, { env: { vars: { IM_URL: im.url } } });
    expect((await examine(["--config", file])).found["handshake"]).toMatch(/^pass/);
  });

  it.each([
    [[], /There is no configuration at .*\.openclaw\/openclaw\.json\. Name the file with --config FILE/],
    [["--config", "nowhere.json"], /There is no configuration at .*nowhere\.json\./],
    [["http://a"], /"http:\/\/a" is not the address of a WebSocket server/],
    [["ws://a", "ws://b"], /One address at a time: "ws:\/\/b" is too much/],
    [["ws://a", "--channel", "websocket"], /--channel is for the accounts of a configuration/],
    [["ws://a", "--protocol", "insta-claw", "--account", "me"], /insta-claw lets nobody in without a clientId and a clientSecret/],
    [["--protocol", "local-im"], /--protocol is for an address/],
    [["ws://a", "--protocol", "xmpp"], /There is no protocol "xmpp"; there are websocket/],
    [["ws://a", "--timeout", "0"], /--timeout takes a whole number from 1 to 3600, not "0"/],
    [["--colour"], /Unknown option '--colour'.* See: clawwire doctor --help/],
  ])("says what is wrong with %j, and that nothing was checked", async (args, said) => {
    const { code, stderr } = await run(args);
    expect(stderr).toMatch(said);
    expect(code).toBe(2);
  });

  it("says which accounts there are, where none is meant, and of a configuration without one", async () => {
    const file = await configure({ websocket: { enabled: false } });
    expect(await run(["--config", file, "--account", "team"])).toMatchObject({ code: 2, stderr: expect.stringMatching(/has no such account; it has default of websocket/) as string });
    expect(await run(["--config", await configure({ telegram: {} })])).toMatchObject({ code: 2, stderr: expect.stringMatching(/has no channel of Clawwire: none of websocket, insta-claw-connector/) as string });
  });

  it("says that it does not read what a configuration includes", async () => {
    const file = await configure({ websocket: { enabled: false }, telegram: { $include: "./telegram.json5" } });
    expect((await run(["--config", file])).stderr).toBe(`${file} includes other files, which are not read here: what stands in them is not seen.\n`);
    expect((await run(["--config", await configure({ websocket: { enabled: false } })])).stderr).toBe("");
  });

  it("ends with 2 where every account is switched off", async () => {
    const { code, report } = await examine(["--config", await configure({ websocket: { enabled: false } })]);
    expect([code, report.summary]).toEqual([2, { pass: 0, skip: 2, warn: 0, fail: 0 }]);
  });

  it("shows help with examples", async () => {
    expect(await run(["--help"])).toMatchObject({ code: 0, stdout: expect.stringContaining("clawwire doctor --channel websocket --round-trip") as string });
  });
});

describe("the doctor's look at TLS", { timeout: 30_000 }, () => {
  const pem = async (name: string) => readFile(path.join(import.meta.dirname, "../../fixtures/tls", `${name}.pem`), "utf8");

  async function look(certificate: string, { trusted = false, now = Date.now(), host = "127.0.0.1" } = {}) {
    const cert = await pem(certificate);
    const server = createTlsServer({ cert, key: await pem("key") });
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    const before = getCACertificates("default");
    if (trusted) setDefaultCACertificates([...before, cert]);
    try {
      const patient: Patient = { protocol: "websocket", channel: "websocket", account: "default", hasCredentials: true, others: [], target: { url: `wss://${host}:${(server.address() as AddressInfo).port}/ws`, headers: {} } };
      return await tls.run(patient, { timeoutMs: 3000, roundTrip: false, takeOver: false, gatewayPort: 9, env: {}, now: () => now, newId: () => "" });
    } finally {
      setDefaultCACertificates(before);
      await new Promise((resolve) => void server.close(resolve));
    }
  }

  it("counts the days of a certificate that is trusted", async () => {
    const found = await look("good", { trusted: true });
    expect(found).toMatchObject({ verdict: "pass", found: expect.stringMatching(/^the certificate of 127\.0\.0\.1:\d+ is good for another \d{5} days$/) as string });
    expect(await look("good", { trusted: true, host: "localhost" })).toMatchObject({ verdict: "pass" });
    expect(await look("good", { trusted: true, now: Date.UTC(2126, 9, 20) })).toMatchObject({ verdict: "warn", found: expect.stringContaining("ends in 9 days") as string });
  });

  it("fails one that nobody vouches for, one for another name and one that has ended", async () => {
    expect(await look("good")).toMatchObject({ verdict: "fail", found: expect.stringMatching(/is not trusted: DEPTH_ZERO_SELF_SIGNED_CERT$/) as string });
    expect(await look("good", { trusted: true, host: "127.0.0.2" })).toMatchObject({ verdict: "fail" });
    expect(await look("ended", { trusted: true })).toMatchObject({ verdict: "fail", found: expect.stringMatching(/has ended \d+ days ago$/) as string });
  });

  it("fails a server that speaks none", async () => {
    const plain = await serve((_request, response) => response.end());
    const { found } = await examine([`wss://${plain}/ws`, "--timeout", "2"]);
    expect(found["TLS"]).toMatch(/^fail: 127\.0\.0\.1:\d+: /);
    expect(found["handshake"]).toMatch(/^fail/);
  });
});
