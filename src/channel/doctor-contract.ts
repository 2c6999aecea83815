import type { ChannelDoctorConfigMutation, ChannelDoctorLegacyConfigRule } from "openclaw/plugin-sdk/channel-contract";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { accountsOf, type Block, isBlock } from "./block.ts";
import { movePlaces, namesOlder } from "./channel-places.ts";
import type { OlderNames } from "./older-names.ts";

/** What the host's doctor reads of a plugin that is not running: it is loaded by itself and must stay small. */
export interface DoctorContract {
  legacyConfigRules: ChannelDoctorLegacyConfigRule[];
  normalizeCompatibilityConfig(about: { cfg: OpenClawConfig }): ChannelDoctorConfigMutation;
}

const fix = `Run "openclaw doctor --fix".`;

/** Names what the original plugin called otherwise, and writes it as it is called now. */
export function createDoctorContract(names: OlderNames): DoctorContract {
  return {
    legacyConfigRules: [...keyRules(names), ...[names.channelId, ...names.legacyKeys].flatMap((key) => fieldRules(names, key)), ...placeRules(names)],
    normalizeCompatibilityConfig({ cfg }) {
      const changes: string[] = [];
      const channels = withFields(names, withKey(names, { ...cfg.channels }, changes), changes);
      const config = movePlaces(names, { ...cfg, channels }, changes);
      return changes.length === 0 ? { config: cfg, changes } : { config, changes };
    },
  };
}

function keyRules({ channelId, legacyKeys }: OlderNames): ChannelDoctorLegacyConfigRule[] {
  return legacyKeys.flatMap((key) => {
    const isAlone = (root: Record<string, unknown>) => channelsOf(root)[channelId] === undefined;
    return [
      { path: ["channels", key], message: `the channel is called channels.${channelId} now. ${fix}`, match: (value, root) => isBlock(value) && isAlone(root) },
      {
        path: ["channels", key],
        message: `is ignored because channels.${channelId} is set. Copy what you still need and remove channels.${key}.`,
        match: (value, root) => isBlock(value) && !isAlone(root),
      },
    ] satisfies ChannelDoctorLegacyConfigRule[];
  });
}

function fieldRules(names: OlderNames, key: string): ChannelDoctorLegacyConfigRule[] {
  const ofRoot = saidOf(names).map(({ field, said, isMeant }): ChannelDoctorLegacyConfigRule => ({ path: ["channels", key, field], message: said, match: (_value, root) => isMeant(channelsOf(root)[key]) }));
  const ofAccounts = saidOf(ownNames(names)).map(
    ({ field, said, isMeant }): ChannelDoctorLegacyConfigRule => ({
      path: ["channels", key, "accounts"],
      message: `${field} of an account: ${said}`,
      match: (accounts) => isBlock(accounts) && Object.values(accounts).some(isMeant),
    }),
  );
  return [...ofRoot, ...ofAccounts];
}

interface Said {
  field: string;
  said: string;
  isMeant(block: unknown): boolean;
}

function saidOf({ renamed, dropped }: OlderNames): Said[] {
  const holds = (field: string) => (block: unknown) => isBlock(block) && block[field] !== undefined;
  const differs = (field: string, newer: string) => (block: unknown) => isBlock(block) && block[field] !== undefined && block[newer] !== undefined && !isSame(block[field], block[newer]);
  return [
    ...Object.entries(renamed).flatMap(([field, newer]): Said[] => [
      { field, said: `the field is called ${newer} now. ${fix}`, isMeant: (block) => holds(field)(block) && !differs(field, newer)(block) },
      { field, said: `is ignored because ${newer} is set to something else. Remove the one you do not need.`, isMeant: differs(field, newer) },
    ]),
    ...dropped.map((field): Said => ({ field, said: `the field has no meaning any more. ${fix}`, isMeant: holds(field) })),
  ];
}

function placeRules(names: OlderNames): ChannelDoctorLegacyConfigRule[] {
  return namesOlder(names).map(({ path, key, isNamed }) => ({ path: [...path], message: `names the channel "${key}", which is called "${names.channelId}" now. ${fix}`, match: isNamed }));
}

/** The whole block, where no block of today's name stands. The other one is never merged: it was ignored before, too. */
function withKey({ channelId, legacyKeys }: OlderNames, channels: Block, changes: string[]): Block {
  const key = legacyKeys.find((older) => isBlock(channels[older]));
  if (key === undefined || channels[channelId] !== undefined) return channels;
  changes.push(`Moved channels.${key} → channels.${channelId}.`);
  return Object.fromEntries(Object.entries(channels).map(([name, value]) => [name === key ? channelId : name, value]));
}

function withFields(names: OlderNames, channels: Block, changes: string[]): Block {
  const migrated = [names.channelId, ...names.legacyKeys].flatMap((key) => {
    const block = channels[key];
    return isBlock(block) ? [[key, withAccounts(names, block, `channels.${key}`, changes)]] : [];
  });
  return { ...channels, ...Object.fromEntries(migrated) };
}

function withAccounts(names: OlderNames, block: Block, place: string, changes: string[]): Block {
  const root = renameFields(names, block, place, changes);
  if (!isBlock(block["accounts"])) return root;
  const accounts = Object.entries(accountsOf(block)).map(([id, own]) => [id, isBlock(own) ? renameFields(ownNames(names), own, `${place}.accounts.${id}`, changes) : own]);
  return { ...root, accounts: Object.fromEntries(accounts) };
}

/** Which account is the default one is said at the root; in an account it never meant anything. */
function ownNames({ renamed, dropped, ...names }: OlderNames): OlderNames {
  const ofRoot = Object.keys(renamed).filter((field) => renamed[field] === "defaultAccount");
  return { ...names, renamed: Object.fromEntries(Object.entries(renamed).filter(([field]) => !ofRoot.includes(field))), dropped: [...dropped, ...ofRoot] };
}

/** Where an older and a newer name say different things both stay: which of them is right the operator has to say. */
function renameFields({ renamed, dropped }: OlderNames, block: Block, place: string, changes: string[]): Block {
  const entries = Object.entries(block).flatMap(([field, value]): [string, unknown][] => {
    const newer = Object.hasOwn(renamed, field) ? renamed[field] : undefined;
    if (newer !== undefined && block[newer] === undefined) {
      changes.push(`Moved ${place}.${field} → ${place}.${newer}.`);
      return [[newer, value]];
    }
    if (dropped.includes(field) || (newer !== undefined && isSame(value, block[newer]))) {
      changes.push(`Removed ${place}.${field} (${newer === undefined ? "it has no meaning any more" : `${newer} says the same`}).`);
      return [];
    }
    return [[field, value]];
  });
  return Object.fromEntries(entries);
}

function channelsOf(root: Record<string, unknown>): Block {
  const { channels } = root;
  return isBlock(channels) ? channels : {};
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
