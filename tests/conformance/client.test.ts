import { afterEach, describe, expect, it } from "vitest";
import { type Chat, connect, type ConnectOptions, type State } from "../../src/client/index.ts";
import { createScriptedAgent } from "../support/scripted-agent.ts";
import { startStrictVerifier } from "../support/hostile-stage.ts";
import { startAccount } from "./account.ts";

const stops: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

const backoff = { baseMs: 10, maxMs: 100 };

function open(url: string, options: Partial<ConnectOptions> = {}): { chat: Chat; states: State[] } {
  const chat = connect({ url, senderId: "ada", backoff, ...options });
  stops.push(() => chat.close());
  const states: State[] = [];
  chat.on("state", (state) => void states.push(state));
  return { chat, states };
}

async function start(...options: Parameters<typeof startAccount>): ReturnType<typeof startAccount> {
  const account = await startAccount(...options);
  stops.push(() => account.stop());
  return account;
}

describe("the client at the channel", () => {
  it("WS-12 WS-19 has forty messages at once answered, however few the channel takes at a time", { timeout: 60_000 }, async () => {
    const account = await start({ limits: { messagesPerMinute: 6_000, messageBurst: 5, queuedPerSession: 4 } });
    const { chat, states } = open(account.url);
    const replies = Array.from({ length: 40 }, (_, index) => chat.send(`question ${index}`).done);
    expect((await Promise.all(replies)).map(({ text }) => text)).toEqual(Array.from({ length: 40 }, (_, index) => `You said: question ${index}`));
    expect(states.map(({ kind }) => kind)).toEqual(["open"]);
  });

  it("WS-29 stops a turn, whose answer is what was said so far", async () => {
    const agent = createScriptedAgent();
    const account = await start({}, agent);
    const { chat } = open(account.url);
    const reply = chat.send("a story");
    await expect.poll(() => agent.running.length).toBe(1);
    agent.running[0]?.reply.partial("Once upon");
    await expect.poll(() => reply.text).toBe("Once upon");
    reply.abort();
    await expect(reply.done).resolves.toMatchObject({ text: "Once upon" });
  });

  it("WS-24 WS-35 WS-36 shares a group: posts, answers, edits and reactions", async () => {
    const account = await start();
    const [ada, ben] = [open(account.url).chat, open(account.url, { senderId: "ben", senderName: "Ben" }).chat];
    const heard: unknown[] = [];
    ada.on("message", ({ from, fromName, text, group }) => void heard.push([from, fromName, text, group]));
    ada.on("edited", ({ messageId, content, senderId }) => void heard.push([messageId, content, senderId]));
    ada.on("reaction", ({ messageId, emoji, senderId }) => void heard.push([messageId, emoji, senderId]));
    ada.join("club");
    await ada.send("hello").done;
    await ben.send("Shall we?", { group: "club", messageId: "b1" }).done;
    ben.edit("b1", "Shall we read?");
    ben.react("b1", "👍");
    await expect.poll(() => heard).toEqual([
      ["ben", "Ben", "Shall we?", "club"],
      ["agent", undefined, "You said: Shall we?", "club"],
      ["b1", "Shall we read?", "ben"],
      ["b1", "👍", "ben"],
    ]);
  });

  it("WS-3 WS-37 gets in with a ticket for each connection, and stays with another token", async () => {
    const verifier = await startStrictVerifier();
    stops.push(() => verifier.stop());
    const account = await start({ auth: { enabled: true, required: true, endpoint: verifier.endpoint } });
    let tickets = 0;
    const { chat, states } = open(account.url, { token: () => `once-ada.${(tickets += 1)}`, senderId: undefined as never });
    expect((await chat.send("hello").done).text).toBe("You said: hello");
    await chat.renew("ada.2");
    await expect.poll(() => states.map((state) => (state.kind === "open" ? state.senderId : state.kind))).toEqual(["ada", "ada"]);
    expect([tickets, verifier.asked.map(({ token }) => token)]).toEqual([1, ["once-ada.1", "ada.2"]]);
  });

  it("WS-3 ends for good with a token that is refused, and what waits fails with the reason", async () => {
    const verifier = await startStrictVerifier();
    stops.push(() => verifier.stop());
    const account = await start({ auth: { enabled: true, required: true, endpoint: verifier.endpoint } });
    const { chat, states } = open(account.url, { token: "nobody" });
    await expect(chat.send("hello").done).rejects.toMatchObject({ code: "closed", message: "The server does not accept the token. (Authentication failed: unknown)" });
    expect(states).toEqual([{ kind: "closed", why: "token_refused", text: "The server does not accept the token. (Authentication failed: unknown)" }]);
  });

  it("WS-4 WS-14 says that nobody knows where it comes back as somebody else", async () => {
    const verifier = await startStrictVerifier();
    stops.push(() => verifier.stop());
    const agent = createScriptedAgent();
    const account = await startAccount({ auth: { enabled: true, required: false, endpoint: verifier.endpoint } }, agent);
    const { chat } = open(account.url);
    const reply = chat.send("hello");
    await expect.poll(() => agent.running.length).toBe(1);
    await account.stop();
    // Nobody vouches for it, so each connection is another `anon-…`.
    await start({ port: Number(new URL(account.url).port), auth: { enabled: true, required: false, endpoint: verifier.endpoint } });
    await expect(reply.done).rejects.toMatchObject({ code: "unknown_outcome" });
  });

  it("works with an account that greets, and with one that says each part alone", async () => {
    const account = await start({ greeting: true, streamMode: "delta" });
    const { chat } = open(account.url);
    const faults: unknown[] = [];
    chat.on("fault", (fault) => void faults.push(fault));
    let text = "";
    for await (const part of chat.send("hello")) text = part.text;
    expect([text, faults]).toEqual(["You said: hello", []]);
  });
});
