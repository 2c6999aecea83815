import { describe, expect, it } from "vitest";
import { readRuleBook, ruledProtocols, rulesIn, schemaRule } from "../../src/testing/conformance/rulebook.ts";
import { suites } from "../../src/testing/conformance/suites.ts";

describe("the rules of the conformance kit", () => {
  it.each(suites.map((suite) => [`${suite.protocol} ${suite.side}`, suite] as const))("are all checked or explained, and none twice: %s", async (_name, { protocol, checks, unchecked }) => {
    const book = (await readRuleBook(protocol)).map(({ id }) => id).filter((id) => id !== schemaRule);
    const checked = new Set(checks.flatMap(({ rules }) => rules));
    const explained = unchecked.flatMap(({ rules }) => rules);
    expect(book.filter((id) => !checked.has(id) && !explained.includes(id))).toEqual([]);
    expect([...checked, ...explained].filter((id) => !book.includes(id))).toEqual([]);
    expect(explained.filter((id, index) => explained.indexOf(id) < index)).toEqual([]);
    expect(book.length).toBeGreaterThan(30);
  });

  it("are there for both ends of every protocol", () => {
    expect(suites.map(({ protocol, side }) => `${protocol} ${side}`).toSorted()).toEqual(ruledProtocols.flatMap((protocol) => [`${protocol} client`, `${protocol} server`]).toSorted());
  });

  it("are read with all of their lines", () => {
    expect(rulesIn("# Book\n\nIntro **X-1**.\n\n## Part\n\n- **AB-1** One\n  and more.\n- **AB-2** Two.\n\n## Next\n\n- **AB-3** Three.\n")).toEqual([
      { id: "AB-1", statement: "One and more." },
      { id: "AB-2", statement: "Two." },
      { id: "AB-3", statement: "Three." },
    ]);
  });
});
