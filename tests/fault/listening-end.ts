import { configDefaults } from "../../generated/websocket/index.ts";
import { openWebsocketAccount } from "../../src/account/websocket/account.ts";
import { type ChaosProxy, startChaosProxy } from "../../src/testing/chaos-proxy.ts";
import { Application } from "./application.ts";
import { type FarEnd, type FarEndStage, waitFor } from "./far-end.ts";
import { startFlawedVerifier } from "./verifier.ts";

const VERIFY_MS = 300;

/** The applications that dial the plugin of the WebSocket channel, one for each user. */
export async function startListeningEnd({ plan, happened, note }: FarEndStage): Promise<FarEnd> {
  const verifier = await startFlawedVerifier(VERIFY_MS / 2);
  const users = new Map<string, Application>();
  const authors = new Map<string, string>();
  let port = 0;
  let proxy: ChaosProxy | undefined;
  let cancelDoor = (): void => {};

  const between = (): ChaosProxy => {
    if (!proxy) throw new Error("nobody listens yet");
    return proxy;
  };
  const application = (user: string): Application => {
    const known = users.get(user);
    if (known) return known;
    const made = new Application({ user, url: () => `${between().url}ws`, extended: plan.extended, happened, note });
    users.set(user, made);
    return made;
  };

  return {
    keepsAll: true,
    proves: false,
    repeatMs: 300_000,
    get proxy() {
      return between();
    },
    get links() {
      return [...users.values()].reduce((sum, { links }) => sum + links, 0);
    },
    async open(life, log) {
      const { agent, journal, system } = life;
      const limits = { ...configDefaults.limits, messagesPerMinute: 100_000, messageBurst: 100_000, deadAfterSeconds: 0.5, maxConnectionsPerSender: 100 };
      const auth = { ...configDefaults.auth, enabled: true, required: true, endpoint: verifier.endpoint, timeout: VERIFY_MS };
      // Another port in each life: the one before may be somebody else's by now.
      const account = await openWebsocketAccount({ accountId: "default", config: { ...configDefaults, host: "127.0.0.1", port: 0, auth, limits }, agent, journal, system, log, changed() {} });
      port = Number(new URL(account.url).port);
      proxy ??= await startChaosProxy({ target: () => port });
      return account;
    },
    killed(account) {
      // What `kill -9` leaves of connections is a reset; the port is free at once, and soon that of another history.
      port = 0;
      between().apply({ fault: "reset" });
      void account.stop().catch(() => {});
    },
    say(id, by) {
      authors.set(id, by);
      application(by).say(id);
    },
    duplicate() {
      const [id, by] = [...authors].at(-1) ?? [];
      if (id !== undefined && by !== undefined) application(by).repeat(id);
    },
    spoilDoor(how, forMs) {
      cancelDoor();
      verifier.fault = how;
      // Who is connected is asked for its token again.
      between().apply({ fault: "reset" });
      const timer = setTimeout(() => (verifier.fault = undefined), forMs);
      cancelDoor = () => clearTimeout(timer);
    },
    isWaiting: () => [...users.values()].some(({ isWaiting }) => isWaiting),
    async askAll(isSettled) {
      note("everything is asked again");
      for (const each of users.values()) each.repeatAll();
      await waitFor(isSettled, 10_000);
    },
    async stop() {
      cancelDoor();
      for (const each of users.values()) each.stop();
      await proxy?.stop();
      await verifier.stop();
    },
  };
}
