import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { configSecrets as clawchatSecrets } from "../../../generated/clawchat/config.ts";
import { configSecrets as instaClawSecrets } from "../../../generated/insta-claw/config.ts";
import { configSecrets as localImSecrets } from "../../../generated/local-im/config.ts";
import { clawchatChannel } from "../../../src/channel/clawchat.ts";
import { instaClawChannel } from "../../../src/channel/insta-claw.ts";
import { localImChannel } from "../../../src/channel/local-im.ts";
import * as clawchatContract from "../../../src/plugins/clawchat/secret-contract-api.ts";
import * as instaClawContract from "../../../src/plugins/insta-claw/secret-contract-api.ts";
import * as localImContract from "../../../src/plugins/local-im/secret-contract-api.ts";
import { resolveAccount } from "../../../src/channel/accounts.ts";
import { instaClawRules } from "../../../src/channel/insta-claw-account.ts";
import { localImRules } from "../../../src/channel/local-im-account.ts";
import { websocketRules } from "../../../src/channel/websocket-account.ts";
import { probeVerifier } from "../../../src/channel/verifier-probe.ts";
import { system } from "../../../src/core/system.ts";

let folder: string;
beforeEach(() => void (folder = mkdtempSync(path.join(tmpdir(), "clawwire-secret-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, text: string) => {
  const file = path.join(folder, name);
  writeFileSync(file, text, { mode: 0o600 });
  return file;
};
const im = (block: object, accountId = "a") => resolveAccount(localImRules, { channels: { "nc-local-im-connector": { serverUrl: "ws://127.0.0.1:1", ...block } } }, accountId, {});
const insta = (block: object) => resolveAccount(instaClawRules, { channels: { "insta-claw-connector": { clientId: "id", ...block } } }, "default", {});
const tokenOf = (account: ReturnType<typeof im>) => account.config?.token?.reveal();

describe("a file that holds a secret", () => {
  it("gives the account its secret, without the end of the line, and wins over the field itself", () => {
    const file = write("token", "canary-1\n");
    expect(tokenOf(im({ accounts: { a: { tokenFile: file, token: "other" } } }))).toBe("canary-1");
    expect(insta({ clientSecretFile: file, appSecret: "other" }).config?.clientSecret.reveal()).toBe("canary-1");
  });

  it("is what the host is told the secret comes from, whatever stands beside it", () => {
    const file = write("token", "canary-1");
    const credential = (block: object, environment = {}) => resolveAccount(localImRules, { channels: { "nc-local-im-connector": { serverUrl: "ws://127.0.0.1:1", ...block } } }, "default", environment).credential;
    expect(credential({ tokenFile: file })).toEqual({ tokenSource: "tokenFile", tokenStatus: "available" });
    expect(credential({ tokenFile: file, token: "other" }, { LOCAL_IM_TOKEN: "third" })).toEqual({ tokenSource: "tokenFile", tokenStatus: "available" });
    expect(credential({ tokenFile: path.join(folder, "nothing"), token: "other" })).toEqual({ tokenSource: "tokenFile", tokenStatus: "configured_unavailable" });
    expect(insta({ clientSecretFile: file }).credential).toEqual({ tokenSource: "tokenFile", tokenStatus: "available" });
  });

  it("is inherited, and the nearer secret counts whichever form it has", () => {
    const [root, own] = [write("root", "canary-root"), write("own", "canary-own")];
    const account = (block: object) => tokenOf(im({ tokenFile: root, accounts: { a: block } }));
    expect([account({}), account({ token: "own-text" }), account({ tokenFile: own })]).toEqual(["canary-root", "own-text", "canary-own"]);
    expect(tokenOf(im({ token: "root-text", accounts: { a: { tokenFile: own } } }))).toBe("canary-own");
  });

  it.each([
    ["is not there", () => path.join(folder, "nothing"), "there is no such file"],
    ["is empty", () => write("empty", "\n"), "it is empty, or its path is not usable"],
    ["is a directory", () => folder, "it is no regular file"],
    ["is too large", () => write("large", "x".repeat(20_000)), "it is too large for a secret"],
    ["is a symbolic link", () => link(write("real", "canary-2")), "it is a symbolic link, which could lead anywhere"],
  ])("keeps the account down where it %s, says why, and the token beside it is not used instead", (_what, make, why) => {
    const account = im({ accounts: { a: { tokenFile: make(), token: "other" } } });
    expect(account).toMatchObject({ configured: true, problem: `channels.nc-local-im-connector.accounts.a: tokenFile: ${why}` });
    expect(account.config?.token).toBeUndefined();
    expect(JSON.stringify(account)).not.toContain("canary");
  });

  it("is judged like the field itself: what is no header value is refused and not repeated", () => {
    const account = im({ accounts: { a: { tokenFile: write("words", "canary with words") } } });
    expect(account).toMatchObject({ configured: false, problem: expect.stringContaining("token") as string });
    expect(account.problem).not.toContain("canary");
  });
});

describe("a field that may be a SecretRef", () => {
  it.each([
    ["insta-claw-connector", instaClawChannel, instaClawContract, instaClawSecrets],
    ["nc-local-im-connector", localImChannel, localImContract, localImSecrets],
    ["clawchat", clawchatChannel, clawchatContract, clawchatSecrets],
  ] as const)("is looked up by the host for %s, and starts an account that has waited for it", (id, { reload }, { secretTargetRegistryEntries }, secretFields) => {
    const paths = secretTargetRegistryEntries.map(({ pathPattern }) => pathPattern);
    for (const field of secretFields) expect(paths).toEqual(expect.arrayContaining([`channels.${id}.${field}`, `channels.${id}.accounts.*.${field}`]));
    expect((reload?.noopPrefixes ?? []).filter((prefix) => paths.includes(prefix))).toEqual([]);
  });
});

describe("a login of clawchat that the host looks up", () => {
  const ref = (id: string) => ({ source: "env", provider: "default", id });
  /** Where something is looked up, and which account stays down where nothing is found. */
  const lookedUp = (channels: Record<string, unknown>) => {
    const context = { sourceConfig: { channels }, env: {}, cache: {}, warnings: [], warningKeys: new Set(), assignments: [] as { path: string; ownerId: string }[] };
    clawchatContract.collectRuntimeConfigAssignments({ config: { channels }, context: context as never });
    return context.assignments.map((assignment) => [assignment.path, assignment.ownerId]);
  };

  it("is found under the older key as well, unless that block is ignored", () => {
    const older = "clawchat-plugin-openclaw";
    const block = { token: ref("A"), accounts: { default: {}, work: { token: ref("B") } } };
    expect(lookedUp({ [older]: block })).toEqual([
      [`channels.${older}.token`, `${older}:default`],
      [`channels.${older}.accounts.work.token`, `${older}:work`],
    ]);
    expect(lookedUp({ [older]: block, clawchat: { refreshToken: ref("C") } })).toEqual([["channels.clawchat.refreshToken", "clawchat:default"]]);
    expect(clawchatContract.secretTargetRegistryEntries.map(({ pathPattern }) => pathPattern)).toEqual(expect.arrayContaining([`channels.${older}.token`, `channels.${older}.accounts.*.refreshToken`]));
  });

  it("keeps down the one account that uses it: a login at the root is of the default account alone", () => {
    expect(lookedUp({ clawchat: { token: ref("A"), accounts: { default: {}, work: {} } } })).toEqual([["channels.clawchat.token", "clawchat:default"]]);
    expect(lookedUp({ clawchat: { token: ref("A"), accounts: { work: {} } } })).toEqual([]);
    expect(lookedUp({ clawchat: { token: ref("A") } })).toEqual([["channels.clawchat.token", "clawchat:default"]]);
    expect(lookedUp({ clawchat: { enabled: false, token: ref("A") } })).toEqual([]);
  });
});

describe("an address with credentials", () => {
  it("is refused for the verifier, which could not be asked, and is quoted nowhere", async () => {
    const endpoint = "http://operator:canary-3@127.0.0.1:1/verify?key=canary-4";
    const { problem } = resolveAccount(websocketRules, { channels: { websocket: { auth: { endpoint } } } }, "default", {});
    expect(problem).toBe("channels.websocket.auth.endpoint: must not hold a user name or password");
    expect(await probeVerifier({ endpoint, timeoutMs: 1000 }, system)).toEqual({ ok: false, why: "no request can be made to this address" });
  });

  it("is not shown in an error of the configuration", () => {
    const { problem } = resolveAccount(websocketRules, { channels: { websocket: { auth: { endpoint: "http://operator:canary-5@exa mple/?key=canary-6" } } } }, "default", {});
    expect(problem).toMatch(/^channels\.websocket\.auth\.endpoint: expected .*, got a string/);
    expect(problem).not.toMatch(/canary|exa mple/);
  });
});

function link(target: string): string {
  const place = path.join(folder, "link");
  symlinkSync(target, place);
  return place;
}
