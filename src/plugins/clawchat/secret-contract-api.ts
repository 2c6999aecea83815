export { collectRuntimeConfigAssignments, secretTargetRegistryEntries } from "../../channel/clawchat-secrets.ts";
