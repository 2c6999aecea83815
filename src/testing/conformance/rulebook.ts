import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

export interface Rule {
  id: string;
  /** All of it, on one line. */
  statement: string;
}

export const ruledProtocols = ["websocket", "insta-claw", "local-im", "clawchat"] as const;

export type RuledProtocol = (typeof ruledProtocols)[number];

/** The rule that the document itself is: it has no number in the book. */
export const schemaRule = "schema";

/** `book` is where the rules of a protocol are that is none of ours. */
export async function readRuleBook(protocol: string, book = new URL(`../../../spec/rules/${protocol}.md`, import.meta.url)): Promise<readonly Rule[]> {
  const rules = rulesIn(await readFile(book, "utf8"));
  if (rules.length === 0) throw new Error(`the rule book of ${protocol}, ${fileURLToPath(book)}, has no rule: expected items such as "- **AB-1** A message is answered once."`);
  return [{ id: schemaRule, statement: `Every frame is as ${protocol}.asyncapi.yaml describes it.` }, ...rules];
}

/** The numbered items of a rule book. */
export function rulesIn(text: string): Rule[] {
  const items = text.split(/^(?=- \*\*|#)/m);
  return items.flatMap((item) => {
    const [, id, statement] = /^- \*\*([A-Z]{2}-\d+)\*\*\s+(.*)$/s.exec(item) ?? [];
    return id === undefined || statement === undefined ? [] : [{ id, statement: statement.trim().replaceAll(/\s*\n\s*/g, " ") }];
  });
}
