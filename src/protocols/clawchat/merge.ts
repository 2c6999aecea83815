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
  return {
    ...last,
    origin: { ...last.origin, mentions, isMentioned },
    content: inbounds.map(({ sender, content }, index) => `[${index + 1}] ${sender.name ?? sender.id}: ${content}`).join("\n"),
    media: inbounds.flatMap(({ media }) => media),
    mentioned: isMentioned,
  };
}
