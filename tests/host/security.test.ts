import { chmod } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { overlay, type Block } from "../../src/cli/gateway/block.ts";
import { startVerifier, type Verifier } from "../conformance/account.ts";
import { connectClient } from "../support/client.ts";
import { channels, type Channel, type FourChannels, startFour } from "./four.ts";

const soon = { timeout: 30_000, interval: 200 };
const dialed = ["insta-claw-connector", "nc-local-im-connector", "clawchat"] as const;
const origin = "https://app.example";
const tickets = { ann: "ticket-of-ann", boss: "ticket-of-the-boss" };

let verifier: Verifier;
let four: FourChannels;
beforeAll(async () => {
  verifier = await startVerifier((token) => {
    const user = Object.entries(tickets).find(([, ticket]) => ticket === token)?.[0];
    return user === undefined ? { body: { success: false, error: "bad_ticket" } } : { body: { success: true, data: { userId: user } } };
  });
  const auth = { enabled: true, endpoint: verifier.endpoint };
  four = await startFour({
    channels: {
      websocket: {
        dmPolicy: "open",
        allowFrom: ["boss"],
        accounts: {
          locked: { auth: { ...auth, allowQueryToken: false }, allowedOrigins: [origin], limits: { maxConnectionsPerSender: 2 } },
          optional: { auth: { ...auth, required: false } },
          narrow: { auth, limits: { maxConnections: 1, messagesPerMinute: 1, messageBurst: 2 } },
        },
      },
      "insta-claw-connector": { allowFrom: ["boss"] },
      "nc-local-im-connector": { allowFrom: ["boss"] },
    },
  });
});
afterAll(async () => {
  await four.stop();
  await verifier.stop();
});

const at = (account: string) => `${four.websocket.url}/${account}`;

describe("who an application at the listener is", () => {
  it("is told by a ticket in the header or a subprotocol, which the verifier knows, and by nothing else", async () => {
    const [header, subprotocol] = await Promise.all([
      connectClient(at("locked"), { headers: { authorization: `Bearer ${tickets.ann}` } }),
      connectClient(at("locked"), { protocols: ["openclaw.chat.v1", `bearer.${tickets.boss}`] }),
    ]);
    expect((await header.answer(header.say("[[say hello]]"))).content).toBe("hello");
    expect(await header.answer(header.say("I am the boss", { senderId: "boss" }))).toMatchObject({ type: "chat.error", error: expect.stringMatching(/sender/i) as string });
    expect(subprotocol.socket.protocol).toBe("openclaw.chat.v1");
    await Promise.all([header.close(), subprotocol.close()]);
    for (const client of [connectClient(at("locked"), { token: "nobody's" }), connectClient(at("locked")), connectClient(at("locked"), { query: { token: tickets.ann } })]) {
      expect((await (await client).closed).code).toBe(4401);
    }
  });

  it("is nobody where the operator lets anonymous senders in, whatever it claims", async () => {
    const client = await connectClient(at("optional"), { senderId: "boss" });
    expect(await client.answer(client.say("/status"))).toMatchObject({ type: "chat.error", error: "Commands are for verified senders whom the operator has listed" });
    await client.close();
  });

  it("may be a page of a listed origin, and of no other", async () => {
    const dial = (from: string) => connectClient(at("locked"), { origin: from, headers: { authorization: `Bearer ${tickets.ann}` } });
    const listed = await dial(origin);
    await listed.close();
    expect((await (await dial("https://evil.example")).closed).code).toBe(1008);
    expect((await (await dial("null")).closed).code).toBe(1008);
  });

  it("has a bound number of connections, all of them and each sender, and of messages", async () => {
    const dial = (account: string) => connectClient(at(account), { token: tickets.ann });
    const open = [await dial("locked"), await dial("locked"), await dial("narrow")];
    const [third, second] = [await dial("locked"), await dial("narrow")];
    expect([(await third.closed).code, (await second.closed).code]).toEqual([1013, 1013]);
    const [, , speaker] = open;
    if (!speaker) throw new Error("nobody is connected");
    const said = [1, 2, 3].map((number) => speaker.say(`[[say ${number}]]`));
    const ends = await Promise.all(said.map((id) => speaker.answer(id)));
    expect(ends.map(({ type, content, error }) => content ?? `${type}: ${error ?? ""}`)).toEqual(["1", "2", expect.stringMatching(/^chat\.error: .*(rate|many|fast)/i)]);
    await Promise.all(open.map((client) => client.close()));
  });
});

describe("a command", () => {
  it.each(dialed)("is taken on %s from a sender whom the server vouches for and the operator has listed, and from nobody else", async (channel) => {
    const wire = four.wires[channel];
    const listed = channel === "clawchat" ? four.servers.clawchat.reply(four.servers.clawchat.say({ text: "/status" }), 60_000).then(({ text }) => text) : wire.ask("boss", "/status");
    expect(await listed).toContain("OpenClaw");
    const asked = await wire.say("mallory", "/status");
    const mallory = wire.target("mallory").split(":").at(-1) ?? "";
    await expect.poll(() => four.logs(), soon).toContain(`${asked.messageId} of ${mallory} was not run: control_command_unauthorized`);
    expect(await wire.ask("trent", "[[say hello]]")).toBe("hello");
    expect(asked.text()).toBe("");
  });

  it("is taken on websocket from a sender whom the verifier knows and the operator has listed, and from nobody who only says so", async () => {
    const boss = await connectClient(at("locked"), { headers: { authorization: `Bearer ${tickets.boss}` } });
    const ann = await connectClient(at("locked"), { headers: { authorization: `Bearer ${tickets.ann}` } });
    const refused = { type: "chat.error", error: "Commands are for verified senders whom the operator has listed" };
    expect(await ann.answer(ann.say("/status"))).toMatchObject(refused);
    expect(await four.wires.websocket.ask("boss", "/status")).toBe(refused.error);
    expect((await boss.answer(boss.say("/status"))).content).toContain("OpenClaw");
    await Promise.all([boss.close(), ann.close()]);
  });
});

describe("openclaw security audit", () => {
  it("names what is open on each channel with a remedy, and mends with --fix what needs no question", async () => {
    await four.configure(openUp);
    for (const channel of channels) await chmod(path.join(four.layout.state, "clawwire", channel), 0o755);
    for (const channel of channels) await chmod(path.join(four.layout.state, "clawwire", channel, "default.sqlite"), 0o644).catch(() => {});
    const { stdout } = await four.cli("security", "audit", "--deep", "--fix", "--json");
    const { fix, report } = JSON.parse(stdout) as { fix: unknown; report: { findings: { checkId: string; severity: string; title: string; remediation?: string }[] } };
    const own = report.findings.filter(({ checkId }) => channels.some((channel) => checkId.startsWith(`channels.${channel}.`)));
    const found = (channel: Channel) => [...new Set(own.filter(({ checkId }) => checkId.startsWith(`channels.${channel}.`)).map(({ checkId, severity }) => `${severity} ${checkId.slice(`channels.${channel}.`.length)}`))].toSorted();
    expect(found("websocket")).toEqual(expect.arrayContaining([
      "critical open-bind", "warn anonymous-senders", "critical tools-for-everybody", "warn duplicate-account", "info local-senders", "info token-in-url", "warn loose-origin", "warn secret-in-url", "critical elevated-for-everybody", "warn readable-files",
    ]));
    expect(found("insta-claw-connector")).toEqual(expect.arrayContaining(["critical plain-link", "warn duplicate-account", "warn secret-in-url", "info plain-secret", "info detailed-log", "critical tools-for-everybody"]));
    expect(found("nc-local-im-connector")).toEqual(expect.arrayContaining(["critical plain-link", "warn duplicate-account", "warn secret-in-url", "info plain-secret", "info detailed-log"]));
    expect(found("clawchat")).toEqual(expect.arrayContaining(["warn no-login", "warn expired-login", "warn duplicate-account", "info plain-secret", "info detailed-log", "critical plain-link"]));
    // Open to this machine, or to whom the verifier knows, is not open to everybody.
    const open = own.filter(({ checkId }) => checkId === "channels.websocket.dm.open").map(({ title }) => /account: (\w+)/.exec(title)?.[1]);
    expect(open).toEqual(["optional"]);
    // Those are the host's own.
    for (const finding of own.filter(({ checkId }) => !checkId.includes(".dm."))) expect({ id: finding.checkId, remedy: finding.remediation ?? "" }).not.toEqual({ id: finding.checkId, remedy: "" });
    expect(JSON.stringify(fix)).toContain("channels.websocket.groupPolicy=open -> allowlist");
  });
});

/** Everything that an operator should not do. */
function openUp(config: Block): Block {
  const expired = `x.${Buffer.from(JSON.stringify({ exp: 1000 })).toString("base64url")}.y`;
  const someone = { userId: "usr_x", ownerUserId: "usr_y" };
  return overlay(config, {
    tools: { profile: "full", deny: [], exec: { security: "full" }, elevated: { enabled: true, allowFrom: { websocket: ["*"] } } },
    channels: {
      websocket: {
        accounts: {
          public: { host: "0.0.0.0", port: four.websocket.port + 1, auth: { enabled: false }, dmPolicy: "disabled" },
          twin: { path: "/ws/locked", auth: { enabled: true, endpoint: `${verifier.endpoint}?key=1` }, allowFrom: ["*"], allowedOrigins: ["null"] },
        },
      },
      "insta-claw-connector": {
        debug: true,
        accounts: {
          first: { allowFrom: ["*"] },
          second: {},
          far: { wsUrl: "ws://192.0.2.1:9/?token=1", allowInsecure: true, clientSecret: "plain" },
        },
      },
      "nc-local-im-connector": { debug: true, accounts: { U1: { token: "plain" }, u1: {}, far: { serverUrl: "ws://192.0.2.1:9/?token=1", allowInsecure: true } } },
      clawchat: { debug: true, accounts: { bare: {}, old: { ...someone, token: expired }, again: someone, far: { baseUrl: "http://192.0.2.1:9", allowInsecure: true } } },
    },
  });
}
