import type { About } from "./identity.ts";

/**
 * One message out of several that came in a row in a group: the last one, with what all of them say, in order (CC-60).
 */
export function merge(inbounds: readonly About[]): About {
  // Nobody asks for the merge of nothing.
  const last = inbounds.at(-1) as About;
  if (inbounds.length === 1) return last;
  const mentions = [...new Set(inbounds.flatMap(({ origin }) => origin.mentions))];
  const isMentioned = inbounds.some(({ origin }) => origin.isMentioned);
  const others = new Map(inbounds.map(({ sender }) => [sender.id, sender]));
  others.delete(last.sender.id);
  return {
    ...last,
    ...(others.size > 0 && { others: [...others.values()] }),
    origin: { ...last.origin, mentions, isMentioned },
    content: inbounds.map(({ sender, content }, index) => `[${index + 1}] ${onOneLine(sender.name ?? sender.id)}: ${indented(content)}`).join("\n"),
    media: inbounds.flatMap(({ media }) => media),
    mentioned: isMentioned,
  };
}

const BREAK = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/g;

/** What a member writes cannot look like the line of another one. */
function indented(text: string): string {
  return text.replaceAll(BREAK, "\n    ");
}

function onOneLine(name: string): string {
  return name.replaceAll(BREAK, " ");
}
