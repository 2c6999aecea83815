import { writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DialedGateway, startDialed } from "./dialed.ts";

const soon = { timeout: 20_000, interval: 100 };
const addChannel = (...flags: string[]) => ["channels", "add", "--channel", "clawchat", ...flags];

let gateway: DialedGateway<"clawchat">;
beforeAll(async () => {
  gateway = await startDialed("clawchat", {
    block: (url) => ({ enabled: true, baseUrl: url.replace(/^ws/, "http").replace(/\/ws$/, ""), groups: { "*": { batchDelaySeconds: 1 } }, groupPolicy: "open" }),
    // What the owner is told is long enough to be looked at while it is said.
    simulator: { server: { accessTtlMs: 3_600_000 } },
  });
});
afterAll(() => gateway.stop());

const shown = () => [...gateway.server.server.view.messages.values()];
const calls = (path: string) => gateway.server.calls.filter((call) => call.path === path);
/** The agent and its owner are in the configuration, and nothing secret is. */
const identity = () => gateway.server.config["clawchat"] as { userId: string; ownerUserId: string };

describe("the ClawChat channel in a real gateway", () => {
  it("CC-1 CC-82 waits for a login and says how to get one, refuses a wrong code, and is activated by a right one without a question or a restart", async () => {
    await expect.poll(async () => (await gateway.logs()).includes("openclaw channels add --channel clawchat --code"), soon).toBe(true);
    const wrong = await gateway.cli(...addChannel("--code", "INVITE-WRONG"));
    expect(wrong.code).not.toBe(0);
    expect(wrong.stderr + wrong.stdout).toContain("fresh invite code");
    const code = gateway.server.server.invite();
    const added = await gateway.cli(...addChannel("--code", code));
    expect({ code: added.code, stderr: added.code === 0 ? "" : added.stderr }).toEqual({ code: 0, stderr: "" });
    await gateway.server.link({ timeoutMs: 30_000 });
    expect(wrong.stdout + wrong.stderr + added.stdout + added.stderr).not.toContain(code);
  }, 120_000);

  it("CC-84 greets its owner, once", async () => {
    await expect.poll(() => shown().length, soon).toBe(1);
    expect(shown()[0]).toMatchObject({ senderId: identity().userId, text: expect.stringContaining("hello") as string });
  }, 30_000);

  it("answers its owner, and a stranger after approval", async () => {
    const reply = await gateway.ask({ text: "[[words 30]]" });
    expect(reply.text).toMatch(/^word1 .* word30$/);
    const { text } = await gateway.ask({ text: "hello", user: "ann" });
    expect(text).toContain("Your ClawChat id: usr_");
    await gateway.approve(text);
    expect((await gateway.ask({ text: "[[say welcome]]", user: "ann" })).text).toBe("welcome");
  }, 60_000);

  it("CC-80 goes on when the token ends in the middle of a conversation: the user sees no gap", async () => {
    const { server } = gateway;
    const links = server.links.length;
    const asked = server.say({ text: "[[words 60]] [[delay 50]] first" });
    await expect.poll(() => gateway.timesAsked("first"), soon).toBe(1);
    server.server.expire();
    // Whatever the plugin asks of the service next is refused once.
    server.control("notify", "agent.config.changed");
    await expect.poll(() => calls("/v1/auth/refresh").length, soon).toBe(1);
    expect((await server.reply(asked, 30_000)).text).toMatch(/ word60$/);
    expect((await gateway.ask({ text: "[[say still here]]" })).text).toBe("still here");
    expect(server.links).toHaveLength(links);
    expect(shown().filter(({ text }) => text.endsWith(" word60"))).toHaveLength(1);
  }, 60_000);

  it("CC-60 answers a group together, and at once where it is mentioned", async () => {
    const { server } = gateway;
    server.say({ text: "is anybody there?", user: "ann", conversation: "team" });
    const last = server.say({ text: "[[say both of you]] me too", user: "ann", conversation: "team" });
    expect((await server.reply(last, 30_000)).text).toBe("both of you");
    expect(gateway.timesAsked("is anybody there?")).toBe(1);
    const asked = server.say({ text: "@simulator [[say at once]]", user: "ann", conversation: "team" });
    expect((await server.reply(asked, 30_000)).text).toBe("at once");
  }, 60_000);

  it("CC-28 CC-53 answers once what kill -9 cut, after the restart and still logged in", async () => {
    const { server } = gateway;
    const asked = server.say({ text: "[[words 100]] [[delay 50]] cut" });
    await expect.poll(() => gateway.timesAsked("cut"), soon).toBe(1);
    await gateway.kill("SIGKILL");
    await gateway.restart();
    expect((await server.reply(asked, 120_000)).text).toMatch(/ word100$/);
    await server.pause(1_000);
    expect(shown().filter(({ text }) => text.endsWith(" word100"))).toHaveLength(1);
  }, 240_000);

  it("CC-8 CC-79 comes back with a new token when the connection is lost after the old one has ended", async () => {
    const { server } = gateway;
    const before = await server.link();
    server.server.expire();
    server.drop();
    const asked = server.say({ text: "[[say found you]] lost" });
    await server.link({ after: before, timeoutMs: 60_000 });
    expect((await server.reply(asked, 30_000)).text).toBe("found you");
    expect(gateway.timesAsked("lost")).toBe(1);
  }, 120_000);

  it("CC-20 says to its owner what the command line says, and shows that it is connected", async () => {
    const { ownerUserId } = identity();
    const [sent, status] = [await gateway.cli("message", "send", "--channel", "clawchat", "--target", `clawchat:${ownerUserId}`, "--message", "The door is open."), await gateway.cli("channels", "status")];
    expect(sent.code, sent.stderr).toBe(0);
    await expect.poll(() => shown().filter(({ text }) => text === "The door is open.").length, soon).toBe(1);
    expect(status.stdout).toMatch(/ClawChat default: enabled, configured, (linked, )?running, connected,/);
  }, 60_000);

  it("CC-87 CC-88 brings files both ways: the agent's is uploaded, the user's is read from the media service with the token", async () => {
    const { server, layout, model } = gateway;
    const pixel = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
    await writeFile(path.join(layout.workspace, "plan.png"), pixel);
    const reply = await gateway.ask({ text: `[[media ${path.join(layout.workspace, "plan.png")}]] [[say the plan]]` });
    const sent = shown().find(({ replyTo }) => replyTo === reply.messageId);
    expect(sent?.fragments).toMatchObject([{ kind: "text" }, { kind: "image", mime: "image/png", size: pixel.length }]);
    const url = sent?.fragments.map((fragment) => (fragment as { url?: string }).url).find((each) => each !== undefined);
    await gateway.ask({ text: "", more: { fragments: [{ kind: "text", text: "[[say seen]] what is this?" }, { kind: "image", url, name: "plan.png", mime: "image/png" }] } });
    const asked = model.requests.find(({ prompt }) => prompt.text.includes("what is this?"));
    expect(JSON.stringify(asked?.body)).toContain("image");
    expect(server.violations).toEqual([]);
  }, 60_000);

  it("CC-76 drops its tokens at a logout, says so, and is the same user after it was activated again", async () => {
    const { server } = gateway;
    const { userId } = identity();
    const before = await server.link();
    expect((await gateway.cli("channels", "logout", "--channel", "clawchat")).code).toBe(0);
    await expect.poll(() => before.open, soon).toBe(false);
    const again = await gateway.cli(...addChannel("--code", server.server.invite()));
    expect(again.code).not.toBe(0);
    expect(again.stdout + again.stderr).toContain("re-pair");
    expect((await gateway.cli(...addChannel("--as", "re-pair", "--code", server.server.invite()))).code).toBe(0);
    expect((await gateway.cli("channels", "login", "--channel", "clawchat")).code).toBe(0);
    await server.link({ after: before, timeoutMs: 60_000 });
    expect(identity().userId).toBe(userId);
    expect((await gateway.ask({ text: "[[say here again]]" })).text).toBe("here again");
  }, 120_000);

  it("CC-90 has shown no token and no code, and kept to the rules of the wire", async () => {
    const { stdout } = await gateway.cli("channels", "status", "--json");
    const logs = await gateway.logs();
    for (const secret of gateway.server.server.secrets) expect(stdout + logs).not.toContain(secret);
    expect(gateway.server.violations).toEqual([]);
  }, 30_000);
});
