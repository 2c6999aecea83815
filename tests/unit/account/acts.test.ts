import { describe, expect, it } from "vitest";
import type { ActEvent } from "../../../src/account/agent.ts";
import { createActs } from "../../../src/account/acts.ts";
import type { Act } from "../../../src/protocols/acts.ts";
import type { Inbound } from "../../../src/protocols/inbound.ts";
import { openJournal } from "../../../src/store/journal.ts";
import { createLinkClock } from "../../support/link-clock.ts";
import { recordLog } from "../../support/recorded-log.ts";
import { createScriptedAgent } from "../../support/scripted-agent.ts";
import { plainInbound, type PlainOrigin } from "../../support/plain-protocol.ts";

const add: Act = { act: "react", emoji: "👍", isRemoval: false };
const direct = { kind: "direct", id: "ann" } as const;
const messageOf = (id: string, sender = "ann"): Inbound<PlainOrigin> => ({ ...plainInbound(id), sender: { id: sender, verified: true }, conversation: { kind: "direct", id: sender } });

function stage({ oneEmoji = false, isWaiting = false, heeds = true, wait = 0 } = {}) {
  const told: ActEvent[] = [];
  const changed: string[] = [];
  const journal = openJournal(":memory:", { remembered: 9 });
  const agent = Object.assign(createScriptedAgent(), { heeds: async () => heeds, tell: (event: ActEvent) => void told.push(event) });
  const switchboard = {
    admit: async () => {},
    cancel() {},
    isOpen: () => false,
    resume() {},
    sweep() {},
    activity: () => ({ running: 0, waiting: 0 }),
    stop: async () => {},
    spend: () => wait,
    amend: (_isMeant: unknown, content: string) => (changed.push(content), isWaiting ? ("waiting" as const) : ("over" as const)),
    withdraw: () => (changed.push("withdrawn"), isWaiting),
  };
  const acts = createActs<PlainOrigin>({ agent, journal, switchboard, oneEmoji, system: createLinkClock(), log: recordLog() });
  const does = async (act: Act, name: string, id = "ann") => (await acts.receive({ act, name, actor: { id, verified: true }, at: 5 })).is;
  return { acts, does, told, changed, journal };
}

describe("what a person does to a message", () => {
  it("WS-35 LI-30 IC-34 tells of a reaction to the agent's answer once, and of its removal once", async () => {
    const { acts, does, told } = stage();
    acts.heard(messageOf("m-1"), "m-1");
    acts.said("m-1", "resp-1", messageOf("m-1"));
    expect([await does(add, "resp-1"), await does(add, "resp-1"), await does({ ...add, isRemoval: true }, "resp-1"), await does({ ...add, isRemoval: true }, "resp-1")]).toEqual(["done", "nothing", "done", "nothing"]);
    expect(told.map(({ act, isOwn, messageId }) => [act.act, isOwn, messageId])).toEqual([["react", true, "m-1"], ["react", true, "m-1"]]);
  });

  it("WS-35 WS-36 finds the message of each of many senders who number theirs alike", async () => {
    const { acts, does } = stage();
    for (let number = 0; number < 100; number += 1) {
      acts.heard(messageOf("1", `user-${number}`), "1");
      acts.said("1", "1", messageOf("1", `user-${number}`));
    }
    expect([await does(add, "1", "user-0"), await does({ act: "edit", content: "b" }, "1", "user-0"), await does(add, "1", "somebody")]).toEqual(["done", "done", "foreign"]);
    expect(acts.find({ kind: "direct", id: "user-0" }, "1", { act: "delete" })).toMatchObject({ author: "", messageId: "1" });
  });

  it("WS-35 counts a reaction to a message that has the id of an older one", async () => {
    const { acts, does } = stage();
    for (const _day of [1, 2]) {
      acts.heard(messageOf("1"), "1");
      acts.said("1", "1", messageOf("1"));
      expect([await does(add, "1"), await does(add, "1")]).toEqual(["done", "nothing"]);
    }
  });

  it("WS-36 judges whoever edits a message once more without what he made of it before", async () => {
    const { acts, does, told } = stage();
    acts.heard(messageOf("m-1"), "m-1");
    for (const content of ["/stop", "stop it"]) await does({ act: "edit", content }, "m-1");
    expect(told.map(({ inbound }) => inbound.content)).toEqual(["", ""]);
  });

  it("CC-25 counts the emoji that replaces another one, where everybody has one", async () => {
    const { acts, does } = stage({ oneEmoji: true });
    acts.said("m-1", "m-1", messageOf("m-1"));
    expect([await does(add, "m-1"), await does({ ...add, emoji: "🚀" }, "m-1"), await does(add, "m-1"), await does({ act: "react", emoji: "", isRemoval: true }, "m-1"), await does({ ...add, isRemoval: true }, "m-1")]).toEqual(["done", "done", "done", "done", "nothing"]);
  });

  it("WS-35 hears nobody about a conversation of somebody else, about nothing, too often, or unwanted", async () => {
    const { acts, does, told } = stage();
    acts.said("m-1", "m-1", messageOf("m-1"));
    expect([await does(add, "m-1", "bob"), await does(add, "m-2")]).toEqual(["foreign", "foreign"]);
    const busy = stage({ wait: 9 });
    busy.acts.said("m-1", "m-1", messageOf("m-1"));
    const deaf = stage({ heeds: false });
    deaf.acts.said("m-1", "m-1", messageOf("m-1"));
    expect([await busy.does(add, "m-1"), await deaf.does(add, "m-1")]).toEqual(["rate_limited", "nothing"]);
    expect([told, busy.told, deaf.told]).toEqual([[], [], []]);
  });

  it("WS-36 LI-31 IC-35 lets its author alone change a message, silently while it waits", async () => {
    for (const isWaiting of [true, false]) {
      const { acts, does, told, changed } = stage({ isWaiting });
      acts.heard(messageOf("m-1"), "m-1");
      acts.said("m-1", "m-1", messageOf("m-1"));
      expect([await does({ act: "edit", content: "new" }, "m-1", "bob"), await does({ act: "delete" }, "m-1", "bob")]).toEqual(["foreign", "foreign"]);
      expect([await does({ act: "edit", content: "new" }, "m-1"), await does({ act: "edit", content: "new" }, "m-1"), await does({ act: "delete" }, "m-1"), await does({ act: "delete" }, "m-1")]).toEqual(["done", "nothing", "done", "foreign"]);
      expect(changed).toEqual(["new", "withdrawn"]);
      expect(told.map(({ act }) => act.act)).toEqual(isWaiting ? [] : ["edit", "delete"]);
    }
  });
});

describe("what the agent does to a message", () => {
  it("WS-36 is about its own in this very conversation, and a reaction about the person's first", () => {
    const { acts } = stage();
    acts.heard(messageOf("m-1"), "m-1");
    acts.said("m-1", "resp-1", messageOf("m-1"));
    acts.heard(messageOf("m-9"), "m-9");
    const find = (id: string, act: Act, to: { kind: "direct"; id: string } = direct) => acts.find(to, id, act)?.name;
    expect([find("m-1", add), find("m-1", { act: "delete" }), find("resp-1", { act: "edit", content: "x" })]).toEqual(["m-1", "resp-1", "resp-1"]);
    expect([find("m-9", { act: "delete" }), find("m-1", { act: "delete" }, { kind: "direct", id: "bob" }), find("m-7", add)]).toEqual([undefined, undefined, undefined]);
    const own = acts.find(direct, "m-1", { act: "delete" });
    if (own) acts.retract(own);
    expect(find("m-1", { act: "delete" })).toBeUndefined();
  });
});
