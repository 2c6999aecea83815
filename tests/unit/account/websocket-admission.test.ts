import { describe, expect, it } from "vitest";
import { admitConnection } from "../../../src/account/websocket/admission.ts";
import type { ResolvedAccount } from "../../../src/account/websocket/config.ts";
import { accountDefaults } from "../../support/account-config.ts";
import { silentLog } from "../../support/virtual.ts";

const listed: Partial<ResolvedAccount> = { dmPolicy: "allowlist", groupPolicy: "allowlist", allowFrom: ["bob"], groupAllowFrom: ["bob"] };

async function admit(about: Partial<ResolvedAccount>, { senderId = "ann", delegate = false, named = true } = {}) {
  const config: ResolvedAccount = { ...accountDefaults, host: "127.0.0.1", ...about };
  const facts = { query: new URLSearchParams(named ? { senderId } : {}), remoteAddress: "192.0.2.1", path: "/ws", token: { value: "t", from: "header" } } as const;
  const verify = async () => ({ ok: true, user: { userId: senderId, delegate } }) as const;
  const admitted = await admitConnection(facts, config, { verify, newId: () => "uuid", log: silentLog }, new AbortController().signal);
  return admitted.ok || admitted.code;
}

describe("who is turned away at the door", () => {
  it("is whom no list and no policy could ever admit", async () => {
    expect(await admit(listed)).toBe(4403);
    expect(await admit({ ...listed, dmPolicy: "disabled", groupPolicy: "disabled" }, { senderId: "bob" })).toBe(4403);
    expect(await admit(listed, { senderId: "bob" })).toBe(true);
    expect(await admit({ ...listed, allowFrom: [" ann "] })).toBe(true);
  });

  it.each<[string, Partial<ResolvedAccount>]>([
    ["an access group, which the host looks up, may admit", { allowFrom: ["accessGroup:staff"] }],
    ["an access group may admit to groups", { groupAllowFrom: ["accessGroup:staff"] }],
    ["a group's own list may admit", { groups: { team: { allowFrom: ["ann"] } } }],
    ["a group's own list may admit under the policy of all groups", { groupPolicy: "disabled", groups: { "*": { groupPolicy: "allowlist" }, team: { allowFrom: ["ann"] } } }],
    ["a group's own policy admits", { groups: { "*": { groupPolicy: "open" } } }],
  ])("is nobody whom %s", async (_what, about) => {
    expect(await admit({ ...listed, ...about })).toBe(true);
  });

  it("is nobody who speaks for others: each frame is judged by whom it names", async () => {
    expect(await admit({ ...listed, auth: { ...accountDefaults.auth, allowDelegation: true } }, { delegate: true })).toBe(true);
    const open = { ...listed, auth: { ...accountDefaults.auth, enabled: false } };
    expect([await admit(open, { named: false }), await admit(open)]).toEqual([true, 4403]);
  });
});
