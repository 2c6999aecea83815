import type { ChannelPlugin } from "openclaw/plugin-sdk/channel-core";
import { type Acquaintance, lookUp, type Lookup, search } from "./acquaintances.ts";
import { type AddressGrammar, parseName, writeAddress } from "./addresses.ts";
import type { Acquaintances } from "./directory.ts";
import type { ChannelNames } from "./host.ts";
import { writeId } from "./identity.ts";

type TargetResolver = NonNullable<NonNullable<ChannelPlugin["messaging"]>["targetResolver"]>;

/** How a target is written, for people. */
export function targetHint({ addresses: { prefix, scopes }, hasGroups }: Pick<ChannelNames, "addresses" | "hasGroups">): string {
  const direct = (scopes ?? ["user"]).map((scope) => `${prefix}:${scope}:<${scope === "user" ? "sender" : scope} id>`);
  const forms = [...direct, ...(hasGroups ? [`${prefix}:group:<group id>`] : []), "@<name of a sender who has written>", ...(hasGroups ? ["#<name of a group>"] : [])];
  return `${forms.slice(0, -1).join(", ")} or ${forms.at(-1)}`;
}

/**
 * To whom a message goes. Never to somebody whose name only resembles what was written, and never to one of several:
 * the host's own search would take the only one whose name holds the word.
 */
export function createTargetResolver(channel: ChannelNames, acquaintances: Acquaintances): TargetResolver {
  const { addresses } = channel;
  return {
    looksLikeId: () => true,
    hint: targetHint(channel),
    async resolveTarget({ cfg, accountId, input }) {
      const known = parseName(addresses, input) ? await acquaintances.all(cfg, accountId) : [];
      const found = lookUp(addresses, input, known);
      if (found.found === "several" || found.found === "nobody") throw new Error(explain(channel, input, found));
      const { address, as } = found;
      return { to: writeAddress(addresses, address), kind: address.kind === "group" ? "group" : "user", display: as?.name ?? address.id, source: as ? "directory" : "normalized" };
    },
  };
}

/** `openclaw channels resolve`, and lists of senders that an operator fills in by name. */
export function createResolver(channel: ChannelNames, acquaintances: Acquaintances): NonNullable<ChannelPlugin["resolver"]> {
  return {
    async resolveTargets({ cfg, accountId, inputs, kind }) {
      const known = await acquaintances.all(cfg, accountId);
      return inputs.map((input) => {
        const found = search(channel.addresses, input, channel.hasGroups && kind === "group" ? "group" : "direct", known);
        if (found.found === "several" || found.found === "nobody") return { input, resolved: false, note: explain(channel, input, found) };
        const { address, as } = found;
        const note = as?.seenAt === undefined ? "never seen here" : undefined;
        return { input, resolved: true, id: kind === "group" || address.kind === "group" ? writeAddress(channel.addresses, address) : writeId(address.id), name: as?.name ?? address.id, ...(note !== undefined && { note }) };
      });
    },
  };
}

function explain(channel: ChannelNames, input: string, found: Extract<Lookup, { found: "several" | "nobody" }>): string {
  if (found.found === "several") return `"${input}" is the name of several: ${found.candidates.map((each) => describe(channel.addresses, each)).join(", ")}. Write the id of the one you mean`;
  const isName = parseName(channel.addresses, input) !== undefined;
  return `${isName ? `nobody called "${input}" has written here` : `"${input}" names nobody`}. Write ${targetHint(channel)}`;
}

function describe(grammar: AddressGrammar, { kind, id, name = id }: Acquaintance): string {
  return `${writeAddress(grammar, { kind, id })} (${name})`;
}
