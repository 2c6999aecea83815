import path from "node:path";
import { fromFile } from "@asyncapi/parser";
import { describe, expect, it } from "vitest";
import type { Inventory } from "../../../codegen/load.ts";
import { newParser } from "../../../codegen/parser.ts";

const file = path.resolve(import.meta.dirname, "../../../codegen/fixtures/frames.asyncapi.yaml");

const isError = ({ severity }: { readonly severity: number }): boolean => severity === 0;

describe("the parser's inventory of files, which is no public interface", () => {
  it("still has the members that are used", async () => {
    let inventory: Inventory | undefined;
    const parser = newParser([], (given) => void (inventory = given as Inventory));
    expect(await fromFile(parser, file).validate()).toEqual([]);
    const shared = path.join(path.dirname(file), "shared/parts.yaml");
    expect(inventory?.document.data).toMatchObject({ asyncapi: "3.1.0" });
    expect(inventory?.document.getRangeForJsonPath(["info", "title"], true)).toMatchObject({ start: { line: 1, character: 15 } });
    expect(Object.keys(inventory?.referencedDocuments ?? {})).toEqual([shared]);
    expect(inventory?.referencedDocuments[shared]?.data).toMatchObject({ schemas: { Part: { discriminator: "kind" } } });
    const found = inventory?.findAssociatedItemForPath(["components", "schemas", "Part", "oneOf"], true);
    expect(found).toMatchObject({ path: ["schemas", "Part", "oneOf"], document: { source: shared } });
  });

  it("judges one document after the other by AsyncAPI's schema, compiled once", async () => {
    const shape = path.join(path.dirname(file), "refused/shape.asyncapi.yaml");
    const found = async (document: string): Promise<string[]> =>
      (await fromFile(newParser([], () => undefined), document).validate()).filter(isError).map(({ message }) => message);
    const first = await found(shape);
    expect(first).toContain('"info" property must have required property "version"');
    expect(await found(file)).toEqual([]);
    expect(await found(shape)).toEqual(first);
  });
});
