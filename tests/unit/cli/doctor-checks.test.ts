import { mkdtemp, link as linkFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { normalizeAccountId as hosts } from "../../../src/channel/host-parts/account-id.ts";
import { readSecretFile as hostsRead } from "../../../src/channel/host-parts/secret-file.ts";
import { gravest, type Patient } from "../../../src/cli/doctor/check.ts";
import { judgeDate } from "../../../src/cli/doctor/checks/clock.ts";
import { judgeBlock } from "../../../src/cli/doctor/checks/configuration.ts";
import { judgeMeeting } from "../../../src/cli/doctor/checks/handshake.ts";
import { judgeHolder } from "../../../src/cli/doctor/checks/port.ts";
import { judgeReply } from "../../../src/cli/doctor/checks/round-trip.ts";
import { judgeCertificate } from "../../../src/cli/doctor/checks/tls.ts";
import { judgeAnswer } from "../../../src/cli/doctor/checks/verifier.ts";
import { filled, fillIn, parseConfig, placesOf } from "../../../src/cli/doctor/config-file.ts";
import { describe as describeHolder, socketsOn } from "../../../src/cli/doctor/holder.ts";
import { normalizeAccountId } from "../../../src/cli/doctor/host-parts/account-id.ts";
import { readSecretFile } from "../../../src/cli/doctor/host-parts/secret-file.ts";
import { patientAt, patientsIn } from "../../../src/cli/doctor/patients.ts";
import { exitCodeOf, textReport } from "../../../src/cli/doctor/report.ts";

describe("the configuration as the doctor finds it", () => {
  it("is looked for where OpenClaw looks", () => {
    const at = (env: Record<string, string>, given?: string) => placesOf(given, { HOME: "/home/op", ...env }, "/work");
    expect(at({})).toEqual({ stateDir: "/home/op/.openclaw", file: "/home/op/.openclaw/openclaw.json" });
    expect(at({ OPENCLAW_STATE_DIR: "~/state" }).file).toBe("/home/op/state/openclaw.json");
    expect(at({ OPENCLAW_STATE_DIR: " ", OPENCLAW_HOME: "/srv" }).file).toBe("/srv/.openclaw/openclaw.json");
    expect(at({ OPENCLAW_CONFIG_PATH: "other.json" }).file).toBe("/work/other.json");
    expect(at({ OPENCLAW_CONFIG_PATH: "other.json" }, "mine.json").file).toBe("/work/mine.json");
  });

  it("may be JSON5, and says where it is none", () => {
    expect(parseConfig("{ channels: { a: 1, }, /* ours */ }", "f")).toEqual({ channels: { a: 1 } });
    expect(() => parseConfig("{ channels: ", "/x/openclaw.json")).toThrow(/^\/x\/openclaw\.json is no JSON5: invalid end of input at 1:13/);
    expect(() => parseConfig("[]", "f")).toThrow("f holds no object");
  });

  it("has the values of variables and references to them, and leaves the rest as it is written", () => {
    const env = { TOKEN: "t-1", EMPTY: "" };
    const unset = new Set<string>();
    expect(fillIn({ a: "Bearer ${TOKEN}", b: ["$${TOKEN}", "${NOT_SET}", "${EMPTY}"], c: { source: "env", provider: "default", id: "TOKEN" }, d: { source: "file", id: "TOKEN" } }, env, unset)).toEqual({
      a: "Bearer t-1",
      b: ["${TOKEN}", "${NOT_SET}", "${EMPTY}"],
      c: "t-1",
      d: { source: "file", id: "TOKEN" },
    });
    expect([...unset]).toEqual(["NOT_SET", "EMPTY"]);
  });

  it("is every account of every channel, with where it listens or dials and no more than that", () => {
    const channels = {
      ws: { host: "0.0.0.0", auth: { endpoint: "https://accounts.example/verify" }, accounts: { team: {} } },
      "insta-claw-connector": { wsUrl: "wss://gw.example/x", clientId: "me", clientSecret: "s3cret-1" },
      "nc-local-im-connector": { serverUrl: "ws://127.0.0.1:1", token: "${IM_TOKEN}", accounts: { Office: {} } },
      clawchat: { enabled: false },
      telegram: {},
    };
    const patients = patientsIn(filled({ channels }, {}), { token: "t-9" });
    expect(patients.map(({ channel, account, target, hasCredentials }) => [channel, account, target?.url, hasCredentials])).toEqual([
      ["websocket", "default", "ws://127.0.0.1:18800/ws", true],
      ["websocket", "team", "ws://127.0.0.1:18800/ws/team", true],
      ["insta-claw-connector", "default", "wss://gw.example/x", true],
      ["nc-local-im-connector", "Office", "ws://127.0.0.1:1/?accountId=Office", false],
      ["clawchat", "default", "wss://app.clawling.com/ws", false],
    ]);
    expect(patients[0]).toMatchObject({ listens: { host: "0.0.0.0", port: 18800 }, verifier: { endpoint: "https://accounts.example/verify", timeoutMs: 5000 }, target: { headers: { Authorization: "Bearer t-9" } } });
    expect(patients[2]?.target?.headers).toMatchObject({ "x-app-key": "me", "x-app-secret": "s3cret-1" });
    expect(patients[3]?.block).toEqual({ enabled: true, warnings: [], unseen: "not set in this environment: IM_TOKEN" });
    expect(patients[4]?.block?.enabled).toBe(false);
  });

  it("lacks a variable in the account alone that is made of it, and in none where it is only written about", () => {
    const accounts = { one: { token: "${ONE}" }, two: { token: "t-2" }, three: { token: "$${ONE_MORE}" }, four: { token: { source: "file", provider: "default", id: "four" } } };
    const block = { serverUrl: "ws://127.0.0.1:1", token: "${ROOT}", systemPrompt: "Say $${ME}.", accounts };
    const patients = patientsIn(filled({ channels: { "nc-local-im-connector": block } }, {}), {});
    expect(patients.map(({ account, hasCredentials, block: found }) => [account, hasCredentials, found?.unseen])).toEqual([
      ["one", false, "not set in this environment: ONE"],
      ["two", true, undefined],
      ["three", true, undefined],
      ["four", false, expect.stringContaining("OpenClaw looks its value up") as string],
    ]);
  });

  it("may be an address alone, which is dialed as the channel would", () => {
    const at = (...[protocol, url, account, token]: [Patient["protocol"], string, string?, string?]) => {
      const { target, hasCredentials } = patientAt(protocol, url, account, token === undefined ? {} : { token });
      return [target?.url, target?.headers, hasCredentials];
    };
    const im = { "x-local-im-extensions": expect.any(String) as string };
    expect(at("local-im", "ws://im.example:1/", "office", "t-1")).toEqual(["ws://im.example:1/?accountId=office", { ...im, Authorization: "Bearer t-1" }, true]);
    expect(at("local-im", "ws://im.example:1/?accountId=a%20b")).toEqual(["ws://im.example:1/?accountId=a%20b", im, false]);
    expect(at("local-im", "ws://im.example:1/")).toEqual(["ws://im.example:1/?accountId=default", im, false]);
    expect(at("insta-claw", "ws://gw.example/x", "me", "s3cret-1")).toEqual(["ws://gw.example/x", expect.objectContaining({ "x-app-key": "me", "x-app-secret": "s3cret-1" }) as object, true]);
    expect(at("clawchat", "wss://hub.example/ws", undefined, "t-1")).toEqual(["wss://hub.example/ws", {}, false]);
    expect(at("websocket", "ws://a.example/ws?token=t-1")).toEqual(["ws://a.example/ws?token=t-1", {}, true]);
    expect(() => at("insta-claw", "ws://gw.example/x", "me")).toThrow(/--account ID, and --token SECRET/);
    expect(() => at("insta-claw", "ws://gw.example/x", undefined, "s3cret-1")).toThrow(/--account ID, and --token SECRET/);
  });

  it("tells a secret's file that is not there from a reference that OpenClaw alone looks up", () => {
    const of = (more: object) => patientsIn(filled({ channels: { "nc-local-im-connector": { serverUrl: "ws://127.0.0.1:1", ...more } } }, {}), {})[0];
    expect(of({ tokenFile: "/nowhere/token" })).toMatchObject({ hasCredentials: false, block: { problem: "channels.nc-local-im-connector: tokenFile: there is no such file" } });
    const elsewhere = of({ token: { source: "exec", provider: "vault", id: "im" } });
    expect(elsewhere).toMatchObject({ hasCredentials: false, block: { unseen: expect.stringContaining("OpenClaw looks its value up") as string } });
    expect(elsewhere?.block).not.toHaveProperty("problem");
  });
});

describe("the parts of the host that the kit has to do without", () => {
  it("write an account's id as the host does", () => {
    const odd = fc.stringMatching(/^[-_ A-Za-z0-9.ÄßİK]{0,70}$/);
    fc.assert(fc.property(fc.oneof(fc.string({ unit: "binary" }), odd, fc.constantFrom("__proto__", "Constructor", "prototype", "hasOwnProperty")), (id) => {
      expect(normalizeAccountId(id)).toBe(hosts(id));
    }), { numRuns: 2000 });
  });

  it("read a secret's file as the host does, and refuse what it refuses", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "doctor-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const at = (name: string) => path.join(folder, name);
    const whole = { good: " s3cret\n", empty: " \n", large: "x".repeat(16_385), most: "x".repeat(16_384), twin: "t" };
    for (const [name, text] of Object.entries(whole)) await writeFile(at(name), text);
    await symlink(at("good"), at("leads"));
    await linkFile(at("twin"), at("twins"));
    const names = [...Object.keys(whole), "leads", "twins", "nothing", "good/inside", ""];
    const reads = names.map((name) => readSecretFile(at(name)));
    expect(reads).toEqual(names.map((name) => hostsRead(at(name), { field: "token", file: "tokenFile" })));
    expect(reads.map((read) => (read.ok ? read.value.length : read.reason))).toEqual([6, "invalid-path", "too-large", 16_384, "hardlink", "symlink", "hardlink", "not-found", "not-found", "not-file"]);
  });
});

const target = { url: "wss://im.example/x?token=in-the-address", headers: { Authorization: "Bearer s3cret-word" } };
const im: Pick<Patient, "target" | "protocol" | "hasCredentials" | "channel" | "block"> = { target, protocol: "local-im", hasCredentials: true, channel: "nc-local-im-connector" };

describe("what the doctor makes of what it finds", () => {
  it("says of a block what the channel says, and what is not seen from here", () => {
    const of = (block: NonNullable<Patient["block"]>) => judgeBlock({ block, channel: "websocket", account: "default" });
    expect(of({ enabled: true, warnings: [] })).toEqual({ verdict: "pass", found: "the block is valid" });
    expect(of({ enabled: true, warnings: [], problem: "channels.websocket.port: expected …" })).toMatchObject({ verdict: "fail", found: "channels.websocket.port: expected …" });
    expect(of({ enabled: true, warnings: ["x is older"] })).toMatchObject({ verdict: "warn", found: "x is older" });
    expect(of({ enabled: true, warnings: [], unseen: "a: OpenClaw looks its value up" })).toMatchObject({ verdict: "warn", found: expect.stringMatching(/not seen from here: a: OpenClaw/) as string });
    expect(of({ enabled: false, warnings: [], problem: "wrong" })).toMatchObject({ verdict: "skip" });
    expect(judgeBlock({ channel: "websocket", account: "" })).toBeUndefined();
  });

  it("tells OpenClaw's own listener from another program, and shows no argument of it", () => {
    const table = ["  sl  local_address rem_address   st", "   0: 0100007F:4970 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000 0 4242 1", "   1: 0100007F:4970 0100007F:9999 01 00000000:00000000 00:00000000 00000000  1000 0 4243 1"].join("\n");
    expect(socketsOn(18_800, table)).toEqual(["4242"]);
    expect(socketsOn(18_801, table)).toEqual([]);
    const other = describeHolder(7, "/usr/bin/python3\0serve.py\0--token=s3cret\0");
    expect(judgeHolder(18_800, other, "websocket")).toEqual({ verdict: "warn", found: "18800 is held by python3 serve.py (process 7)", remedy: expect.stringContaining("channels.websocket.port") as string });
    expect(judgeHolder(18_800, describeHolder(8, "openclaw-gateway\0"), "websocket")).toEqual({ verdict: "pass", found: "18800 is held by OpenClaw (process 8)" });
    expect(judgeHolder(18_800, undefined, "websocket").verdict).toBe("pass");
  });

  const asked = { where: "https://a.example/verify", ms: 10, mostMs: 5000, listenerMs: 5000, channel: "websocket" };
  it("wants a verifier that refuses a token that nobody has, and soon", () => {
    const refused = { ok: false, code: "x", log: "no", why: "refused" } as const;
    expect(judgeAnswer(refused, asked)).toEqual({ verdict: "pass", found: "https://a.example/verify refuses a made-up token, after 10 ms" });
    expect(judgeAnswer(refused, { ...asked, ms: 2501 })).toMatchObject({ verdict: "warn", remedy: expect.stringContaining("auth.timeout") as string });
    expect(judgeAnswer({ ok: true, user: { userId: "u" } }, asked)).toMatchObject({ verdict: "fail", found: expect.stringContaining("vouches for a token that nobody has") as string });
    const late = { ok: false, code: "timeout", log: "no", why: "unanswered" } as const;
    expect(judgeAnswer(late, { ...asked, ms: 1000, mostMs: 1000 })).toEqual({ verdict: "warn", found: "https://a.example/verify gives no verdict within the 1 s of --timeout; the listener waits 5 s", remedy: "--timeout 5 waits as long as the listener" });
    expect(judgeAnswer(refused, { ...asked, ms: 900, mostMs: 1000 }).verdict).toBe("pass");
    expect([judgeAnswer(late, asked).verdict, judgeAnswer({ ...late, code: "service_unavailable" }, { ...asked, mostMs: 1000 }).verdict]).toEqual(["fail", "fail"]);
    expect([judgeAnswer({ ...refused, why: "unanswered" }, asked).verdict, judgeAnswer({ ...refused, why: "odd" }, asked).verdict]).toEqual(["fail", "fail"]);
  });

  it("counts the days of a certificate, and fails what nobody trusts", () => {
    const now = Date.UTC(2026, 0, 1);
    const of = (days: number, error?: string) => judgeCertificate({ name: "a.example", port: 443 }, { ok: true, validTo: new Date(now + days * 86_400_000).toUTCString(), ...(error !== undefined && { error }) }, now);
    expect([of(90), of(14), of(13), of(-3), of(90, "SELF_SIGNED")].map(({ verdict, found }) => [verdict, found])).toEqual([
      ["pass", "the certificate of a.example:443 is good for another 90 days"],
      ["pass", "the certificate of a.example:443 is good for another 14 days"],
      ["warn", "the certificate of a.example:443 ends in 13 days"],
      ["fail", "the certificate of a.example:443 has ended 3 days ago"],
      ["fail", "the certificate of a.example:443 is not trusted: SELF_SIGNED"],
    ]);
    expect(judgeCertificate({ name: "a", port: 1 }, { ok: false, error: "wrong version", code: "ERR_SSL_WRONG_VERSION_NUMBER" }, now)).toMatchObject({ verdict: "fail", remedy: expect.stringContaining("speaks no TLS") as string });
  });

  it("knows a clock that is off from a header in whole seconds and an answer that took long", () => {
    const at = 1_000_000;
    const of = (serverAt: number, tookMs = 100) => judgeDate({ askedAt: at, cameAt: at + tookMs, serverAt }, "a.example");
    expect([of(at), of(at - 2_900), of(at - 3_100), of(at + 2_000), of(at + 9_000, 8_000), of(at + 5_000), of(at - 600_000), of(at + 600_000)].map(({ verdict }) => verdict)).toEqual(["pass", "pass", "warn", "pass", "pass", "warn", "fail", "fail"]);
    expect(of(at - 600_000).found).toBe("this machine's clock is 10 min ahead of that of a.example");
    expect(of(at + 10_000).found).toBe("this machine's clock is 10 s behind that of a.example");
  });

  it.each([
    [{ end: "greeted", ms: 3 }, "pass", "wss://im.example/x lets the account in after 3 ms"],
    [{ end: "silent", missing: "a ping" }, "warn", "does not answer a ping"],
    [{ end: "closed", code: 1008, reason: "not s3cret-word" }, "fail", 'closed with 1008 "not ***"'],
    [{ end: "closed", code: 4401, reason: "" }, "fail", "closed with 4401"],
    [{ end: "closed", code: 1013, reason: "" }, "warn", "closed with 1013"],
    [{ end: "refused", status: 401 }, "fail", "HTTP 401"],
    [{ end: "refused", status: 404 }, "fail", "HTTP 404"],
    [{ end: "refused", status: 502 }, "fail", "HTTP 502"],
    [{ end: "failed", error: new Error("in-the-address is wrong") }, "fail", "*** is wrong"],
    [{ end: "failed", error: Object.assign(new Error(""), { code: "ECONNREFUSED" }) }, "fail", "nothing listens at wss://im.example/x"],
  ] as const)("says of a handshake that ended so: %j", (meeting, verdict, found) => {
    expect(judgeMeeting(meeting, im)).toMatchObject({ verdict, found: expect.stringContaining(found) as string });
    expect(JSON.stringify(judgeMeeting(meeting, im))).not.toMatch(/s3cret-word|in-the-address/);
  });

  it.each([{ end: "closed", code: 4401, reason: "" }, { end: "refused", status: 401 }, { end: "refused", status: 403 }] as const)("takes a listener that asks for a token for one that works: %j", (meeting) => {
    expect(judgeMeeting(meeting, { ...im, hasCredentials: false })).toMatchObject({ verdict: "skip", remedy: expect.stringContaining("--token") as string });
  });

  it("advises what can be done where the listener is, and names no field of a server that has none", () => {
    const listener = { ...im, protocol: "websocket", channel: "websocket", block: { enabled: true, warnings: [] } } as const;
    const { block: _block, ...elsewhere } = listener;
    const remedy = (code: number, patient: typeof im) => {
      const finding = judgeMeeting({ end: "closed", code, reason: "" }, patient);
      return "remedy" in finding ? finding.remedy : "";
    };
    const why = "the server's own log says why; openclaw channels logs, where the server is the plugin";
    expect([1008, 1013, 4403].map((code) => remedy(code, listener))).toEqual([why, "raise channels.websocket.limits.maxConnections, or close connections", "list the sender in channels.websocket.allowFrom, or set another dmPolicy there"]);
    expect(remedy(1013, elsewhere)).toBe("raise channels.websocket.limits.maxConnections of the gateway that listens there, or close connections");
    expect([1008, 1013, 4403].map((code) => remedy(code, im))).toEqual([why, "the server has no room now: try again later, or ask who runs it", why]);
    expect(judgeMeeting({ end: "refused", status: 401 }, im)).toMatchObject({ remedy: "show other credentials, or ask who runs the server" });
  });

  it("warns of a token that is not taken where nobody needs one", () => {
    const shown = { ...im, protocol: "websocket", channel: "websocket" } as const;
    const greeted = { end: "greeted", ms: 3, senderId: "anon-7" } as const;
    const of = (headers: Record<string, string>, url: string, senderId = "anon-7") => judgeMeeting({ ...greeted, senderId }, { ...shown, target: { url, headers } }).verdict;
    expect(judgeMeeting(greeted, shown)).toMatchObject({ verdict: "warn", found: expect.stringContaining("does not take the token") as string });
    expect([of({}, "ws://a/ws?token=x"), of({}, "ws://a/ws"), of(target.headers, "ws://a/ws", "u_9")]).toEqual(["warn", "pass", "pass"]);
  });

  it.each([
    [{ end: "answered", ms: 900, acknowledgedMs: 5 }, "pass", "answered after 900 ms, and the message was taken after 5 ms"],
    [{ end: "acknowledged", ms: 5 }, "warn", "not answered within 10 s"],
    [{ end: "pairing" }, "warn", "pairing code"],
    [{ end: "failed", code: "rate_limited", error: "token s3cret" }, "fail", "an error: token *** (rate_limited)"],
    [{ end: "unanswered" }, "fail", "says nothing about the message"],
    [{ end: "unconnected" }, "skip", "no connection"],
    [{ end: "lost", code: 4401, reason: "" }, "skip", "no connection"],
    [{ end: "lost", code: 1011, reason: "not s3cret" }, "fail", 'ws://a closed with 1011 "not ***" before the message was answered'],
  ] as const)("says of a message that ended so: %j", (reply, verdict, found) => {
    expect(judgeReply({ end: "lost", code: 4401, reason: "" }, { where: "", timeoutMs: 1, hasCredentials: true, hide: (text) => text }).verdict).toBe("fail");
    expect(judgeReply(reply, { where: "ws://a", timeoutMs: 10_000, hasCredentials: false, hide: (text) => text.replace("s3cret", "***") })).toMatchObject({ verdict, found: expect.stringContaining(found) as string });
  });

  it("keeps the gravest of several findings about one thing", () => {
    const [fine, bad, worse] = [{ verdict: "pass", found: "a" }, { verdict: "fail", found: "b", remedy: "r" }, { verdict: "fail", found: "c", remedy: "s" }] as const;
    expect(gravest([fine, bad, worse])).toEqual({ verdict: "fail", found: "b; c", remedy: "r" });
    expect(gravest([])).toBeUndefined();
  });
});

describe("the doctor's report", () => {
  it("has a line for each check, and below what is not good what to do", () => {
    const checks = [
      { check: "port", ms: 1, verdict: "pass", found: "free" },
      { check: "handshake", ms: 2, verdict: "fail", found: "no\u001b[31m", remedy: "start it" },
    ] as const;
    const summary = { pass: 1, skip: 0, warn: 0, fail: 1 };
    expect(textReport({ config: "/x/openclaw.json", accounts: [{ channel: "websocket", account: "default", address: "ws://a/", checks }], summary }, (_style, text) => text)).toMatchInlineSnapshot(`
      "/x/openclaw.json

      websocket default  ws://a/
        ✓ port       free
        ✗ handshake  no
                     → start it

      1 pass, 1 fail
      "
    `);
  });

  it("ends with 0 where nothing failed, 1 where something did and 2 where nothing was looked at", () => {
    const none = { pass: 0, skip: 3, warn: 0, fail: 0 };
    expect([exitCodeOf({ ...none, pass: 1 }), exitCodeOf({ ...none, warn: 1 }), exitCodeOf({ ...none, pass: 9, fail: 1 }), exitCodeOf(none)]).toEqual([0, 0, 1, 2]);
  });
});
