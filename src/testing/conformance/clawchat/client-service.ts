import { type Check, expectThat, Unseen } from "../check.ts";
import { addressed, calledAfter, group, isRefresh, rested, type Tested } from "./client-stage.ts";

const paths = { groups: "group-settings", conversation: "/conversations/" };

/** Lets the group answer or not, and waits until the client has asked for it. */
async function setGroup(subject: Tested, muted: boolean): Promise<void> {
  const { signals, world } = subject.simulator.server;
  const calls = await calledAfter(subject, paths.groups, () => signals.setGroups([{ conversation_id: world.group(group).id, muted, reply_mode: "all", batch_delay_seconds: 0 }]));
  if (calls.length === 0) throw new Unseen("the client did not ask for the settings of its groups; see CC-64");
}

/** A conversation of which the client shows something, and about which it can be told. */
async function lookedAt(subject: Tested, scope: readonly string[]): Promise<ReturnType<typeof calledAfter>> {
  const { signals, world } = subject.simulator.server;
  const messageId = await addressed(subject);
  await subject.reply(messageId);
  return calledAfter(subject, paths.conversation, () => signals.metadata(scope, undefined, world.group(group)));
}

/** What a client asks the service beside the connection. */
export const service: readonly Check<Tested>[] = [
  {
    rules: ["CC-64", "CC-89"],
    title: "asks for the settings of its groups once, however often it is told that they have changed",
    async run(subject) {
      const { simulator } = subject;
      const { agents } = simulator.server.world;
      const calls = await calledAfter(subject, paths.groups, () => {
        simulator.control("notify", "agent.config.changed");
        simulator.redeliver(`notify:agent.config.changed:${agents[0]?.agentId ?? ""}`);
      });
      expectThat(calls.length === 1, "one call for one event_id", () => `${calls.length}`);
    },
  },
  {
    rules: ["CC-63"],
    title: "looks again at what has changed of a conversation",
    async run(subject) {
      const calls = await lookedAt(subject, ["title"]);
      expectThat(calls.length > 0, "a call for the conversation", () => "none");
    },
  },
  {
    rules: ["CC-59"],
    title: "does not answer in a group that is muted",
    async run(subject) {
      await setGroup(subject, false);
      if (!(await subject.reply(await addressed(subject)))) throw new Unseen("needs an account that answers in groups");
      await setGroup(subject, true);
      const messageId = await addressed(subject);
      await subject.simulator.pause(2000);
      const answer = subject.simulator.replies.find((reply) => reply.messageId === messageId);
      await setGroup(subject, false);
      expectThat(answer === undefined, "no answer", () => answer?.text ?? "");
    },
  },
  {
    rules: ["CC-73"],
    title: "does not refresh twice within 30 seconds",
    async run(subject) {
      const { simulator } = subject;
      const again = async (): Promise<void> => {
        simulator.control("hello-fail");
        await subject.dropped();
      };
      // One whose refresh goes wrong does not come back, and has shown what it does.
      await again().then(again).catch((cause: unknown) => {
        if (!(cause instanceof Unseen)) throw cause;
      });
      const times = simulator.calls.filter(isRefresh).map(({ at }) => at);
      if (times.length === 0) throw new Unseen("no refresh was seen");
      const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
      expectThat(gaps.every((ms) => ms >= 29_500), "30 seconds between two calls", () => `${Math.min(...gaps)} ms`);
    },
  },
  {
    rules: ["CC-80"],
    title: "refreshes once after HTTP 401, repeats the call once, and keeps the connection",
    async run(subject) {
      const { simulator } = subject;
      const link = await subject.link();
      await rested(subject);
      const before = simulator.calls.length;
      simulator.control("expire");
      const statuses = (await lookedAt(subject, ["title"])).map(({ status }) => status);
      const refreshes = simulator.calls.slice(before).filter(isRefresh).length;
      if (refreshes === 0 && !statuses.includes(401)) throw new Unseen("no call was made that the service could refuse");
      const refused = simulator.calls.slice(before).filter(({ status, path }) => status === 401 && !path.endsWith("/auth/refresh"));
      const repeats = refused.map(({ path }) => simulator.calls.slice(before).filter((call) => call.path === path && call.status === 401).length);
      expectThat(refreshes === 1 && repeats.every((times) => times === 1) && link.open, "one refresh, one repeat, and the same connection", () => `${refreshes} refreshes, ${Math.max(0, ...repeats)} refused calls of one address${link.open ? "" : ", and a new connection"}`);
    },
  },
];
