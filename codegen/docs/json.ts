import type { Json } from "../ir.ts";
import { isArray, isObject } from "../source.ts";
import { type Html, html, joinHtml } from "./html.ts";

const WIDTH = 76;

/** JSON as people write it: what fits on a line stands on one. */
export function printJson(value: Json, indent = "", used = 0): string {
  const short = onOneLine(value);
  if (indent.length + used + short.length <= WIDTH || typeof value !== "object" || value === null) return short;
  const inner = `${indent}  `;
  const lines = isArray(value)
    ? value.map((item) => printJson(item, inner))
    : Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${printJson(item, inner, key.length + 4)}`);
  const [open, close] = isArray(value) ? ["[", "]"] : ["{", "}"];
  return `${open}\n${lines.map((line) => inner + line).join(",\n")}\n${indent}${close}`;
}

function onOneLine(value: Json): string {
  if (isArray(value)) return `[${value.map(onOneLine).join(", ")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${onOneLine(item)}`);
  return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
}

/** Keys, texts and the rest told apart by colour. */
export function colourJson(text: string): Html {
  const parts = text.split(/("(?:[^"\\]|\\.)*"(?=:)|"(?:[^"\\]|\\.)*")/u);
  return joinHtml(
    parts.map((part, index) => {
      if (index % 2 === 0) return html`${part}`;
      return parts[index + 1]?.startsWith(":") ? html`<b>${part}</b>` : html`<i>${part}</i>`;
    }),
    "",
  );
}

/** A block of code with a button that copies it; the button appears with the script. */
export function codeBlock(value: Json, caption?: Html): Html {
  return html`<figure class="code">${caption && html`<figcaption>${caption}</figcaption>`}<button type="button" class="copy" hidden>Copy</button><pre tabindex="0"><code>${colourJson(printJson(value))}</code></pre></figure>`;
}
