import { expect, it } from "vitest";
import { clawchatRules, ownedBy, type ResolvedClawchatAccount } from "../../../src/channel/clawchat-account.ts";
import type { ChannelKind } from "../../../src/channel/gateway.ts";
import { createHostAccount, followConfig } from "../../../src/channel/host-account.ts";
import { createLiveAccounts } from "../../../src/channel/running.ts";
import { createVirtualSystem } from "../../support/virtual.ts";

it("CC-84 knows the owner whom a login names before the configuration does, and forgets it with the login", () => {
  const live = createLiveAccounts();
  const cfg = { channels: { clawchat: { baseUrl: "https://chat.example" } } };
  const kind = { names: {}, rules: clawchatRules, live, ownedBy, runtime: () => ({ config: { current: () => cfg } }), environment: () => ({}) } as unknown as ChannelKind<ResolvedClawchatAccount>;
  const host = createHostAccount({ accountId: "default" } as never, kind);
  const listed = () => host.account().config?.allowFrom;
  expect(listed()).toEqual([]);
  const account: { owner: string | undefined } = { owner: "usr_own" };
  live.add("default", { account } as never);
  expect(listed()).toEqual(["usr_own"]);
  expect(host.account()).toBe(host.account());
  account.owner = undefined;
  expect(listed()).toEqual([]);
});

it("hands over an edit that came while the account was being opened, and each later one once", async () => {
  const system = createVirtualSystem();
  const accountOf = (config: string) => ({ accountId: "a", enabled: true, configured: true, warnings: [], config });
  let current = accountOf("before");
  const started = current;
  current = accountOf("meanwhile");
  const handed: string[] = [];
  const cancel = followConfig({ system, account: () => current }, started, (config) => void handed.push(config));
  await system.pass(5000);
  current = accountOf("later");
  await system.pass(5000);
  cancel();
  expect(handed).toEqual(["meanwhile", "later"]);
  expect(system.pendingTimers()).toBe(0);
});
