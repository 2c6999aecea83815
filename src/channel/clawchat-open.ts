import type { RunningAccount } from "../account/account.ts";
import { type ClawchatSettings, openClawchatAccount } from "../account/clawchat/account.ts";
import { version } from "../core/version.ts";
import { batchIdleMs } from "../protocols/clawchat/groups.ts";
import { linkProfileOf, profileOf } from "../protocols/clawchat/profile.ts";
import { createHttp } from "../rest/http.ts";
import { openJournal } from "../store/journal.ts";
import { openLogins } from "../store/logins.ts";
import { groupSettingsOf, loginIn, type ResolvedClawchatAccount } from "./clawchat-account.ts";
import type { OpenAccount } from "./gateway.ts";

/** Messages of a conversation that can be quoted, or told to an agent that is asked about them. */
const REMEMBERED = 100;

/** Opens an account's journal and login, and dials its server. Kept apart, for it is needed only where an account really runs. */
export async function openClawchat({ journalFile, loginFile, ...options }: OpenAccount<ResolvedClawchatAccount>, hostVersion = ""): Promise<RunningAccount<ResolvedClawchatAccount>> {
  const { system } = options;
  const journal = openJournal(journalFile, { remembered: REMEMBERED });
  try {
    const logins = openLogins(loginFile, system);
    try {
      return await openClawchatAccount({ ...options, journal, logins, http: createHttp(system), versions: { plugin: version, runtime: hostVersion }, settings: settingsOf });
    } catch (thrown) {
      logins.close();
      throw thrown;
    }
  } catch (thrown) {
    journal.close();
    throw thrown;
  }
}

export function settingsOf(config: ResolvedClawchatAccount): ClawchatSettings {
  const login = loginIn(config);
  return {
    socketUrl: config.url,
    baseUrl: config.baseUrl,
    mediaUrl: config.mediaUrl,
    platform: config.platform,
    ...(login && { login }),
    ...(config.deviceId !== undefined && { deviceId: config.deviceId }),
    greets: config.greeting,
    profile: profileOf(config, { clientVersion: version, verifiesSenders: config.trustsPeer, mediaOrigin: config.mediaUrl }),
    link: linkProfileOf(config),
    limits: limitsOf(config),
    groupRules(chatId) {
      const { muted, groupMode, batchDelaySeconds } = groupSettingsOf(config, chatId);
      return { muted, replyMode: groupMode, batchDelayMs: batchDelaySeconds === undefined ? batchIdleMs : batchDelaySeconds * 1000 };
    },
  };
}

function limitsOf({ limits: { messagesPerMinute, messageBurst, queuedPerSession, dedupeEntries, maxConcurrent, turnSeconds } }: ResolvedClawchatAccount) {
  return { messagesPerMinute, messageBurst, queuedPerSession, repeatsKept: dedupeEntries, maxConcurrent, turnMs: turnSeconds * 1000 };
}
