import path from "node:path";
import { fromFile, Parser } from "@asyncapi/parser";
import { describe, expect, it } from "vitest";
import { inventoryOf } from "../../../codegen/load.ts";

describe("the parser's inventory of files, which is no public interface", () => {
  it("still has the members that are used", async () => {
    const file = path.resolve(import.meta.dirname, "../../../codegen/fixtures/frames.asyncapi.yaml");
    const { extras } = await fromFile(new Parser(), file).parse();
    const inventory = inventoryOf(extras?.document);
    const shared = path.join(path.dirname(file), "shared/parts.yaml");
    expect(inventory?.document.data).toMatchObject({ asyncapi: "3.1.0" });
    expect(inventory?.document.getRangeForJsonPath(["info", "title"], true)).toMatchObject({ start: { line: 1, character: 15 } });
    expect(Object.keys(inventory?.referencedDocuments ?? {})).toEqual([shared]);
    expect(inventory?.referencedDocuments[shared]?.data).toMatchObject({ schemas: { Part: { discriminator: "kind" } } });
    const found = inventory?.findAssociatedItemForPath(["components", "schemas", "Part", "oneOf"], true);
    expect(found).toMatchObject({ path: ["schemas", "Part", "oneOf"], document: { source: shared } });
  });
});
