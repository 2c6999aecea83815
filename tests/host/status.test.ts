import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Channel, channels, type FourChannels, startFour } from "./four.ts";

/** What the host shows of an account, and what ours adds to it. */
interface Shown {
  accountId: string;
  connected?: boolean;
  lifecycle?: string;
  lastInboundAt?: number | null;
  lastOutboundAt?: number | null;
  lastTransportActivityAt?: number | null;
  reconnectAttempts?: number;
  lastDisconnect?: { at: number; error?: string; status?: number } | null;
  lastError?: string | null;
  fault?: string | null;
  takeovers?: number;
  connections?: number;
  senders?: number;
  tokenSource?: string;
  tokenStatus?: string;
  probe?: { ok: boolean; elapsedMs: number; roundTripMs?: number; checked: string[]; error?: string; fault?: string; fix?: string };
}

interface Answer {
  channelAccounts: Record<string, Shown[]>;
  statusIssues?: { channel: string; accountId: string; kind: string; message: string; fix?: string }[];
}

const dialed = ["insta-claw-connector", "nc-local-im-connector", "clawchat"] as const;
let four: FourChannels;

beforeAll(async () => {
  four = await startFour({ config: { logging: { audit: { messages: "all" } } } });
  await Promise.all(channels.map((channel) => four.wires[channel].ask("ann", "hello")));
});
afterAll(() => four?.stop());

async function status(...flags: string[]): Promise<Answer> {
  const { stdout } = await four.cli("channels", "status", "--json", ...flags);
  return JSON.parse(stdout) as Answer;
}

function shown({ channelAccounts }: Answer, channel: Channel): Shown {
  const [account] = channelAccounts[channel] ?? [];
  if (!account) throw new Error(`${channel} is not in the status`);
  return account;
}

const serverOf = (channel: (typeof dialed)[number]) => ({ "insta-claw-connector": four.servers["insta-claw"], "nc-local-im-connector": four.servers["local-im"], clawchat: four.servers.clawchat })[channel];

describe("the status of the four channels", () => {
  let answer: Answer;
  let lines: string;
  beforeAll(async () => {
    const [json, plain] = await Promise.all([status("--probe"), four.cli("channels", "status", "--probe")]);
    answer = json;
    lines = plain.stdout;
  });

  it.each(channels)("shows lifecycle, activity and reconnects of %s", (channel) => {
    const account = shown(answer, channel);
    expect(account).toMatchObject({ connected: true, lifecycle: "ready", fault: null });
    for (const at of [account.lastInboundAt, account.lastOutboundAt, account.lastTransportActivityAt]) expect(at).toBeGreaterThan(1_700_000_000_000);
    if (channel === "websocket") expect(account).toMatchObject({ connections: 1, senders: 1 });
    else expect(account).toMatchObject({ reconnectAttempts: 0, takeovers: 0 });
  });

  it.each(["insta-claw-connector", "clawchat"] as const)("shows where %s has its credentials from, and not the credentials", (channel) => {
    expect(shown(answer, channel)).toMatchObject({ tokenSource: "config", tokenStatus: "available" });
  });

  it.each(channels)("probes %s by a round trip that leaves nothing behind", async (channel) => {
    const { probe } = shown(answer, channel);
    expect(probe, JSON.stringify(probe)).toMatchObject({ ok: true, checked: expect.arrayContaining(["round trip"]) as string[] });
    expect(probe?.roundTripMs).toBeGreaterThanOrEqual(0);
    expect(lines).toMatch(new RegExp(`${{ websocket: "WebSocket", "insta-claw-connector": "InstaClaw", "nc-local-im-connector": "Local IM", clawchat: "ClawChat" }[channel]} .*works`));
    if (channel === "clawchat") expect(probe?.checked[0]).toMatch(/^logged in as usr_/);
    const after = shown(await status(), channel);
    expect(after).toMatchObject({ connected: true, ...(channel === "websocket" ? { connections: 1, senders: 1 } : { takeovers: 0 }) });
    // The link that was there is still there: one socket was opened in all.
    if (channel !== "websocket") expect(serverOf(channel).links).toHaveLength(1);
  });

  it.each(channels)("describes the capabilities of %s from beside the gateway, without a link of its own", async (channel) => {
    const { stdout } = await four.cli("channels", "capabilities", "--channel", channel);
    expect(stdout).toMatch(/Probe: ok \(\d+ ms round trip/);
    expect(stdout).toContain("Address: ws://127.0.0.1:");
    expect(stdout).toMatch(channel === "websocket" ? /Connections: 1, senders: 1/ : /Server: /);
    if (channel !== "websocket") expect(serverOf(channel).links).toHaveLength(1);
  });

  it.each(channels)("shows the log of %s, tagged with the account", async (channel) => {
    const { stdout } = await four.cli("channels", "logs", "--channel", channel);
    expect(stdout).toMatch(channel === "websocket" ? /\[default\] listening on/ : /\[(InstaClawConnector|\w+)\].*connected/);
  });
});

describe("the host's audit of the four channels", () => {
  it.each(channels)("has a record of what came on %s and how it ended, without its text", async (channel) => {
    const { stdout } = await four.cli("audit", "--kind", "message", "--channel", channel, "--json");
    expect(stdout).toMatch(/"action": "message\.inbound\.processed"[^]*"status": "succeeded"/);
    expect(stdout).not.toContain("hello");
  });
});

describe("the host's measurements", () => {
  it("count what came on each channel and what went out, by its name and without its text", async () => {
    const { stdout } = await four.cli("gateway", "stability", "--json", "--limit", "1000");
    const { events } = JSON.parse(stdout) as { events: { type: string; channel?: string }[] };
    const typesOf = (name: string) => new Set(events.filter(({ channel }) => channel === name).map(({ type }) => type));
    for (const channel of channels) expect([...typesOf(channel)], channel).toEqual(expect.arrayContaining(["message.received", "message.processed"]));
    expect(stdout).not.toContain("hello");
  });
});

describe("trouble that an operator can see", () => {
  it.each(dialed)("tells a silent server of %s by the probe, within the time that was given", async (channel) => {
    const server = serverOf(channel);
    server.stall();
    const { probe } = shown(await status("--probe", "--timeout", "4000", "--channel", channel), channel);
    server.go();
    expect(probe).toMatchObject({ ok: false, fault: "silent", error: expect.stringContaining("answered no ping") as string, fix: expect.any(String) as string });
    expect(probe?.elapsedMs).toBeLessThan(4000);
  });

  it("names the fault of a server that refuses the credentials, with a remedy, and does not knock before its time", async () => {
    const server = four.servers["insta-claw"];
    server.refuse(401, 100);
    server.drop();
    const channel = "insta-claw-connector";
    await expect.poll(async () => (await status("--channel", channel)).statusIssues, { timeout: 60_000 }).toContainEqual(expect.objectContaining({ channel, kind: "auth", fix: expect.stringContaining("credentials") as string }));
    const refused = server.refusals.length;
    const answer = await status("--probe", "--channel", channel, "--timeout", "3000");
    expect(shown(answer, channel)).toMatchObject({
      connected: false,
      lifecycle: "recovering",
      fault: "credentials",
      lastDisconnect: { status: 401 },
      probe: { ok: false, fault: "credentials", error: expect.stringContaining("HTTP 401") as string },
    });
    expect(server.refusals.length - refused).toBeLessThanOrEqual(1);
  });

  it("names two gateways that push each other out of one account, where the wire has a word for it", async () => {
    const [clawchat, im] = [four.servers.clawchat, four.servers["local-im"]];
    for (let times = 1; times <= 3; times += 1) {
      const before = clawchat.links.length;
      clawchat.close(4001, "Taken over");
      // The floor of the wire lies between two of them.
      await expect.poll(() => clawchat.links.length, { timeout: 30_000 }).toBeGreaterThan(before);
    }
    im.close(4409, "Replaced by another connection");
    const takenOver = { kind: "config", fix: expect.stringContaining("in one place only") as string };
    await expect.poll(async () => (await status()).statusIssues, { timeout: 30_000 }).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ ...takenOver, channel: "clawchat", message: expect.stringContaining("pushed out 3 times") as string }),
        expect.objectContaining({ ...takenOver, channel: "nc-local-im-connector", message: expect.stringContaining("4409") as string }),
      ]),
    );
  });

  it("tells a blocked account apart from one that recovers, and readiness, health and status agree on it", async () => {
    const channel = "insta-claw-connector";
    const ready = () => fetch(`${four.gatewayUrl}/readyz`);
    expect((await ready()).status).toBe(200);
    four.servers["insta-claw"].refuse(401, 100);
    await four.configure((config) => {
      const blocks = config["channels"] as Record<string, object>;
      return { ...config, channels: { ...blocks, [channel]: { ...blocks[channel], reconnect: { maxAttempts: 1 } } } };
    });
    await expect.poll(async () => (await ready()).status, { timeout: 60_000 }).toBe(503);
    const { failing } = (await (await ready()).json()) as { failing?: string[] };
    expect(failing?.join(" ")).toContain(channel);
    const [answer, health, logs] = await Promise.all([status("--channel", channel), four.cli("health", "--json"), four.logs()]);
    expect(shown(answer, channel)).toMatchObject({ lifecycle: "blocked", connected: false, fault: "credentials", lastError: expect.stringContaining("attempt 1 of 1") as string });
    const { channels: found } = JSON.parse(health.stdout) as { channels: Record<string, { lifecycle?: string; healthState?: string }> };
    expect(found[channel]).toMatchObject({ lifecycle: "blocked" });
    expect(found["clawchat"]).toMatchObject({ lifecycle: "ready" });
    expect(logs).not.toContain("health-monitor: restarting");
  });
});
