import { createChannelDmPolicy } from "openclaw/plugin-sdk/channel-dm-policy";
import type { ChannelSetupDmPolicy } from "openclaw/plugin-sdk/channel-setup";
import { editAccount } from "./account-edits.ts";
import { type AccessFields, type AccountRules, findBlock } from "./accounts.ts";
import type { ChannelSetup, Resolve } from "./setup.ts";

export interface DmPolicyQuestion<Config> {
  rules: AccountRules<Config>;
  label: string;
  senders: ChannelSetup<Config>["senders"];
  resolve: Resolve<Config>;
}

/** What a person is asked about who may talk to the agent, in the words and values of every other channel. */
export function createSetupDmPolicy<Config extends AccessFields>({ rules, label, senders, resolve }: DmPolicyQuestion<Config>): ChannelSetupDmPolicy {
  return createChannelDmPolicy<AccessFields & { dmPolicy?: "pairing" | "allowlist" | "open" | "disabled" }>({
    label,
    channel: rules.channelId,
    resolveAccount(cfg, requested) {
      const { accountId, dmPolicy, allowFrom } = resolve(cfg, requested);
      return { accountId, config: { ...(isPolicy(dmPolicy) && { dmPolicy }), ...(allowFrom && { allowFrom }) } };
    },
    resolveConfigKeys({ cfg, account: { accountId } }) {
      const { key, block } = findBlock(rules, cfg);
      const name = rules.names.keyOf(block, accountId);
      const place = name === undefined ? `channels.${key}` : `channels.${key}.accounts.${name}`;
      return { policyKey: `${place}.dmPolicy`, allowFromKey: `${place}.allowFrom` };
    },
    applyPatch: ({ cfg, account: { accountId }, patch }) => editAccount(rules, cfg, accountId, patch),
    async promptAllowFrom({ cfg, prompter, accountId: requested }) {
      const { accountId, allowFrom = [] } = resolve(cfg, requested);
      const typed = await prompter.text({
        message: `Who may talk to the agent? ${senders.called}, separated by commas`,
        placeholder: senders.placeholder,
        initialValue: allowFrom.join(", "),
        validate: (value) => (entriesOf(value).length > 0 ? undefined : "Required"),
      });
      return editAccount(rules, cfg, accountId, { dmPolicy: "allowlist", allowFrom: entriesOf(typed) });
    },
  });
}

function entriesOf(typed: string): string[] {
  return [...new Set(typed.split(",").map((entry) => entry.trim()))].filter((entry) => entry !== "");
}

function isPolicy(value: string | undefined): value is "pairing" | "allowlist" | "open" | "disabled" {
  return value === "pairing" || value === "allowlist" || value === "open" || value === "disabled";
}
