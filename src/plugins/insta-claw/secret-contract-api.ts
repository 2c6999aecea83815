import { createSimpleChannelSecretContract } from "openclaw/plugin-sdk/channel-secret-basic-runtime";

/** What the host looks up for an account before it starts. */
const fields = ["clientId", "clientSecret", "appKey", "appSecret"];
const contract = createSimpleChannelSecretContract({
  channelKey: "insta-claw-connector",
  label: "InstaClaw",
  accountFields: fields,
  channelFields: fields,
  mode: "account-inheritance",
});

export const { secretTargetRegistryEntries, collectRuntimeConfigAssignments } = contract;
