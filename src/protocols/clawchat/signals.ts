import { type ChatMetadataInvalidated, limits, type NotifySignal } from "../../../generated/clawchat/index.ts";
import { limits as ours } from "../../core/limits.ts";
import type { Notice } from "../dialed.ts";
import { type ConnectionState, type HubEffect, type HubStep, note, shown } from "./connection.ts";
import { dissolveChat, heardOf } from "./gates.ts";
import { recall, remember } from "./recent.ts";

/** Something elsewhere has changed; each signal counts once, however often it comes (CC-64). */
export function hearSignal(state: ConnectionState, { type, event_id: eventId, entity_id: entityId = "" }: NotifySignal["payload"]): HubStep {
  if (recall(state.known.signals, eventId)) return { state, effects: [] };
  const signals = remember(state.known.signals, eventId, true, limits.notifyEvents);
  const next: ConnectionState = { ...state, known: { ...state.known, signals } };
  const isChat = entityId.startsWith("cnv_");
  switch (type) {
    case "agent.config.changed":
      return { state: next, effects: [notice({ of: "group-settings" })] };
    case "agent.permission.changed":
      return { state: next, effects: [notice({ of: "permissions" })] };
    case "conversation.dissolved":
      return { state: isChat ? { ...next, gates: dissolveChat(next.gates, entityId) } : next, effects: [note("debug", "chat-dissolved", { chatId: shown(state, entityId) })] };
    default: {
      const isThere = type.startsWith("conversation.") && entityId !== "";
      return { state: isThere ? { ...next, gates: heardOf(next.gates, entityId) } : next, effects: [note("debug", "signal", { type: shown(state, type) })] };
    }
  }
}

/** Something about a chat has to be asked for again; a notice that is older than one that was heard says nothing new (CC-63). */
export function hearInvalidation(state: ConnectionState, { chat_id: id, payload }: ChatMetadataInvalidated): HubStep {
  const version = typeof payload.version === "number" && Number.isSafeInteger(payload.version) ? payload.version : undefined;
  const effects = [notice({ of: "conversation", id, scope: scopeOf(payload.scope) })];
  if (version === undefined) return { state, effects };
  if ((recall(state.known.versions, id) ?? -Infinity) >= version) return { state, effects: [] };
  const versions = remember(state.known.versions, id, version, ours.noticedConversations);
  return { state: { ...state, known: { ...state.known, versions } }, effects };
}

/** One word may stand for a list of one. */
function scopeOf(scope: unknown): string[] {
  const words = typeof scope === "string" ? [scope] : Array.isArray(scope) ? scope : [];
  return words.filter((word) => typeof word === "string" && word !== "").slice(0, SCOPES);
}

const SCOPES = 64;

function notice(what: Notice): HubEffect {
  return { do: "deliver", inbound: { ask: "notice", notice: what } };
}
