import type { Message } from "../ir.ts";

/** What a page has an anchor for; the word is the beginning of the anchor. */
export type AnchorKind = "channel" | "message" | "type" | "rule" | "rules" | "conversation" | "config" | "dispatch";

/** Readable, and the same as long as the thing keeps its name. */
export function anchorOf(kind: AnchorKind, name: string): string {
  return `${kind}-${name.replaceAll(/\s+/gu, "_")}`;
}

/** The anchor of a row of a table of facts, or of the whole table. */
export function tableAnchor(key: string, row?: string | number): string {
  const name = key.replace(/^x-/u, "");
  return row === undefined ? name : `${name}-${String(row).replaceAll(/\s+/gu, "_")}`;
}

export function messageAnchor({ wireName }: Message): string {
  return anchorOf("message", wireName);
}

/** The address of an anchor on the same page. */
export function hrefOf(anchor: string): string {
  return `#${encodeURIComponent(anchor)}`;
}
