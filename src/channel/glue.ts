/** Finds the blocks that the host cuts out of a message, and trims, in the message they come from. */
export interface Glue {
  /** The whole of the message so far. */
  heard(text: string): void;
  /** What is heard next is another message. */
  next(): void;
  /** The block as it stands in its message and what stands before it there; as it came where it is not to be found. */
  place(block: string): { text: string; glue?: string };
}

export function createGlue(): Glue {
  let earlier = "";
  let current = "";
  /** Up to where the blocks so far have been found. */
  let end = 0;
  return {
    heard(text) {
      current = text;
    },
    next() {
      if (current !== "") earlier += `${current}\n\n`;
      current = "";
    },
    place(block) {
      const whole = earlier + current;
      for (const text of formsOf(block)) {
        const at = text.trim() === "" ? -1 : whole.indexOf(text, end);
        if (at === -1) continue;
        const gap = whole.slice(end, at);
        end = at + text.length;
        return { text, ...(at > 0 && { glue: gap.slice(gap.trimEnd().length) }) };
      }
      return { text: block };
    },
  };
}

/** What is left of a text behind the block that it begins with; undefined where it does not. */
export function restBehind(text: string, block: string): string | undefined {
  const start = text.trimStart();
  const form = formsOf(block).find((each) => each.trim() !== "" && start.startsWith(each));
  return form === undefined ? undefined : start.slice(form.length);
}

/** A code fence that is cut is closed by the host, and opened again in the next block. */
function formsOf(block: string): string[] {
  const opened = /^ {0,3}(?:`{3,}|~{3,})[^\n]*\n/.exec(block)?.[0].length ?? 0;
  const closed = /\n {0,3}(?:`{3,}|~{3,})\s*$/.exec(block)?.index ?? block.length;
  return [...new Set([block, block.slice(0, closed), block.slice(opened), block.slice(opened, Math.max(opened, closed))])];
}
