import { createSimpleChannelSecretContract } from "openclaw/plugin-sdk/channel-secret-basic-runtime";

/** What the host looks up for an account before it starts. */
const fields = ["token", "gatewayToken"];
const contract = createSimpleChannelSecretContract({
  channelKey: "nc-local-im-connector",
  label: "Local IM",
  accountFields: fields,
  channelFields: fields,
  mode: "account-inheritance",
});

export const { secretTargetRegistryEntries, collectRuntimeConfigAssignments } = contract;
