import type { ActEvent } from "../account/agent.ts";
import { describeThrown } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import { clip, forLog } from "../core/redact.ts";
import { routeOf } from "./access.ts";
import type { HostAccount } from "./host.ts";
import { writeAddress } from "./addresses.ts";
import { askAdmission, questionOf } from "./ingress.ts";
import { readId } from "./identity.ts";
import { type AccessConfig, hasWildcard } from "./sender-policy.ts";

/** Whether the agent is to hear of it: by the operator's wish, and of nobody who may not talk there. */
export async function heedsAct<Config extends AccessConfig>(host: HostAccount<Config>, event: ActEvent): Promise<boolean> {
  const { config } = host.account();
  if (!config || (event.act.act === "react" && !wantsReaction(config, event))) return false;
  const { inbound } = event;
  const admission = await askAdmission(host, questionOf(host.hostConfig(), config, inbound, routeOf(host, inbound)));
  // Whoever is not mentioned is still somebody of the group.
  if (admission !== "drop" && admission !== "pairing-required") return true;
  host.log.info(`what ${forLog(inbound.sender.id)} did to message ${forLog(event.messageId)} was not told to the agent: ${admission}`);
  return false;
}

export function wantsReaction({ reactionNotifications, reactionAllowlist }: Pick<AccessConfig, "reactionNotifications" | "reactionAllowlist">, { isOwn, inbound }: ActEvent): boolean {
  switch (reactionNotifications) {
    case "off":
      return false;
    case "own":
      return isOwn;
    case "all":
      return true;
    case "allowlist":
      return hasWildcard(reactionAllowlist) || reactionAllowlist.some((entry) => readId(String(entry)) === inbound.sender.id);
  }
}

/** The host shows it to the agent with the session's next message. */
export function tellAct(host: HostAccount<unknown>, event: ActEvent): void {
  const { inbound } = event;
  try {
    const { sessionKey } = routeOf(host, inbound);
    // The host drops what stands in its queue already, but what was done, undone and done again was done at last.
    const contextKey = [host.channel.id, event.act.act, event.messageId, inbound.sender.id, inbound.receivedAt].join(":");
    const to = writeAddress(host.channel.addresses, inbound.conversation);
    host.runtime.system.enqueueSystemEvent(describeAct(host.channel.label, event), { sessionKey, contextKey, deliveryContext: { channel: host.channel.id, to, accountId: host.accountId } });
  } catch (thrown) {
    host.log.warn(`the agent could not be told what ${forLog(inbound.sender.id)} did to message ${forLog(event.messageId)}: ${describeThrown(thrown)}`);
  }
}

/** In the words of the official channels; what is somebody else's stands on one line, and in quotes where it may be long. */
export function describeAct(label: string, { act, inbound: { sender }, messageId }: ActEvent): string {
  const by = `by ${forLog(sender.name ?? sender.id)}`;
  const on = `msg ${forLog(messageId)}`;
  switch (act.act) {
    case "react":
      return `${label} reaction ${act.isRemoval ? "removed" : "added"}: ${act.emoji === "" ? "all" : forLog(act.emoji)} ${by} on ${on}`;
    case "edit":
      return `${label} message edited ${by}: ${on} now reads ${JSON.stringify(clip(act.content, limits.toldCodePoints))}`;
    case "delete":
      return `${label} message deleted ${by}: ${on}`;
  }
}
