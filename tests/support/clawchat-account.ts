import type { AccountStatus, RunningAccount } from "../../src/account/account.ts";
import { type ClawchatSettings, openClawchatAccount } from "../../src/account/clawchat/account.ts";
import type { Agent } from "../../src/account/agent.ts";
import { clawchatRules, type ResolvedClawchatAccount } from "../../src/channel/clawchat-account.ts";
import { settingsOf } from "../../src/channel/clawchat-open.ts";
import type { Log, System } from "../../src/core/ports.ts";
import { system as platform } from "../../src/core/system.ts";
import type { LinkOptions, LinkProfile } from "../../src/link/link.ts";
import { openLink } from "../../src/link/shell.ts";
import type { Dial } from "../../src/link/socket.ts";
import { createHttp, type HttpCall } from "../../src/rest/http.ts";
import type { Journal } from "../../src/store/journal.ts";
import type { LoginStore } from "../../src/store/logins.ts";
import { silentLog } from "./virtual.ts";

export interface ClawchatParts {
  /** As a simulator gives it: the content of `channels.clawchat`. */
  block: Readonly<Record<string, unknown>>;
  agent: Agent;
  journal: Journal;
  logins: LoginStore;
  system?: System;
  http?: HttpCall;
  log?: Log;
  hasten?(link: LinkProfile): LinkProfile;
  change?(settings: ClawchatSettings): ClawchatSettings;
  changed?(status: AccountStatus): void;
  dial?: Dial;
}

/** An account as its channel would run it, for tests that need no host. */
export async function openClawchatFor(parts: ClawchatParts): Promise<RunningAccount<ResolvedClawchatAccount>> {
  const { block, agent, journal, logins, system = platform, log = silentLog, hasten = (link) => link, change = (settings) => settings } = parts;
  const fault = clawchatRules.check(block, "default");
  if (fault) throw new Error(fault.text);
  return await openClawchatAccount(
    {
      accountId: "default",
      config: clawchatRules.complete(block, { accountId: "default", own: block, root: block }),
      agent,
      journal,
      logins,
      http: parts.http ?? createHttp(system),
      versions: { plugin: "0", runtime: "0" },
      system,
      log,
      changed: (status) => parts.changed?.(status),
      settings(config) {
        const settings = settingsOf(config);
        return change({ ...settings, link: hasten(settings.link) });
      },
    },
    (options: LinkOptions) => (parts.dial ? openLink(options, parts.dial) : openLink(options)),
  );
}
