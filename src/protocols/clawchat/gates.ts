import { type Recent, forget, noneYet, recall, remember } from "./recent.ts";
import { limits } from "../../../generated/clawchat/index.ts";

/** Chats that the hub said are not ours to write to; in memory only (CC-40). */
export interface Gates {
  /** When the hub last refused something for this chat, in ms since the epoch. */
  rejected: Recent<number>;
  /** Chats that are dissolved: nobody there sees us type. */
  dissolved: Recent<true>;
}

const most = limits.gatedChats;

export function openGates(): Gates {
  return { rejected: noneYet(), dissolved: noneYet() };
}

export function rejectChat(gates: Gates, chatId: string, now: number): Gates {
  return { ...gates, rejected: remember(gates.rejected, chatId, now, most) };
}

export function dissolveChat(gates: Gates, chatId: string): Gates {
  return { ...gates, dissolved: remember(gates.dissolved, chatId, true, most) };
}

/** A chat from which something comes is there. */
export function heardOf(gates: Gates, chatId: string): Gates {
  const rejected = forget(gates.rejected, chatId, most);
  return rejected === gates.rejected ? gates : { ...gates, rejected };
}

export function heardMessageOf(gates: Gates, chatId: string): Gates {
  const dissolved = forget(gates.dissolved, chatId, most);
  return dissolved === gates.dissolved ? gates : { ...gates, dissolved };
}

export function isRejected({ rejected }: Gates, chatId: string, now: number): boolean {
  const at = recall(rejected, chatId);
  // A clock that was set back does not hold a chat for longer.
  return at !== undefined && Math.abs(now - at) < limits.rejectionMs;
}

export function isDissolved({ dissolved }: Gates, chatId: string): boolean {
  return recall(dissolved, chatId) !== undefined;
}
