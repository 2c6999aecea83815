import { readFile } from "node:fs/promises";

export interface Rule {
  id: string;
  /** All of it, on one line. */
  statement: string;
}

export const ruledProtocols = ["websocket", "insta-claw", "local-im", "clawchat"] as const;

export type RuledProtocol = (typeof ruledProtocols)[number];

/** The rule that the document itself is: it has no number in the book. */
export const schemaRule = "schema";

export async function readRuleBook(protocol: RuledProtocol): Promise<readonly Rule[]> {
  const text = await readFile(new URL(`../../../spec/rules/${protocol}.md`, import.meta.url), "utf8");
  return [{ id: schemaRule, statement: `Every frame is as ${protocol}.asyncapi.yaml describes it.` }, ...rulesIn(text)];
}

/** The numbered items of a rule book. */
export function rulesIn(text: string): Rule[] {
  const items = text.split(/^(?=- \*\*|#)/m);
  return items.flatMap((item) => {
    const [, id, statement] = /^- \*\*([A-Z]{2}-\d+)\*\*\s+(.*)$/s.exec(item) ?? [];
    return id === undefined || statement === undefined ? [] : [{ id, statement: statement.trim().replaceAll(/\s*\n\s*/g, " ") }];
  });
}
