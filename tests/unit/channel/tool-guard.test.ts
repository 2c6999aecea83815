import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { resolveRoute } from "../../../src/channel/routes.ts";
import { createOwnRuns, guardTools, readSessionKey } from "../../../src/channel/tool-guard.ts";
import { localImToolGuard } from "../../../src/channel/local-im.ts";
import { websocketToolGuard } from "../../../src/channel/websocket.ts";
import { fakeHost, group } from "./fake-host.ts";

type Hook = (event: object, context: { sessionKey?: string; runId?: string; requester?: { channel?: string } }) => Promise<{ block?: boolean } | undefined>;

function guard(channel: object, approved: string[] = []) {
  const host = fakeHost(channel);
  host.approved = approved;
  const runs = createOwnRuns();
  let hook: Hook = () => Promise.reject(new Error("no hook was registered"));
  const api = { runtime: host.runtime, on: (_name: string, handler: Hook) => void (hook = handler) } as unknown as Parameters<typeof guardTools>[0];
  guardTools(api, { ...websocketToolGuard, runs });
  return { runs, call: (context: Parameters<Hook>[1]) => hook({}, context) };
}

const sessionKey = "agent:main:websocket:direct:ann";

describe("the fence around tools", () => {
  it("blocks every tool in a turn that no message has started, for a sender who is not listed", async () => {
    const { call } = guard({});
    expect(await call({ sessionKey, runId: "r1" })).toMatchObject({ block: true });
    expect(await call({ sessionKey, runId: "r1", requester: { channel: "websocket" } })).toMatchObject({ block: true });
    expect(await call({ sessionKey })).toMatchObject({ block: true });
  });

  it("leaves the turns of messages to the tools they were given", async () => {
    const { call, runs } = guard({});
    runs.add("r1");
    expect(await call({ sessionKey, runId: "r1" })).toBeUndefined();
    runs.remove("r1");
    expect(await call({ sessionKey, runId: "r1" })).toMatchObject({ block: true });
  });

  it("does not mind other channels, other sessions and the operator", async () => {
    const { call } = guard({});
    expect(await call({ sessionKey: "agent:main:main" })).toBeUndefined();
    expect(await call({ sessionKey: "agent:main:telegram:direct:ann" })).toBeUndefined();
    expect(await call({ sessionKey, requester: { channel: "webchat" } })).toBeUndefined();
    expect(await call({})).toBeUndefined();
  });

  it.each([
    ["listed and verified", { allowFrom: ["ann"] }, [], false],
    ["approved and verified", {}, ["ann"], false],
    ["listed as everybody and verified", { allowFrom: ["*"] }, [], false],
    ["listed on this machine", { auth: { enabled: false }, allowFrom: ["ann"] }, [], false],
    ["listed, but named by itself from anywhere", { auth: { enabled: false }, host: "0.0.0.0", allowFrom: ["ann"] }, [], true],
    ["covered by * and named by itself", { auth: { enabled: false }, allowFrom: ["*"] }, [], true],
  ])("treats a sender who is %s", async (_name, channel, approved, blocked) => {
    const { call } = guard(channel, approved);
    expect((await call({ sessionKey, runId: "r1" }))?.block === true).toBe(blocked);
  });

  it("knows whose session it is from every key the channel makes", () => {
    const host = fakeHost({ accounts: { sales: {}, direct: {}, group: {} } });
    const id = fc.string({ unit: "binary", minLength: 1, maxLength: 20 });
    const account = fc.constantFrom("default", "sales", "direct", "group");
    fc.assert(
      fc.property(id, account, fc.option(id, { nil: undefined }), fc.boolean(), (peer, accountId, threadId, isGroup) => {
        const conversation = { ...(isGroup ? group(peer) : { kind: "direct" as const, id: peer }), ...(threadId !== undefined && { threadId }) };
        const { sessionKey: key } = resolveRoute(host.runtime.channel, host.cfg, host.channel, accountId, conversation);
        expect(readSessionKey(host.channel, host.cfg, key)).toEqual({ accountId, conversation: { kind: conversation.kind, id: peer } });
      }),
    );
  });
});

describe("the fence around the tools of a channel that dials", () => {
  const key = "nc-local-im-connector";
  const listed = (block: object, conversation: { scope: string; id: string }, approved: string[] = []) =>
    localImToolGuard.isListed({ channels: { [key]: block } }, { accountId: "default", conversation: { kind: "direct", ...conversation } }, approved);
  const ann = { scope: "user", id: "ann" };

  it("opens for listed and approved users of a server that is certain to be it", () => {
    expect(listed({ serverUrl: "wss://im.example", allowFrom: ["ann"] }, ann)).toBe(true);
    expect(listed({ serverUrl: "wss://im.example" }, ann, ["ann"])).toBe(true);
    expect(listed({ serverUrl: "wss://im.example", allowFrom: ["bob"] }, ann)).toBe(false);
    expect(listed({ serverUrl: "ws://192.168.1.2", allowFrom: ["ann"] }, ann)).toBe(false);
  });

  it("stays shut for a session of the server, which does not tell who writes", () => {
    expect(listed({ serverUrl: "wss://im.example", allowFrom: ["ann"] }, { scope: "conversation", id: "ann" })).toBe(false);
  });

  it("stays shut where the account is not valid", () => {
    expect(listed({ allowFrom: ["*"] }, ann)).toBe(false);
  });
});
