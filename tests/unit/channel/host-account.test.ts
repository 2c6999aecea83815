import { expect, it } from "vitest";
import { clawchatRules, ownedBy, type ResolvedClawchatAccount } from "../../../src/channel/clawchat-account.ts";
import type { ChannelKind } from "../../../src/channel/gateway.ts";
import { createHostAccount } from "../../../src/channel/host-account.ts";
import { createLiveAccounts } from "../../../src/channel/running.ts";

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
