import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DialedGateway, startDialed } from "./dialed.ts";

const channel = "insta-claw-connector";
const secret = "sec-canary-5b2e91";
const said = (user: string, text: string) => ({ user, session: user, text });
const prompt = "You answer for the harbour office.";

let gateway: DialedGateway;
beforeAll(async () => {
  gateway = await startDialed("insta-claw", {
    // The original plugin's block and variable, with a secret that the gateway has to look up.
    block: () => ({ enabled: true, clientId: "harbour", clientSecret: { source: "env", provider: "default", id: "HARBOUR_SECRET" }, systemPrompt: prompt, debug: false }),
    env: (url) => ({ HARBOUR_SECRET: secret, INSTACLAW_WS_URL: url, INSTACLAW_HEARTBEAT_INTERVAL: "10s" }),
    simulator: { accounts: { harbour: secret } },
  });
  await gateway.server.link({ account: "harbour", timeoutMs: 30_000 });
});
afterAll(() => gateway.stop());

const eventsOf = ({ frames }: { frames: readonly { check: { ok: boolean; name?: string } }[] }) => frames.map(({ check }) => check.name ?? "broken");

describe("the InstaClaw channel in a real gateway", () => {
  it("IC-20 gives a stranger the pairing text, and after approval an answer in the documented events", async () => {
    const { text } = await gateway.ask(said("ann", "hello"));
    expect(text).toContain("Your InstaClaw id: ann");
    await gateway.approve(text);
    const reply = await gateway.ask(said("ann", "[[words 40]]"));
    expect(reply.text).toMatch(/^word1 .* word40$/);
    const deltas = eventsOf(reply).filter((name) => name === "response.output_text.delta");
    expect(eventsOf(reply)).toEqual(["response.in_progress", "response.output_item.added", ...deltas, "response.content_part.done", "response.completed"]);
    expect(deltas.length).toBeGreaterThan(2);
  }, 60_000);

  it("tells the agent the operator's prompt, beside its own", async () => {
    await gateway.ask(said("ann", "[[say aye]] who are you?"));
    const asked = gateway.model.requests.find(({ prompt: { text } }) => text.includes("who are you?"));
    const body = JSON.stringify(asked?.body);
    expect(body.split(prompt)).toHaveLength(2);
    expect(body.indexOf(prompt)).toBeLessThan(body.indexOf("who are you?"));
  }, 30_000);

  it("IC-18 keeps a session for each user, and a thread for each further session of one", async () => {
    const { text } = await gateway.ask(said("ann", "[[tool session_status]]"));
    expect(text).toContain(`agent:main:${channel}:direct:ann `);
    const threaded = await gateway.ask({ user: "ann", session: "second", text: "[[tool session_status]]" });
    expect(threaded.text).toContain(`agent:main:${channel}:direct:ann:thread:second `);
  }, 60_000);

  it("IC-23 brings an answer once, after a connection that was lost while it was said", async () => {
    const { server } = gateway;
    const asked = server.say(said("ann", "[[words 60]] [[delay 50]] drop"));
    await gateway.untilSays(asked, "word3 ");
    server.drop();
    expect((await server.reply(asked, 30_000)).text).toMatch(/^word1 .* word60$/);
    await server.pause(1500);
    expect(server.replies.filter(({ messageId }) => messageId === asked)).toHaveLength(1);
    expect(gateway.timesAsked("drop")).toBe(1);
  }, 60_000);

  it("IC-29 runs a message that comes again neither while it is answered nor after", async () => {
    const { server } = gateway;
    const asked = server.say(said("ann", "[[words 20]] [[delay 20]] twice"));
    server.duplicate();
    await server.reply(asked, 30_000);
    server.redeliver(asked);
    await server.pause(1500);
    expect(gateway.timesAsked("twice")).toBe(1);
  }, 60_000);

  it("sends what the command line says to the user, and shows that it is connected", async () => {
    const [sent, status] = await Promise.all([
      gateway.cli("message", "send", "--channel", channel, "--target", "insta-claw:user:ann", "--message", "The door is open."),
      gateway.cli("channels", "status"),
    ]);
    expect(sent.code).toBe(0);
    expect(gateway.server.replies.filter(({ messageId, text }) => messageId === undefined && !text.includes("access approved"))).toMatchObject([{ account: "harbour", text: "The door is open.", end: { how: "completed" } }]);
    expect(status.stdout).toMatch(/InstaClaw default: enabled, configured, running, connected,/);
  }, 60_000);

  it("IC-23 answers a message that kill -9 cut, once, after the restart", async () => {
    const { server } = gateway;
    const asked = server.say(said("ann", "[[words 200]] [[delay 50]] cut"));
    await gateway.untilSays(asked, "word5 ");
    await gateway.kill("SIGKILL");
    await gateway.restart();
    expect((await server.reply(asked, 120_000)).text).toMatch(/^word1 .* word200$/);
    await server.pause(1500);
    expect(server.replies.filter(({ messageId, end }) => messageId === asked && end?.how === "completed")).toHaveLength(1);
  }, 240_000);

  it("has kept its secret out of log and status, and to the rules of the wire", async () => {
    const { stdout } = await gateway.cli("channels", "status", "--json");
    const logs = await gateway.logs();
    expect(stdout + logs).not.toContain(secret);
    expect(logs).toContain("environment variable INSTACLAW_HEARTBEAT_INTERVAL must be a whole number; it is ignored");
    expect(gateway.server.violations).toEqual([]);
  }, 30_000);
});
