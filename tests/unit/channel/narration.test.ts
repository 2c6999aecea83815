import { describe, expect, it } from "vitest";
import type { AccountStatus } from "../../../src/account/account.ts";
import { createNarrator, type Narration } from "../../../src/channel/narration.ts";
import { inboundOf } from "./fake-host.ts";

const says: Narration = {
  connecting: (url) => `connecting ${url}`,
  connected: (accountId, name) => `connected ${accountId} ${name ?? "-"}`,
  started: "started",
  replying: "replying",
  finished: "finished",
  idle: "idle",
  answered: (answered, received) => `${answered}/${received}`,
};

function narrate() {
  const lines: string[] = [];
  const log = { debug() {}, info: (line: string) => void lines.push(line), warn() {}, error() {} };
  return { lines, narrator: createNarrator(says, log, { accountId: "a", name: () => undefined, url: () => "ws://im/" }) };
}

describe("the log in the words of an original plugin", () => {
  it("tells how each message goes, and counts them", async () => {
    const { lines, narrator } = narrate();
    const agent = narrator.agent({
      access: () => Promise.reject(new Error("not asked")),
      mayFollow: async () => false,
      heeds: async () => false,
      tell() {},
      isControlCommand: () => false,
      async run(_turn, reply) {
        reply.started();
        return { ended: "completed" };
      },
    });
    let began = 0;
    const reply = { started: () => void (began += 1), mode() {}, activity() {}, partial() {}, thought() {}, nextMessage() {}, payload() {} };
    for (const attempt of [1, 2]) expect(await agent.run({ inbound: inboundOf(), attempt }, reply, new AbortController().signal)).toEqual({ ended: "completed" });
    expect(lines).toEqual(["started", "replying", "finished", "idle", "1/1", "started", "replying", "finished", "idle", "2/2"]);
    expect(began).toBe(2);
  });

  it("tells of a connection when something about it has changed", () => {
    const { lines, narrator } = narrate();
    const tell = (state: NonNullable<AccountStatus["link"]>["state"]) => narrator.status({ connected: state === "ready", running: 0, waiting: 0, link: { state, reason: "", attempts: 1 } });
    for (const state of ["connecting", "connecting", "handshaking", "ready", "ready", "recovering", "connecting", "ready"] as const) tell(state);
    expect(lines).toEqual(["connecting ws://im/", "connected a -", "connecting ws://im/", "connected a -"]);
  });
});
