import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";

const MARK = "accessGroup:";

/** Entries that name somebody themselves. */
export function withoutGroups(entries: readonly (string | number)[]): (string | number)[] {
  return entries.filter((entry) => !String(entry).trim().startsWith(MARK));
}

/** Entries with the members of the operator's `accessGroups` they name; for messages the host does that itself. */
export function expandGroups({ accessGroups = {} }: Pick<OpenClawConfig, "accessGroups">, channelId: string, entries: readonly (string | number)[]): (string | number)[] {
  return entries.flatMap((entry) => {
    const text = String(entry).trim();
    if (!text.startsWith(MARK)) return [entry];
    const name = text.slice(MARK.length);
    const group = Object.hasOwn(accessGroups, name) ? accessGroups[name] : undefined;
    if (group?.type !== "message.senders") return [];
    const membersOf = (key: string) => (Object.hasOwn(group.members, key) ? (group.members[key] ?? []) : []);
    // Everybody is no member of a group: to the host a wildcard in one names nobody.
    return [...membersOf("*"), ...membersOf(channelId)].filter((member) => member.trim() !== "*");
  });
}
