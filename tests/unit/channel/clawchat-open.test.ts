import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { accountFiles } from "../../../src/channel/account-files.ts";
import { resolveAccount } from "../../../src/channel/accounts.ts";
import { clawchatRules } from "../../../src/channel/clawchat-account.ts";
import { openClawchat } from "../../../src/channel/clawchat-open.ts";
import { system } from "../../../src/core/system.ts";
import { createScriptedAgent } from "../../support/scripted-agent.ts";
import { silentLog } from "../../support/virtual.ts";

it("CC-1 waits for a login and names the account in what makes one", async () => {
  const directory = mkdtempSync(join(tmpdir(), "clawchat-open-"));
  const { accountId, config } = resolveAccount(clawchatRules, { channels: { clawchat: { accounts: { home: {}, work: {} } } } }, "work", {});
  if (!config) throw new Error("the account is not configured");
  const files = accountFiles(directory, "clawchat", accountId);
  const account = await openClawchat({ ...files, accountId, config, agent: createScriptedAgent(), system, log: silentLog, changed() {} });
  try {
    expect(account.status().login).toContain("openclaw channels add --channel clawchat --account work --code <code>");
  } finally {
    await account.stop();
    rmSync(directory, { recursive: true });
  }
});
