import { createSimpleChannelSecretContract } from "openclaw/plugin-sdk/channel-secret-basic-runtime";

/** No field of this channel is a secret: tokens are the applications' and are only passed on. */
const contract = createSimpleChannelSecretContract({ channelKey: "websocket", label: "WebSocket", accountFields: [], channelFields: [], mode: "account-inheritance" });

export const { secretTargetRegistryEntries, collectRuntimeConfigAssignments } = contract;
