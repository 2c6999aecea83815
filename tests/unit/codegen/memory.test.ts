import { rmSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { KnownDocuments } from "../../../codegen/known-documents.ts";
import { recall, remember, type Remembered } from "../../../codegen/memory.ts";
import { findDocuments, inTurn, runCodegen } from "../../../codegen/run.ts";
import { watchFolder } from "../../../codegen/watch.ts";
import { soundDocument, soundFiles, Workshop } from "./workshop.ts";

let workshop: Workshop;
beforeEach(() => void (workshop = new Workshop()));
afterEach(() => workshop.remove());
const file = (name: string): string => path.join(workshop.root, name);

describe("the memory of the last run", () => {
  const remembered = (): Remembered => ({ inputs: [file("spec"), file("lock.json")], out: file("generated"), file: file("cache/codegen.json") });
  beforeEach(() => void workshop.write({ "spec/lamp.yaml": "a", "spec/shared/lamp.yaml": "b", "lock.json": "{}", "generated/lamp.ts": "c" }));

  it("knows that nothing has changed", () => {
    expect(recall(remembered())).toBeUndefined();
    remember(remembered(), 1);
    expect(recall(remembered())).toBe(1);
  });

  it.each([
    ["a document that changed", () => writeFileSync(file("spec/shared/lamp.yaml"), "B")],
    ["a new document", () => writeFileSync(file("spec/door.yaml"), "")],
    ["another version of what generates", () => writeFileSync(file("lock.json"), "{ }")],
    ["a generated file that was edited", () => writeFileSync(file("generated/lamp.ts"), "d")],
    ["a generated file that is gone", () => rmSync(file("generated/lamp.ts"))],
    ["a file too many", () => writeFileSync(file("generated/door.ts"), "")],
    ["a memory that is no memory", () => writeFileSync(file("cache/codegen.json"), "{")],
  ])("does not know that of %s", (_, change) => {
    remember(remembered(), 1);
    change();
    expect(recall(remembered())).toBeUndefined();
  });
});

describe("documents that are known", () => {
  const runs: string[] = [];
  const documents = new Map<string, KnownDocuments>();
  const run = async (): Promise<readonly string[]> => {
    const known = documents.get(workshop.root) ?? new KnownDocuments();
    documents.set(workshop.root, known);
    const request = { root: workshop.root, documents: findDocuments(file("spec")), out: file("generated"), own: true, check: false };
    const { plan, findings } = await runCodegen(request, inTurn(known));
    runs.push(...plan.write);
    return [...plan.write, ...findings.map(({ message }) => message)];
  };
  /** As if it had been written long before. */
  const settle = (name: string): void => utimesSync(file(name), new Date(0), new Date(0));

  it("are read again when they or what they refer to changes, and then alone", async () => {
    workshop.write({ ...soundFiles, "spec/lamp2.asyncapi.yaml": soundDocument });
    for (const name of ["spec/lamp2.asyncapi.yaml", ...Object.keys(soundFiles)]) settle(name);
    await run();
    expect(await run()).toEqual([]);
    const shared = soundFiles["spec/shared/lamp.yaml"];
    writeFileSync(file("spec/shared/lamp.yaml"), shared.replace("maximum: 9 ", "maximum: 8 "));
    expect(await run()).toEqual(expect.arrayContaining(["lamp/validators.ts", "lamp2/validators.ts"]));
    writeFileSync(file("spec/lamp2.asyncapi.yaml"), soundDocument.replace("title: Lamp", "title: Lantern"));
    expect(await run()).toEqual(["lamp2/tables.ts"]);
  }, 20_000);

  it("are read in every run while something is wrong with them", async () => {
    workshop.write(soundFiles);
    writeFileSync(file("spec/lamp.asyncapi.yaml"), soundDocument.replace("shared/lamp.yaml#", "shared/door.yaml#"));
    expect((await run()).join()).toContain("names a file that does not exist");
    writeFileSync(file("spec/shared/door.yaml"), soundFiles["spec/shared/lamp.yaml"]);
    expect(await run()).toContain("lamp/types.ts");
  }, 20_000);
});

describe("watching a folder", () => {
  it("runs once, then once for all that is written in one moment, until it is ended", async () => {
    workshop.write({ "spec/lamp.yaml": "a" });
    const ended = new AbortController();
    let [count, seen] = [0, (): void => undefined];
    const next = (): Promise<void> => new Promise((resolve) => void (seen = resolve));
    const run = async (): Promise<void> => {
      count += 1;
      seen();
    };
    const first = next();
    const watching = watchFolder({ folder: file("spec"), run, signal: ended.signal });
    await first;
    const second = next();
    for (const text of ["b", "c", "d"]) writeFileSync(file("spec/lamp.yaml"), text);
    await second;
    expect(count).toBe(2);
    ended.abort();
    await watching;
    writeFileSync(file("spec/lamp.yaml"), "e");
    expect(count).toBe(2);
  });
});
