import { describe, expect, it } from "vitest";
import { closeCodes } from "../../../generated/websocket/index.ts";
import { type Chat, type ConnectOptions, openChat } from "../../../src/client/chat.ts";
import { judgeEnd } from "../../../src/client/ends.ts";
import { faultOfToken } from "../../../src/client/token.ts";
import { createChatStage, offered } from "../../support/chat-stage.ts";
import { createVirtualSystem } from "../../support/virtual.ts";

const clock = createVirtualSystem();
const idle = class {
  addEventListener() {}
  send() {}
  close() {}
};
const open = (options: Partial<ConnectOptions>): Chat => openChat({ url: "ws://chat.test/ws", WebSocket: idle, ...options }, { ...clock, newId: clock.uuid });

describe("where a chat dials", () => {
  it("names its sender in the address, and keeps what stands there", async () => {
    const { peer } = await createChatStage({ url: "wss://chat.test/team/ws?tokenType=jwt#top", senderId: "ada l", senderName: "Ada" });
    expect(peer.url).toBe("wss://chat.test/team/ws?tokenType=jwt&senderId=ada+l&senderName=Ada");
  });

  it("WS-4 WS-14 is the same sender on each connection where nobody says who it is", async () => {
    const { clock, peers } = await createChatStage({ url: "ws://chat.test/ws", senderId: undefined as never });
    peers[0]?.end(1006);
    await clock.pass(2_000);
    expect(peers.map(({ url }) => url)).toEqual([expect.stringMatching(/\?senderId=client-[0-9a-f-]{36}$/), peers[0]?.url]);
  });

  it("leaves who it is to the token where there is one", async () => {
    expect((await createChatStage({ senderId: undefined as never, token: "t0k" })).peer.url).toBe("ws://chat.test/ws");
    expect((await createChatStage({ senderId: undefined as never, url: "ws://chat.test/ws?token=t0k" })).peer.url).toBe("ws://chat.test/ws?token=t0k");
  });

  it("WS-3 shows a token as a subprotocol beside its own, and offers none without one", async () => {
    expect((await createChatStage({ token: "a.b-c_d" })).peer.protocols).toEqual(["openclaw.chat.v1", "bearer.a.b-c_d"]);
    expect((await createChatStage()).peer.protocols).toEqual([]);
  });

  it.each([
    [{ url: "http://chat.test/" }, "url has to be an address such as ws://127.0.0.1:18800/ws."],
    [{ url: "chat.test" }, "url has to be an address such as ws://127.0.0.1:18800/ws."],
    [{ token: "" }, "The token has to be a text that is not empty."],
    [{ token: "abc=" }, "character 4 of it is none of"],
  ])("refuses %o at once", (options, text) => {
    expect(() => open(options)).toThrow(expect.objectContaining({ name: "ChatError", code: "bad_option", message: expect.stringContaining(text) as string }));
  });

  it("takes whatever characters a subprotocol may have, and quotes no token", () => {
    expect(faultOfToken("AZaz09!#$%&'*+-.^_`|~")).toBeUndefined();
    for (const token of ["a b", "s3cret/", "s3cret=", "s3crét", "s3cret\n", 'a"b', "a,b"]) expect(faultOfToken(token)).not.toMatch(/s3cr/);
  });
});

describe("the beginning of a connection", () => {
  it("WS-28 speaks chat.hello first, and says that it is open when it is welcome", async () => {
    const stage = await createChatStage();
    expect(stage.chat.state.kind).toBe("connecting");
    stage.peer.open();
    expect([stage.chat.state.kind, stage.peer.heard]).toEqual(["connecting", [{ type: "chat.hello", extensions: offered }]]);
    await stage.welcome();
    expect(stage.chat.state).toEqual({ kind: "open", senderId: "ada", extensions: offered });
    expect(stage.told).toEqual([["state", stage.chat.state]]);
  });

  it("goes on without extensions where a server does not know chat.hello", async () => {
    const { peer, chat, clock, told } = await createChatStage();
    peer.open();
    peer.say({ type: "chat.error", error: "Invalid message format. Expected: { type: 'chat.send', content: '...' }" });
    expect(chat.state.kind).toBe("connecting");
    await clock.pass(300);
    expect(chat.state).toEqual({ kind: "open", extensions: [] });
    expect(told.map(([name]) => name)).toEqual(["state"]);
  });

  it("goes on without extensions where a server does not even answer it", async () => {
    const { peer, chat, clock } = await createChatStage();
    peer.open();
    await clock.pass(11_999);
    expect(chat.state.kind).toBe("connecting");
    await clock.pass(1);
    expect(chat.state).toEqual({ kind: "open", extensions: [] });
  });

  it("says late what needed an extension when the welcome was late", async () => {
    const { peer, chat, clock } = await createChatStage();
    chat.join("club");
    peer.open();
    peer.say({ type: "chat.error", error: "busy" });
    await clock.pass(300);
    peer.say({ type: "chat.welcome", senderId: "ada", extensions: offered });
    expect([chat.state, peer.heard.slice(1)]).toEqual([{ kind: "open", senderId: "ada", extensions: offered }, [{ type: "chat.join", groupId: "club" }]]);
  });

  it("is given up after 15 s, and begins again", async () => {
    const { chat, clock, peers, told } = await createChatStage();
    await clock.pass(15_000);
    expect(peers[0]?.closedWith).toBe(4000);
    expect(told.at(-1)).toEqual(["state", { kind: "waiting", why: "unreachable", text: "There is no answer at ws://chat.test/ws.", until: clock.now() + 875 }]);
    peers[0]?.open();
    peers[0]?.say({ type: "chat.welcome", senderId: "ada", extensions: [] });
    expect(chat.state.kind).toBe("waiting");
    await clock.pass(875);
    expect([peers.length, chat.state.kind]).toEqual([2, "connecting"]);
  });

  it("tells what a platform has against the address, and does not say what may be secret in it", async () => {
    function refusing(): never {
      throw new Error("mixed content");
    }
    const chat = open({ url: "ws://chat.test/ws?token=s3cret", WebSocket: refusing as never });
    expect(chat.state).toMatchObject({ kind: "waiting", text: "There is no chat at ws://chat.test/ws, or no network. (mixed content)" });
  });
});

describe("the end of a connection", () => {
  const setting = { place: "ws://chat.test/ws", extensions: [], token: "none", backoff: { baseMs: 250, maxMs: 30_000 } } as const;

  it("has a meaning for each close code of the document", () => {
    const facts = { phase: "open", complaint: "", wasRefused: false } as const;
    const meant = closeCodes.map(({ code }) => [code, judgeEnd(code, "", facts, setting).why]);
    expect(Object.fromEntries(meant)).toEqual({
      1001: "restarting", 1003: "lost", 1008: "origin_refused", 1009: "too_large", 1011: "cut", 1013: "crowded",
      4400: "parameters_refused", 4401: "token_refused", 4403: "sender_refused", 4408: "silent", 4429: "cut",
    });
  });

  it.each([1008, 4400, 4401, 4403])("is one for good with %d: nothing is dialed again, and what waits fails", async (code) => {
    const { chat, clock, peer, peers } = await createChatStage({ token: "t0k" });
    const reply = chat.send("hello");
    peer.open();
    peer.end(code);
    expect(chat.state.kind).toBe("closed");
    await expect(reply.done).rejects.toMatchObject({ code: "closed", retry: "never" });
    await expect(chat.send("again").done).rejects.toMatchObject({ code: "closed", message: expect.stringContaining("The chat is closed: The server") as string });
    await clock.pass(600_000);
    expect([peers.length, clock.pendingTimers()]).toEqual([1, 0]);
  });

  it("backs off with full jitter, from a quarter of a second to half a minute, and from the beginning after a welcome", async () => {
    const { chat, clock, peers, welcome } = await createChatStage();
    const waits: number[] = [];
    const lose = async (): Promise<void> => {
      peers.at(-1)?.end(1006);
      if (chat.state.kind === "waiting") waits.push(chat.state.until - clock.now());
      await clock.pass(waits.at(-1) ?? 0);
    };
    for (let n = 0; n < 9; n += 1) await lose();
    await welcome();
    await lose();
    expect(waits).toEqual([875, 1125, 1625, 3000, 6000, 12_000, 22_000, 15_250, 15_250, 875]);
  });

  it("begins from the beginning, too, after a connection that has lasted, with a server that says nothing", async () => {
    const { chat, clock, peers } = await createChatStage();
    const waits: number[] = [];
    for (const openMs of [0, 20_000, 20_000]) {
      peers.at(-1)?.open();
      await clock.pass(openMs);
      peers.at(-1)?.end(1006);
      if (chat.state.kind === "waiting") waits.push(chat.state.until - clock.now());
      await clock.pass(waits.at(-1) ?? 0);
    }
    expect(waits).toEqual([875, 875, 875]);
  });

  it.each([
    [1013, 5_000],
    [1011, 5_000],
    [4429, 10_000],
  ])("waits after %d for %d ms at least", async (code, ms) => {
    const { chat, clock, welcome, peer } = await createChatStage();
    await welcome();
    peer.end(code);
    expect(chat.state).toMatchObject({ kind: "waiting", until: clock.now() + ms + 625 });
  });

  it("reports 1001 as a restart, and what the server has said before it closed", async () => {
    const { chat, welcome, peer } = await createChatStage();
    await welcome();
    peer.say({ type: "chat.error", error: "The disk is full", code: "not_stored" });
    peer.end(1001);
    expect(chat.state).toMatchObject({ why: "restarting", text: "The gateway stops or restarts. (The disk is full)" });
  });

  it("drops what comes of a connection that was given up", async () => {
    const { chat, clock, peers, told, welcome } = await createChatStage();
    await welcome();
    peers[0]?.end(1006);
    await clock.pass(1_000);
    await welcome();
    const before = told.length;
    peers[0]?.say({ type: "chat.response", messageId: "srv_1", content: "late", done: true });
    peers[0]?.end(4401);
    expect([told.length, chat.state.kind]).toEqual([before, "open"]);
  });

  it("dials at once when the browser is online again", async () => {
    const listeners = new Map<string, () => void>();
    Object.assign(globalThis, { addEventListener: (type: string, listener: () => void) => listeners.set(type, listener), removeEventListener: (type: string) => listeners.delete(type) });
    try {
      const { chat, peers } = await createChatStage();
      peers[0]?.end(1006);
      listeners.get("online")?.();
      expect([peers.length, chat.state]).toEqual([2, { kind: "connecting", why: "retry", text: "The network is back." }]);
      chat.close();
      expect(listeners.size).toBe(0);
    } finally {
      Object.assign(globalThis, { addEventListener: undefined, removeEventListener: undefined });
    }
  });

  it("is for good with close(), which is heard by the server, and may be called twice", async () => {
    const { chat, clock, peer, told, welcome } = await createChatStage();
    await welcome();
    const reply = chat.send("hello");
    chat.close();
    chat.close();
    expect(peer.closedWith).toBe(1000);
    await expect(reply.done).rejects.toMatchObject({ code: "closed", message: "The application has closed it." });
    expect([told.filter(([name]) => name === "state").length, clock.pendingTimers()]).toEqual([2, 0]);
  });
});

describe("a token", () => {
  const ticketed = async () => {
    let count = 0;
    return await createChatStage({ senderId: undefined as never, token: async () => `ticket-${(count += 1)}` });
  };
  const refuse = (peer: { say(frame: object): void; end(code: number): void }, why = "expired"): void => {
    peer.say({ type: "chat.error", error: `Authentication failed: ${why}` });
    peer.end(4401);
  };

  it("is asked for before each connection", async () => {
    const { clock, peers } = await ticketed();
    peers[0]?.end(1006);
    await clock.pass(1_000);
    expect(peers.map(({ protocols }) => protocols[1])).toEqual(["bearer.ticket-1", "bearer.ticket-2"]);
  });

  it("WS-37 is asked for once more, at once, when it is refused; a second refusal in a row is for good", async () => {
    const { chat, clock, peers } = await ticketed();
    peers[0]?.open();
    if (peers[0]) refuse(peers[0]);
    await clock.pass(0);
    expect([peers.length, chat.state]).toEqual([2, { kind: "connecting", why: "token_refused", text: "The server does not accept the token. (Authentication failed: expired)" }]);
    peers[1]?.open();
    if (peers[1]) refuse(peers[1]);
    expect(chat.state).toEqual({ kind: "closed", why: "token_refused", text: "The server does not accept the token. (Authentication failed: expired)" });
  });

  it("that has ended is replaced each time, and in no hurry where each ends as soon as it is let in", async () => {
    const { chat, clock, peers, welcome } = await ticketed();
    for (let round = 0; round < 3; round += 1) {
      await welcome();
      await clock.pass(60_000);
      const peer = peers.at(-1);
      if (peer) refuse(peer);
      await clock.pass(0);
      expect(chat.state.kind).toBe("connecting");
    }
    await welcome();
    const peer = peers.at(-1);
    if (peer) refuse(peer);
    expect(chat.state).toMatchObject({ kind: "waiting", why: "token_refused" });
  });

  it.each(["timeout", "service_unavailable"])("is tried again when the verifier could not be asked: %s", async (why) => {
    const { chat, peers } = await createChatStage({ token: "t0k" });
    peers[0]?.open();
    if (peers[0]) refuse(peers[0], why);
    expect(chat.state).toMatchObject({ kind: "waiting", why: "token_unavailable" });
  });

  it("is missing where the server wants one", async () => {
    const { chat, peer } = await createChatStage();
    peer.open();
    peer.end(4401);
    expect(chat.state).toEqual({ kind: "closed", why: "token_refused", text: "The server lets nobody in without a token: pass one to connect()." });
  });

  it("is waited for again when its function fails, hangs or has nothing that can be one", async () => {
    const answers: (() => string | Promise<string>)[] = [
      () => {
        throw new Error("signed out");
      },
      () => new Promise<string>(() => {}),
      () => "no good",
    ];
    const stage = await createChatStage({ token: () => answers.shift()?.() ?? "" });
    expect(stage.chat.state).toMatchObject({ kind: "waiting", why: "token_unavailable", text: "The token function failed: signed out" });
    await stage.clock.pass(1_000);
    await stage.clock.pass(30_000);
    expect(stage.chat.state).toMatchObject({ kind: "waiting", why: "token_unavailable", text: "The token function gave nothing for 30 s." });
    await stage.clock.pass(2_000);
    expect(stage.chat.state).toMatchObject({ kind: "closed", why: "token_refused", text: expect.stringContaining("character 3") as string });
    expect(stage.peers).toEqual([]);
  });

  it("WS-37 is renewed with chat.auth, and dialed with from then on", async () => {
    const { chat, clock, peers, welcome, peer } = await createChatStage({ token: "old" });
    await welcome();
    await chat.renew("new");
    expect(peer.heard.at(-1)).toEqual({ type: "chat.auth", token: "new" });
    peer.say({ type: "chat.welcome", senderId: "ada", extensions: offered });
    expect(chat.state.kind).toBe("open");
    peer.end(1006);
    await clock.pass(1_000);
    expect(peers.at(-1)?.protocols[1]).toBe("bearer.new");
    await expect(chat.renew("a=b")).rejects.toMatchObject({ code: "bad_option" });
  });
});

describe("a server that says nothing", () => {
  it("is asked for a sign of life after 30 s, and given up after 10 more", async () => {
    const { chat, clock, peer, told, welcome } = await createChatStage();
    await welcome();
    await clock.pass(30_000);
    expect(peer.heard.slice(1).map(({ type }) => type)).toEqual(["chat.cancel", "chat.directory"]);
    peer.say({ type: "chat.error", error: "chat.directory is not offered by this server", code: "unsupported" });
    expect(told.filter(([name]) => name === "fault")).toEqual([]);
    await clock.pass(30_000);
    expect(peer.heard).toHaveLength(5);
    await clock.pass(10_000);
    expect([chat.state.kind, peer.closedWith]).toEqual(["waiting", 4000]);
    expect(chat.state).toMatchObject({ why: "silent" });
  });

  it("WS-28 is left alone where it knows no extensions", async () => {
    const { chat, clock, peer } = await createChatStage();
    peer.open();
    await clock.pass(300_000);
    expect([chat.state.kind, peer.heard.length]).toEqual(["open", 1]);
  });
});
