import type { Inbound, Sender } from "../protocols/inbound.ts";
import { writeId } from "./identity.ts";

/** The part of an account's configuration that says who may do what. */
export interface AccessConfig {
  dmPolicy: "open" | "pairing" | "allowlist" | "disabled";
  allowFrom: readonly (string | number)[];
  /** Absent: verified senders may talk in groups, others need an entry. */
  groupPolicy?: "open" | "allowlist" | "disabled";
  groupAllowFrom: readonly (string | number)[];
  /** Absent where the wire has no groups, as the groups themselves. */
  requireMention?: boolean;
  groups?: Readonly<Record<string, GroupAccess>>;
  /** Where the wire has rules of its own for what is answered in groups. */
  groupMode?: "all" | "mention";
  /** Absent where the wire knows none. */
  ownerUserId?: string;
  /** Absent: `all`. */
  groupCommandMode?: GroupCommandMode;
  /** Unanswered messages of a group that are kept; absent: OpenClaw's number. */
  historyLimit?: number;
  /** Senders that are bots. */
  bots?: readonly (string | number)[];
  allowBots?: boolean | "mentions";
  botLoopProtection?: BotLoopProtection;
  /** Of whose reactions the agent hears. */
  reactionNotifications: "off" | "own" | "all" | "allowlist";
  reactionAllowlist: readonly (string | number)[];
}

/** In OpenClaw's words; what is absent is OpenClaw's. */
export interface BotLoopProtection {
  enabled?: boolean;
  maxEventsPerWindow?: number;
  windowSeconds?: number;
  cooldownSeconds?: number;
}

/** What is configured for one group; what is absent is as in all others. */
export interface GroupAccess {
  /** `false` shuts the group. */
  enabled?: boolean;
  groupPolicy?: "open" | "allowlist" | "disabled";
  /** Instead of `groupAllowFrom`. */
  allowFrom?: readonly (string | number)[];
  requireMention?: boolean;
  groupMode?: "all" | "mention";
  groupCommandMode?: GroupCommandMode;
  tools?: { allow?: readonly string[]; alsoAllow?: readonly string[]; deny?: readonly string[] };
}

/** Who may give commands in a group: its agent's owner, every listed sender, or nobody. */
export type GroupCommandMode = "owner" | "all" | "off";

type Entries = (string | number)[];

/** What the host's access resolver is asked about one sender. */
export interface SenderPolicy {
  dmPolicy: AccessConfig["dmPolicy"];
  groupPolicy: NonNullable<AccessConfig["groupPolicy"]>;
  allowFrom: Entries;
  groupAllowFrom: Entries;
  commands: CommandPolicy;
}

/** Command authority is for verified senders whom an entry names; `*` names nobody. */
export type CommandPolicy =
  | { useAccessGroups: true; commandOwnerAllowFrom?: Entries }
  | { useAccessGroups: false; modeWhenAccessGroupsOff: "deny" };

/** Pure: the same configuration and sender always ask for the same. */
export function senderPolicy(config: AccessConfig, inbound: Pick<Inbound, "sender" | "conversation">): SenderPolicy {
  const { sender, conversation } = inbound;
  const named = withoutWildcard(config.allowFrom);
  const openToAll = config.dmPolicy === "open" || hasWildcard(config.allowFrom);
  return {
    dmPolicy: config.dmPolicy,
    allowFrom: openToAll ? [...named, "*"] : named,
    groupPolicy: conversation.kind === "group" ? groupPolicyFor(config, sender, conversation.id) : "disabled",
    groupAllowFrom: conversation.kind === "group" ? withoutWildcard(groupEntries(config, conversation.id)) : [],
    commands: conversation.kind === "group" ? groupCommandsFor(config, sender, conversation.id, named) : commandPolicyFor(sender, openToAll ? named : undefined),
  };
}

/** By the operator's configuration, or by what somebody has chosen for the session with `/activation`. */
export function requiresMention({ groups, requireMention = false }: Pick<AccessConfig, "groups" | "requireMention">, groupId: string, chosen?: Activation): boolean {
  if (chosen !== undefined) return chosen === "mention";
  return groupSetting(groups, groupId, "requireMention") ?? requireMention;
}

/** What OpenClaw says to the agent of a group before anything was chosen there. */
export function mentionedOnly(config: Pick<AccessConfig, "groups" | "requireMention" | "groupMode">, groupId: string): boolean {
  return requiresMention(config, groupId) || (groupSetting(config.groups, groupId, "groupMode") ?? config.groupMode) === "mention";
}

export type Activation = "mention" | "always";

/** Who may talk in a group under the policy `allowlist`. */
export function groupEntries({ groups, groupAllowFrom }: Pick<AccessConfig, "groups" | "groupAllowFrom">, groupId: string): readonly (string | number)[] {
  return groupSetting(groups, groupId, "allowFrom") ?? groupAllowFrom;
}

/** A group's own setting, else that of all other groups. */
export function groupSetting<Group extends object, Name extends keyof Group>(groups: Readonly<Record<string, Group>> = {}, groupId: string, name: Name): Group[Name] | undefined {
  const own = Object.hasOwn(groups, groupId) ? groups[groupId] : undefined;
  return own?.[name] ?? groups["*"]?.[name];
}

/** Entries that name somebody. */
export function withoutWildcard(entries: readonly (string | number)[]): Entries {
  return entries.filter((entry) => String(entry).trim() !== "*");
}

export function hasWildcard(entries: readonly (string | number)[]): boolean {
  return entries.some((entry) => String(entry).trim() === "*");
}

/** `*` in the list means what `open` says; taken out of it, it cannot hand out commands. */
function groupPolicyFor(config: AccessConfig, sender: Sender, groupId: string): NonNullable<AccessConfig["groupPolicy"]> {
  if (groupSetting(config.groups, groupId, "enabled") === false) return "disabled";
  const policy = groupSetting(config.groups, groupId, "groupPolicy") ?? config.groupPolicy ?? (sender.verified ? "open" : "allowlist");
  return policy === "allowlist" && hasWildcard(groupEntries(config, groupId)) ? "open" : policy;
}

function groupCommandsFor({ groups, groupCommandMode = "all", ownerUserId }: AccessConfig, sender: Sender, groupId: string, named: Entries): CommandPolicy {
  const mode = groupSetting(groups, groupId, "groupCommandMode") ?? groupCommandMode;
  // To the host whoever groupAllowFrom names may give commands as well, whatever owners it is told.
  const isOwner = ownerUserId !== undefined && sender.id === ownerUserId;
  if (mode === "off" || (mode === "owner" && !isOwner)) return { useAccessGroups: false, modeWhenAccessGroupsOff: "deny" };
  return commandPolicyFor(sender, mode === "all" ? named : [writeId(sender.id)]);
}

/** Without `owners` the host takes the senders it admits directly, approved pairings among them. */
function commandPolicyFor(sender: Sender, owners: Entries | undefined): CommandPolicy {
  if (!sender.verified) return { useAccessGroups: false, modeWhenAccessGroupsOff: "deny" };
  return { useAccessGroups: true, ...(owners !== undefined && { commandOwnerAllowFrom: owners }) };
}
