import { createSimpleChannelSecretContract } from "openclaw/plugin-sdk/channel-secret-basic-runtime";

/** What the host looks up for an account before it starts. */
const fields = ["token", "refreshToken"];
const contract = createSimpleChannelSecretContract({
  channelKey: "clawchat",
  label: "ClawChat",
  accountFields: fields,
  channelFields: fields,
  mode: "account-inheritance",
});

export const { secretTargetRegistryEntries, collectRuntimeConfigAssignments } = contract;
