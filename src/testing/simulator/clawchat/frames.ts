import type { System } from "../../../core/ports.ts";
import { mintUlid } from "./ids.ts";
import type { Conversation, User } from "./world.ts";

/** One envelope, as far as a server looks at it. */
export interface Envelope {
  version: "2";
  event: string;
  trace_id?: string;
  emitted_at: number;
  chat_id?: string;
  chat_type?: "direct" | "group";
  to?: unknown;
  sender?: { id: string; type: "direct"; nick_name?: string };
  seq?: number;
  dseq?: number;
  payload: Fields;
}

export type Fields = Readonly<Record<string, unknown>>;

/** Builds the frames of the server. */
export class Pen {
  readonly #system: System;

  constructor(system: System) {
    this.#system = system;
  }

  get now(): number {
    return this.#system.now();
  }

  frame(event: string, payload: Fields, traceId = `srv-${this.#system.uuid()}`): Envelope {
    return { version: "2", event, trace_id: traceId, emitted_at: this.now, payload };
  }

  /** What somebody did in a conversation. */
  business(event: string, payload: Fields, { chat, sender, traceId }: { chat: Conversation; sender: User; traceId?: string }): Envelope {
    const { payload: said, ...head } = this.frame(event, payload, traceId);
    return { ...head, chat_id: chat.id, chat_type: chat.type, sender: { id: sender.id, type: "direct", nick_name: sender.nickName }, payload: said };
  }

  messageId(): string {
    return `msg-${mintUlid(this.#system)}`;
  }

  epoch(): string {
    return mintUlid(this.#system);
  }

  /** 18 random bytes. */
  nonce(): string {
    return Buffer.from(this.#system.sha256(this.#system.uuid()), "hex").subarray(0, 18).toString("base64url");
  }
}

/** What the server adds to a message that is complete. */
export const sealed = { status: "static", sequence: 0, mutation_policy: "sealed", started_at: null, completed_at: null } as const;

export function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** Empty where there is no text of this name. */
export function textIn(fields: Fields, name: string): string {
  const value = fields[name];
  return typeof value === "string" ? value : "";
}

export function numberIn(fields: Fields, name: string): number | undefined {
  const value = fields[name];
  return typeof value === "number" ? value : undefined;
}

/** The text of fragments, as a person reads it. */
export function readable(fragments: unknown): string {
  const parts = Array.isArray(fragments) ? fragments.map(fieldsOf) : [];
  return parts.map(readableFragment).join("");
}

function readableFragment(fragment: Fields): string {
  const kind = textIn(fragment, "kind");
  if (kind === "mention") return `@${textIn(fragment, "display") || textIn(fragment, "user_id")}`;
  const url = textIn(fragment, "url");
  return url === "" ? textIn(fragment, "text") : `\n[${kind} ${textIn(fragment, "name")} ${url}]`;
}
