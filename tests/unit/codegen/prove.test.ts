import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import type { Protocol } from "../../../codegen/ir.ts";
import { drawAll, type Fault, type Generated, type Validator } from "../../../codegen/prove/draw.ts";
import { isProven, type Proof, prove } from "../../../codegen/prove/prove.ts";
import { describeAll, describeProof } from "../../../codegen/prove/report.ts";
import { typeErrorsIn } from "../../../codegen/prove/typecheck.ts";
import { Workshop } from "./workshop.ts";

const repository = path.resolve(import.meta.dirname, "../../..");
const folder = mkdtempSync(path.join(tmpdir(), "prove-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const letters = path.join(repository, "codegen/fixtures/letters.asyncapi.yaml");

const protocol = { types: [{ name: "Lamp" }], messages: [{ name: "Lamp", type: "Lamp" }] } as unknown as Protocol;

function refusing(keyword: string, instancePath: string, isRight: (value: unknown) => boolean): Validator {
  const validate: Validator = (value) => {
    validate.errors = isRight(value) ? null : [{ keyword, instancePath, params: {} }];
    return validate.errors === null;
  };
  return validate;
}

function faultsOf(changes: Partial<Generated>): readonly Fault[] {
  const sound: Generated = {
    arbitraries: { Lamp: fc.boolean() },
    nearMisses: { Lamp: fc.constant({ value: "yes", keyword: "type", path: "", change: "a string for a boolean" }) },
    validators: { Lamp: refusing("type", "", (value) => typeof value === "boolean") },
  };
  return [...drawAll(protocol, { ...sound, ...changes }, 20)].flatMap(({ faults }) => faults);
}

const proof: Proof = { document: "a.yaml", refusals: [], typeErrors: [], unbreakable: [], messages: 2, drawings: [], seconds: 1 };

describe("what is drawn", () => {
  it("has no fault where validators accept the values and refuse the near misses as predicted", () => {
    expect(faultsOf({})).toEqual([]);
  });

  it("is a fault where a value is refused, once for all values that are refused alike", () => {
    const refused = { of: "Lamp", what: "valid value", expected: "accepted", actual: 'type at ""' };
    expect(faultsOf({ arbitraries: { Lamp: fc.constant(7) } })).toEqual([{ ...refused, value: 7 }]);
  });

  it("is a fault where JSON text does not keep a value", () => {
    const found = faultsOf({ arbitraries: { Lamp: fc.constant(undefined) }, validators: { Lamp: refusing("type", "", (value) => value !== "yes") } });
    expect(found).toMatchObject([{ what: "valid value", expected: "the same as JSON text" }]);
  });

  it("is a fault where a near miss is accepted, or refused for another reason or at another place", () => {
    const cameOf = (validate: Validator): string[] => faultsOf({ arbitraries: {}, validators: { Lamp: validate } }).map(({ expected, actual }) => `${expected}: ${actual}`);
    expect(cameOf(refusing("type", "", () => true))).toEqual(['type at "": accepted']);
    expect(cameOf(refusing("enum", "", () => false))).toEqual(['type at "": enum at ""']);
    expect(cameOf(refusing("type", "/on", () => false))).toEqual(['type at "": type at "/on"']);
  });

  it("is a fault where nothing can be drawn, but not where the document says that nothing can be", () => {
    const throwing = (message: string): fc.Arbitrary<never> => fc.constant(0).map((): never => { throw new Error(message); });
    expect(faultsOf({ arbitraries: { Lamp: throwing("no luck") } })).toMatchObject([{ what: "no values", actual: "no luck" }]);
    expect(faultsOf({ arbitraries: { Lamp: throwing("no value can satisfy this type") } })).toEqual([]);
  });
});

describe("a document", () => {
  it("is proven where all is as predicted, types too", async () => {
    const steps: string[] = [];
    const found = await prove({ document: letters, values: 10, folder: path.join(folder, "letters"), say: (step) => void steps.push(step) });
    expect(found).toMatchObject({ refusals: [], typeErrors: [], unbreakable: [], messages: 5 });
    expect(isProven(found)).toBe(true);
    expect(found.drawings.map(({ count }) => count)).toEqual(found.drawings.map(() => 10));
    expect(steps[0]).toBe("generates");
    expect(steps.at(-1)).toMatch(/^near misses of \w+ drawn, (\d+) of \1$/u);
    expect(describeProof(found, "letters.yaml")).toMatch(/^proven {3}letters\.yaml {2}5 messages, 140 values and 50 near misses in \d+\.\d s$/u);
  }, 30_000);

  it("is not proven where it is refused, and the places are said", async () => {
    const workshop = new Workshop().write({ "their.yaml": "asyncapi: 3.0.0\ninfo: { title: A, version: 1.0.0 }\nchannels: { a: { $ref: nowhere.yaml } }\n" });
    const found = await prove({ document: path.join(workshop.root, "their.yaml"), values: 10, folder: path.join(folder, "refused"), say: () => undefined });
    workshop.remove();
    expect(isProven(found)).toBe(false);
    expect(describeProof(found, "their.yaml")).toMatch(/^refused {2}their\.yaml {2}1 error\n {2}.*their\.yaml:3:24: \$ref "nowhere\.yaml" names a file that does not exist$/u);
  }, 30_000);

  it("is proven where it says what no value can be, which is said of it, and what every value is", async () => {
    const channel = (payload: string): string => `{ subscribe: { message: { payload: ${payload} } } }`;
    const text = `asyncapi: 2.6.0\ninfo: { title: A, version: 1.0.0 }\nchannels:\n  lost: ${channel("{ type: object, additionalProperties: false, required: [a] }")}\n  any: ${channel("{}")}\n`;
    const workshop = new Workshop().write({ "their.yaml": text });
    const found = await prove({ document: path.join(workshop.root, "their.yaml"), values: 10, folder: path.join(folder, "impossible"), say: () => undefined });
    workshop.remove();
    expect(isProven(found)).toBe(true);
    expect(describeProof(found, "a.yaml")).toMatch(/; any value is accepted by AnySubscribeMessage; no value can be a LostSubscribeMessage$/u);
  }, 30_000);

  it("is not proven where its types do not fit", async () => {
    const workshop = new Workshop().write({ "package.json": '{ "type": "module" }', "wrong.ts": "export const a: string = 7;\n" });
    const typeErrors = await typeErrorsIn(workshop.root);
    workshop.remove();
    expect(typeErrors).toEqual([expect.stringMatching(/^wrong\.ts\(1,14\): error TS2322/u)]);
    expect(isProven({ ...proof, typeErrors })).toBe(false);
    expect(describeProof({ ...proof, typeErrors }, "a.yaml")).toContain("FAULTY   a.yaml  2 messages");
  }, 30_000);

  it("is not proven where the generator crashes", () => {
    const found = { ...proof, crash: "Error: oh\n    at build.ts:1" };
    expect(isProven(found)).toBe(false);
    expect(describeProof(found, "a.yaml")).toBe("FAULTY   a.yaml  the generator crashed; please report it\n  Error: oh\n  at build.ts:1");
  });

  it("is shown with a table of its faults, and counted among all", () => {
    const fault: Fault = { of: "Lamp", what: "below the minimum", expected: 'minimum at "/level"', actual: "accepted", value: { level: -1 } };
    const faulty: Proof = { ...proof, drawings: [{ of: "Lamp", drawn: "near misses", count: 9, ms: 2400, faults: [fault], isImpossible: false }] };
    expect(describeProof(faulty, "a.yaml").split("\n")).toEqual([
      "FAULTY   a.yaml  2 messages, 0 values and 9 near misses in 1.0 s; slowest Lamp with 2.4 s",
      "  of    what               expected             came      value",
      '  Lamp  below the minimum  minimum at "/level"  accepted  {"level":-1}',
    ]);
    expect(describeAll([proof, faulty, { ...proof, refusals: ["a"] }])).toBe("3 documents, 6 messages: 1 proven, 1 refused, 1 with faults");
  });
});

describe("npm run prove", () => {
  function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
    const { status, stdout, stderr } = spawnSync(process.execPath, [path.join(repository, "codegen/prove/main.ts"), ...args], { cwd: repository, encoding: "utf8" });
    return { status, stdout, stderr };
  }

  it("says a line per document and ends with 1 where one is refused", () => {
    const { status, stdout } = run("codegen/fixtures/letters.asyncapi.yaml", "package.json", "--values", "5");
    expect(status).toBe(1);
    expect(stdout).toMatch(/^proven {3}codegen\/fixtures\/letters\.asyncapi\.yaml .*\nrefused {2}package\.json {2}\d+ errors?\n(?: {2}.*\n)+prove: 2 documents, 5 messages: 1 proven, 1 refused, 0 with faults\n$/u);
  }, 30_000);

  it("refuses questions it cannot answer in one line", () => {
    expect(run()).toMatchObject({ status: 2, stderr: "prove: name at least one AsyncAPI document; --help lists what there is\n" });
    expect(run("nowhere.yaml")).toMatchObject({ status: 2, stderr: 'prove: there is no file "nowhere.yaml"; name the AsyncAPI documents by their paths\n' });
    expect(run(letters, "--values", "0")).toMatchObject({ status: 2, stderr: 'prove: --values must be a whole number from 1 to 999999, not "0"\n' });
  }, 20_000);
});
