import { DEFAULT_ACCOUNT_ID, normalizeAccountId } from "openclaw/plugin-sdk/account-id";
import { collectConditionalChannelFieldAssignments, createChannelSecretTargetRegistryEntries, type createSimpleChannelSecretContract, getChannelSurface, hasOwnProperty } from "openclaw/plugin-sdk/channel-secret-basic-runtime";
import { clawchatOlder } from "./older-names.ts";

type Collect = ReturnType<typeof createSimpleChannelSecretContract>["collectRuntimeConfigAssignments"];

const fields = ["token", "refreshToken"];
const keys: readonly string[] = [clawchatOlder.channelId, ...clawchatOlder.legacyKeys];

export const secretTargetRegistryEntries = keys.flatMap((channelKey) => createChannelSecretTargetRegistryEntries({ channelKey, account: fields, channel: fields }));

/**
 * What the host looks up before an account starts: in the block that counts, under whichever of its keys it stands. A
 * login at the root is that of the account `default` alone, so no other one is kept down where it cannot be looked up.
 */
export const collectRuntimeConfigAssignments: Collect = ({ config, defaults, context }) => {
  for (const channelKey of keys) {
    const found = getChannelSurface(config, channelKey);
    if (!found) continue;
    for (const field of fields) {
      collectConditionalChannelFieldAssignments({
        ...found,
        channelKey,
        field,
        defaults,
        context,
        topLevelActiveWithoutAccounts: found.surface.channelEnabled,
        topLevelInheritedAccountActive: ({ accountId, account, enabled }) => enabled && normalizeAccountId(accountId) === DEFAULT_ACCOUNT_ID && !hasOwnProperty(account, field),
        accountActive: ({ enabled }) => enabled,
        topInactiveReason: `no enabled account uses this top-level ClawChat ${field}.`,
        accountInactiveReason: "ClawChat account is disabled.",
      });
    }
    return;
  }
};
