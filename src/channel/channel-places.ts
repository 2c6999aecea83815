import { type Block, isBlock } from "./block.ts";

/** What the channel is called, and was. */
interface Names {
  channelId: string;
  legacyKeys: readonly string[];
}

/** Where else a configuration says which channel is meant; * is every entry. Who is allowed what is not among them: that is the operator's to say anew. */
const asValue: readonly string[] = [
  "bindings.*.match.channel",
  "agents.defaults.heartbeat.target",
  "agents.entries.*.heartbeat.target",
  "agents.list.*.heartbeat.target",
  "approvals.exec.targets.*.channel",
  "approvals.plugin.targets.*.channel",
  "hooks.mappings.*.channel",
  "session.sendPolicy.rules.*.match.channel",
];
const asKey: readonly string[] = ["channels.modelByChannel", "session.resetByChannel"];

/** The places that name an older key, by the longest path that needs no entry. */
export function namesOlder({ legacyKeys }: Names): { path: readonly string[]; key: string; isNamed(value: unknown): boolean }[] {
  return legacyKeys.flatMap((key) => [
    ...asValue.map((place) => {
      const steps = place.split(".");
      const fixed = steps.includes("*") ? steps.slice(0, steps.indexOf("*")) : steps;
      const rest = steps.slice(fixed.length);
      return { path: fixed, key, isNamed: (value: unknown) => valuesAt(value, rest).includes(key) };
    }),
    ...asKey.map((place) => ({ path: [...place.split("."), key], key, isNamed: (value: unknown) => value !== undefined })),
  ]);
}

export function movePlaces({ channelId, legacyKeys }: Names, config: Block, changes: string[]): Block {
  let moved: unknown = config;
  for (const key of legacyKeys) {
    const renamed = (value: unknown, place: string) => {
      if (value !== key) return value;
      changes.push(`Changed ${place} from "${key}" to "${channelId}".`);
      return channelId;
    };
    for (const place of asValue) moved = changeAt(moved, place.split("."), "", renamed);
    for (const place of asKey) moved = changeAt(moved, place.split("."), "", (value, at) => renameKey(value, { key, channelId, at }, changes));
  }
  return isBlock(moved) ? moved : config;
}

function renameKey(value: unknown, { key, channelId, at }: { key: string; channelId: string; at: string }, changes: string[]): unknown {
  if (!isBlock(value) || value[key] === undefined || value[channelId] !== undefined) return value;
  changes.push(`Moved ${at}.${key} → ${at}.${channelId}.`);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name === key ? channelId : name, inner]));
}

/** The same value, but for what changes: what does not is the same object. */
function changeAt(value: unknown, [step, ...rest]: readonly string[], place: string, change: (value: unknown, place: string) => unknown): unknown {
  if (step === undefined) return change(value, place);
  const at = (name: string) => (place === "" ? name : `${place}.${name}`);
  if (Array.isArray(value)) {
    if (step !== "*") return value;
    const items: unknown[] = value.map((item, index) => changeAt(item, rest, `${place}[${index}]`, change));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  if (!isBlock(value)) return value;
  const names = step === "*" ? Object.keys(value) : Object.hasOwn(value, step) ? [step] : [];
  const changed = names.map((name): [string, unknown] => [name, changeAt(value[name], rest, at(name), change)]).filter(([name, inner]) => inner !== value[name]);
  return changed.length === 0 ? value : { ...value, ...Object.fromEntries(changed) };
}

function valuesAt(value: unknown, [step, ...rest]: readonly string[]): unknown[] {
  if (step === undefined) return [value];
  if (typeof value !== "object" || value === null) return [];
  if (step === "*") return Object.values(value).flatMap((inner) => valuesAt(inner, rest));
  return isBlock(value) && Object.hasOwn(value, step) ? valuesAt(value[step], rest) : [];
}
