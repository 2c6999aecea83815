import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Check, ConformOptions, Subject } from "../../src/testing/conformance/check.ts";
import { readRuleBook, ruledProtocols, rulesIn, schemaRule } from "../../src/testing/conformance/rulebook.ts";
import { defineSuite } from "../../src/testing/conformance/suite.ts";
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

  it("are those of any book, and a suite that looks at others, or at none, is refused before anybody is tested", async () => {
    const folder = mkdtempSync(join(tmpdir(), "book-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const book = pathToFileURL(join(folder, "lamp.md"));
    const suite = (rule: string) => {
      const check: Check<Subject> = { rules: [rule], title: "shines", run: async () => {} };
      const open = async (): Promise<Subject> => {
        throw new Error("somebody was tested");
      };
      return defineSuite({ protocol: "lamp", book, side: "client", open, checks: [check], unchecked: [] });
    };
    const options: ConformOptions = { url: "", port: 0, timeoutMs: 1, seed: 1, runs: 1, maxPayload: 1, listening() {} };
    writeFileSync(book, "# Rules\n\n- **LA-1** It shines.\n");
    await expect(suite("LA-2").run(options)).rejects.toThrow("the suite of lamp looks at LA-2, which its rule book does not have: it has schema, LA-1");
    await expect(suite("LA-1").run(options)).rejects.toThrow("somebody was tested");
    writeFileSync(book, "# Rules\n\n- It shines.\n");
    await expect(suite("LA-1").run(options)).rejects.toThrow(/^the rule book of lamp, .*lamp\.md, has no rule: expected items such as "- \*\*AB-1\*\* /);
  });
});
