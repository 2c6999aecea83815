import type { AccessFields } from "./accounts.ts";
import type { PromptConfig } from "./prompts.ts";
import type { AccessConfig } from "./sender-policy.ts";
import type { StreamingConfig } from "./streaming.ts";

/** What the configuration of every channel says in the same words. */
export type ChannelConfig = AccessConfig & AccessFields & StreamingConfig & PromptConfig;
