import { describe, expect, it } from "vitest";
import { decideAccess, isControlCommand } from "../../../src/channel/access.ts";
import { createCutSessions } from "../../../src/channel/cut-session.ts";
import { createGroupHistory } from "../../../src/channel/group-history.ts";
import { createQuestions } from "../../../src/channel/questions.ts";
import { createResumed } from "../../../src/channel/resumed.ts";
import { runTurn } from "../../../src/channel/turn.ts";
import type { Inbound } from "../../../src/protocols/inbound.ts";
import type { Said } from "../../../src/protocols/turn.ts";
import { type DispatchRequest, type FakeHost, fakeHost, group, inboundOf, noApprovals } from "./fake-host.ts";

const decide = (host: FakeHost, about: Partial<Inbound> = {}) =>
  decideAccess(inboundOf(about), { host, approvals: noApprovals, checkMedia: async () => undefined, prepareAgent: async () => ({ ok: true }) });

function talker(host: FakeHost) {
  const history = createGroupHistory();
  const payloads: Said[] = [];
  const reply = { mode() {}, started() {}, activity() {}, partial() {}, thought() {}, nextMessage() {}, payload: (payload: Said) => void payloads.push(payload) };
  const say = (about: Partial<Inbound>) =>
    runTurn({ inbound: inboundOf(about), attempt: 1 }, reply, new AbortController().signal, {
      host,
      resumed: createResumed(),
      cutSessions: createCutSessions(host),
      history,
      questions: createQuestions(),
      mediaBounds: () => ({ roots: [], maxBytes: 1 }),
      isLocal: () => false,
      running: () => undefined,
      showsThoughts: () => false,
      files: () => ({ log: host.log, maxBytes: 1 }),
    });
  return { say, payloads };
}

const from = (id: string) => ({ sender: { id, verified: true }, conversation: { kind: "direct", id } as const });
const inGroup = (id: string, room = "room") => ({ sender: { id, verified: true }, conversation: group(room) });
/** What the log says of a message that was not run. */
const reasonIn = (host: FakeHost) => /was not run: (.*)$/.exec(host.logged.at(-1) ?? "")?.[1];

const operators = { accessGroups: { ops: { type: "message.senders" as const, members: { "*": ["olga"], websocket: ["ann"], clawchat: ["usr_1"] } } } };

describe("who may talk directly", () => {
  it.each([
    // policy, allowFrom, approved, who, outcome, reason
    ["open", [], [], "ann", "admitted", undefined],
    ["pairing", [], [], "ann", "pairing", "dm_policy_pairing_required"],
    ["pairing", ["ann"], [], "ann", "admitted", undefined],
    ["pairing", [], ["ann"], "ann", "admitted", undefined],
    ["pairing", [], ["ann"], "Ann", "pairing", "dm_policy_pairing_required"],
    ["allowlist", ["ann"], [], "ann", "admitted", undefined],
    ["allowlist", ["bob"], [], "ann", "refused", "dm_policy_not_allowlisted"],
    ["allowlist", [], ["ann"], "ann", "refused", "dm_policy_not_allowlisted"],
    ["allowlist", ["*"], [], "ann", "admitted", undefined],
    ["disabled", ["ann"], ["ann"], "ann", "refused", "dm_policy_disabled"],
    ["allowlist", ["accessGroup:ops"], [], "ann", "admitted", undefined],
    ["allowlist", ["accessGroup:ops"], [], "olga", "admitted", undefined],
    ["allowlist", ["accessGroup:ops"], [], "usr_1", "refused", "dm_policy_not_allowlisted"],
    ["allowlist", ["accessGroup:nobody"], [], "ann", "refused", "access_group_missing"],
    ["pairing", ["accessGroup:ops"], [], "ann", "admitted", undefined],
  ] as const)("under %s with %j in the list and %j approved, %s is %s", async (dmPolicy, allowFrom, approved, who, outcome, reason) => {
    const host = fakeHost({ dmPolicy, allowFrom }, operators);
    host.approved = [...approved];
    const access = await decide(host, from(who));
    expect(access.admitted ? "admitted" : "pairing" in access ? "pairing" : "refused").toBe(outcome);
    expect(reasonIn(host)).toBe(reason);
  });
});

describe("who may talk in a group", () => {
  it.each([
    [{ groupPolicy: "open" }, "ann", undefined],
    [{ groupPolicy: "allowlist" }, "ann", "group_policy_empty_allowlist"],
    [{ groupPolicy: "allowlist", groupAllowFrom: ["bob"] }, "ann", "group_policy_not_allowlisted"],
    [{ groupPolicy: "allowlist", groupAllowFrom: ["ann"] }, "ann", undefined],
    [{ groupPolicy: "allowlist", groupAllowFrom: ["accessGroup:ops"] }, "ann", undefined],
    [{ groupPolicy: "allowlist", groupAllowFrom: ["accessGroup:ops"] }, "bob", "group_policy_not_allowlisted"],
    [{ groupPolicy: "disabled", groupAllowFrom: ["ann"] }, "ann", "group_policy_disabled"],
    // Who may talk directly may not therefore talk in groups.
    [{ groupPolicy: "allowlist", allowFrom: ["ann"] }, "ann", "group_policy_empty_allowlist"],
    [{ groupPolicy: "disabled", groups: { room: { groupPolicy: "open" } } }, "ann", undefined],
    [{ groupPolicy: "open", groups: { room: { groupPolicy: "disabled" } } }, "ann", "group_policy_disabled"],
    [{ groupPolicy: "open", groups: { room: { enabled: false } } }, "ann", "group_policy_disabled"],
    [{ groupPolicy: "open", groups: { "*": { enabled: false }, room: { enabled: true } } }, "ann", undefined],
    [{ groupPolicy: "allowlist", groupAllowFrom: ["ann"], groups: { room: { allowFrom: ["bob"] } } }, "ann", "group_policy_not_allowlisted"],
    [{ groupPolicy: "allowlist", groups: { room: { allowFrom: ["ann"] } } }, "ann", undefined],
    [{ groupPolicy: "allowlist", groups: { room: { allowFrom: ["*"] } } }, "ann", undefined],
  ])("with %j, %s is refused because of %s", async (block, who, reason) => {
    const host = fakeHost(block, operators);
    expect((await decide(host, inGroup(who))).admitted).toBe(reason === undefined);
    expect(reasonIn(host)).toBe(reason);
  });

  it("says why an attachment or an agent of its own was refused, and that too many wait", async () => {
    const host = fakeHost({ dmPolicy: "pairing", allowFrom: ["ann"] });
    const deps = { host, approvals: noApprovals, checkMedia: async () => "it is a directory" as string | undefined, prepareAgent: async () => ({ ok: false, error: "there are too many agents" }) as const };
    await decideAccess(inboundOf(), deps);
    expect(reasonIn(host)).toBe("attachment rejected: it is a directory");
    await decideAccess(inboundOf(), { ...deps, checkMedia: async () => undefined });
    expect(reasonIn(host)).toBe("there are too many agents");
    host.pairingCode = "";
    await decide(host, from("zoe"));
    expect(reasonIn(host)).toBe("too many wait for approval");
  });
});

describe("when the agent is spoken to in a group", () => {
  const gated = { groupPolicy: "open", requireMention: true, allowFrom: ["ann"] };

  it.each([
    ["nothing", gated, {}, false],
    ["the word of the application", gated, { mentioned: true }, true],
    ["a configured pattern", gated, { content: "@agent are you there?" }, true],
    ["a quotation of the agent", gated, { quote: { messageId: "m-1", isAgents: true } }, true],
    ["a quotation of somebody else", gated, { quote: { messageId: "m-1" } }, false],
    ["a command of a listed sender", gated, { content: "/status" }, true],
    ["the group's own setting", { ...gated, groups: { room: { requireMention: false } } }, {}, true],
    ["the setting of all groups", { ...gated, requireMention: false, groups: { "*": { requireMention: true } } }, {}, false],
  ] as const)("decides by %s", async (_why, block, about, isAnswered) => {
    const host = fakeHost(block);
    await talker(host).say({ ...inGroup("ann"), ...about });
    expect(host.dispatched).toHaveLength(isAnswered ? 1 : 0);
    if (!isAnswered) expect(reasonIn(host)).toBe("activation_skipped");
  });

  it("counts no quotation where the operator does not want it", async () => {
    const host = fakeHost({ ...gated }, { channels: { defaults: { implicitMentions: { replyToBot: false } } } });
    host.cfg = { ...host.cfg, channels: { websocket: gated, defaults: { implicitMentions: { replyToBot: false } } } };
    await talker(host).say({ ...inGroup("ann"), quote: { messageId: "m-1", isAgents: true } });
    expect(host.dispatched).toHaveLength(0);
  });

  it.each([
    ["always", gated, 1],
    ["mention", { ...gated, requireMention: false }, 0],
  ] as const)("follows /activation %s of the session over the configuration", async (groupActivation, block, dispatched) => {
    const host = fakeHost(block);
    host.session = { groupActivation };
    await talker(host).say(inGroup("ann"));
    expect(host.dispatched).toHaveLength(dispatched);
  });

  it("reads a command behind the names that mention the agent", async () => {
    const host = fakeHost(gated);
    await talker(host).say({ ...inGroup("ann"), content: "@agent @other /status now", mentioned: true });
    expect(host.dispatched[0]?.ctxPayload).toMatchObject({ message: { commandBody: "/status now", rawBody: "@agent @other /status now" } });
    expect(await decide(host, { ...inGroup("bob"), content: "@agent /status", mentioned: true })).toMatchObject({ admitted: false, code: "forbidden" });
  });

  it("reads one behind a name that the operator's patterns know, as the host does, whatever the application says of mentions", async () => {
    const host = fakeHost(gated);
    await talker(host).say({ ...inGroup("ann"), content: "@agent @other /status now" });
    expect(host.dispatched[0]?.ctxPayload).toMatchObject({ message: { commandBody: "/status now", rawBody: "@agent @other /status now" } });
    expect(await decide(host, { ...inGroup("bob"), content: "@agent /status" })).toMatchObject({ admitted: false, code: "forbidden" });
    expect(isControlCommand(host, inboundOf({ ...inGroup("ann"), content: "@agent /stop" }))).toBe(true);
    expect(isControlCommand(host, inboundOf({ ...inGroup("ann"), content: "@other /stop" }))).toBe(false);
    expect(isControlCommand(host, inboundOf({ content: "@agent /stop" }))).toBe(false);
  });

  const historyOf = (request: DispatchRequest | undefined) => (request?.ctxPayload as { message?: { inboundHistory?: object[] } } | undefined)?.message?.inboundHistory;

  it("tells the agent once, with the next message, what was said and not answered; a command does not use it up", async () => {
    const host = fakeHost(gated);
    const { say } = talker(host);
    await say({ ...inGroup("ann"), messageId: "1", content: "lunch at one?" });
    await say({ ...inGroup("bob"), messageId: "2", content: "fine" });
    await say({ ...inGroup("bob", "other"), messageId: "3", content: "elsewhere" });
    await say({ ...inGroup("ann"), messageId: "4", content: "/status" });
    await say({ ...inGroup("ann"), messageId: "5", content: "where?", mentioned: true });
    await say({ ...inGroup("ann"), messageId: "6", content: "and when?", mentioned: true });
    expect(host.dispatched.map(historyOf)).toEqual([undefined, [expect.objectContaining({ sender: "ann", body: "lunch at one?" }), expect.objectContaining({ sender: "bob", body: "fine" })], undefined]);
  });

  it.each([
    [{ historyLimit: 1 }, {}, ["b"]],
    [{ historyLimit: 0 }, {}, undefined],
    [{}, { messages: { groupChat: { historyLimit: 1 } } }, ["b"]],
  ])("keeps as much as the operator wants: %j %j", async (block, cfg, kept) => {
    const host = fakeHost({ ...gated, ...block }, cfg);
    const { say } = talker(host);
    await say({ ...inGroup("ann"), messageId: "1", content: "a" });
    await say({ ...inGroup("ann"), messageId: "2", content: "b" });
    await say({ ...inGroup("ann"), messageId: "3", content: "c", mentioned: true });
    expect(historyOf(host.dispatched[0])?.map((entry) => (entry as { body: string }).body)).toEqual(kept);
  });
});

describe("bots", () => {
  const open = { dmPolicy: "open", groupPolicy: "open", bots: ["robo"] };
  const robo = inGroup("robo");

  it("are left alone unless the operator allows them, with the reason in the log, and hear of no code and no refusal", async () => {
    for (const block of [open, { ...open, dmPolicy: "pairing" }, { ...open, groupPolicy: "disabled", allowBots: true }]) {
      const host = fakeHost(block);
      for (const about of [robo, from("robo")]) expect(await decide(host, about)).toMatchObject({ admitted: true });
      await talker(host).say(robo);
      expect(host.dispatched).toHaveLength(0);
      expect(reasonIn(host)).toBe("allowBots" in block ? "group_policy_disabled" : "bot_not_allowed");
    }
  });

  it("are known as other accounts here without being named", async () => {
    const host = fakeHost({ ...open, bots: [] });
    host.agents.add("usr_2");
    await talker(host).say(inGroup("usr_2"));
    expect(host.dispatched).toHaveLength(0);
    await talker(host).say(inGroup("usr_3"));
    expect(host.dispatched).toHaveLength(1);
    expect(host.dispatched[0]?.botLoopProtection).toBeUndefined();
  });

  it("have to mention the agent in groups under allowBots mentions", async () => {
    const host = fakeHost({ ...open, allowBots: "mentions" });
    await talker(host).say(robo);
    expect(reasonIn(host)).toBe("bot_did_not_mention");
    await talker(host).say({ ...robo, mentioned: true });
    await talker(host).say(from("robo"));
    expect(host.dispatched).toHaveLength(2);
  });

  it("are a person where a person has a part in what was said", async () => {
    const host = fakeHost(open);
    await talker(host).say({ ...robo, others: [{ id: "ann", verified: true }] });
    expect(host.dispatched).toHaveLength(1);
  });

  it("are answered under the host's bound, in the words of the account and of all channels", async () => {
    const botLoopProtection = { maxEventsPerWindow: 3 };
    const host = fakeHost({ ...open, allowBots: true, botLoopProtection });
    host.cfg = { ...host.cfg, channels: { ...host.cfg.channels, defaults: { botLoopProtection: { windowSeconds: 10 } } } };
    await talker(host).say(robo);
    expect(host.dispatched[0]).toMatchObject({
      botLoopProtection: { scopeId: "default", conversationId: "room", senderId: "robo", receiverId: "default", eventId: "app-1", config: botLoopProtection, defaultsConfig: { windowSeconds: 10 }, defaultEnabled: true },
      outboundEchoSourceId: "app-1",
    });
  });

  it("say in the log that the host has silenced them", async () => {
    const host = fakeHost({ ...open, allowBots: true });
    host.dropped = { kind: "drop", reason: "bot-loop-protection" };
    expect(await talker(host).say(robo)).toEqual({ ended: "completed" });
    expect(reasonIn(host)).toBe("bot-loop-protection");
  });
});
