import { existsSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { formats } from "../../../codegen/emit/formats.ts";
import { soundFiles, Workshop } from "./workshop.ts";

type File = keyof typeof soundFiles;

const lamp = "spec/lamp.asyncapi.yaml";
const shared = "spec/shared/lamp.yaml";
const config = "spec/config/lamp.yaml";
const example = "spec/examples/lamp/state.dark.json";

interface Fault {
  readonly name: string;
  readonly file: File;
  /** What is done to the sound text. */
  readonly edits: readonly (readonly [from: string, to: string])[];
  readonly findings: readonly string[];
}

function fault(name: string, file: File, from: string, to: string, ...findings: string[]): Fault {
  return { name, file, edits: [[from, to]], findings };
}

/** Faults after which nothing more can be said about the document. */
const lone: readonly Fault[] = [
  fault("YAML that does not parse", lamp, "operations:", "operations: [", `${lamp}:11:11: Missed comma between flow collection entries`),
  fault(
    "a key that is there twice",
    lamp,
    "      title: Switch the lamp",
    "      title: Switch the lamp\n      title: Again",
    `${lamp}:21:14: Duplicate key: title`,
  ),
  fault(
    "a growing text that is none",
    lamp,
    "      title: Switch the lamp",
    "      title: Switch the lamp\n      x-hot: true\n      x-grows: on",
    `${lamp}:22:16: the payload has no text "on"`,
  ),
  fault(
    "a growing text in a message that is seldom sent",
    lamp,
    "      title: Switch the lamp",
    "      title: Switch the lamp\n      x-grows: id",
    `${lamp}:21:16: "x-grows" goes with "x-hot: true"`,
  ),
  fault(
    "a growing text without a name",
    lamp,
    "      title: Switch the lamp",
    "      title: Switch the lamp\n      x-grows: [id]",
    `${lamp}:21:15: "x-grows" must be the name of a property`,
  ),
  fault("another version of AsyncAPI", lamp, "asyncapi: 3.1.0", "asyncapi: 1.2.0", `${lamp}:1:1: Version "1.2.0" is not supported. Please use "3.1.0" (latest) version of the specification`),
  fault(
    "a missing file",
    lamp,
    "shared/lamp.yaml#",
    "shared/lump.yaml#",
    `${lamp}:28:24: $ref "shared/lump.yaml#/schemas/State" names a file that does not exist`,
  ),
  fault(
    "a missing pointer",
    lamp,
    "'#/components/schemas/Switch'",
    "'#/components/schemas/Swich'",
    `${lamp}:22:24: $ref "#/components/schemas/Swich" points at nothing`,
  ),
  fault(
    "a missing pointer into another file",
    lamp,
    "#/schemas/State'",
    "#/schemas/Stat'",
    `${lamp}:28:24: $ref "shared/lamp.yaml#/schemas/Stat" points at nothing`,
  ),
  fault(
    "a reference into the network",
    lamp,
    "shared/lamp.yaml#/schemas/State",
    "https://example.org/lamp.yaml#/schemas/State",
    `${lamp}:28:24: $ref "https://example.org/lamp.yaml#/schemas/State" is on the network; documents are read from files only: save it beside the document and refer to that file`,
  ),
  fault(
    "a wrong type in a shared file",
    shared,
    "integer",
    "integre",
    `${shared}:8:22: "type" property must be equal to one of the allowed values: "array", "boolean", "integer", "null", "number", "object", "string". Did you mean "integer"?`,
  ),
  fault(
    "a payload that is no schema",
    lamp,
    "payload: { $ref: '#/components/schemas/Switch' }",
    "payload: true",
    `${lamp}:22:16: "payload" property type must be object`,
  ),
  fault(
    "an example that does not match",
    lamp,
    "id: a, on: true",
    "id: a, on: yes",
    `${lamp}:24:52: the example of "lamp.switch" does not match: Invalid field on: expected true or false, got "yes"`,
  ),
  fault(
    "a schema that contains itself through allOf",
    lamp,
    "    Switch:\n",
    "    Switch:\n      allOf: [{ $ref: '#/components/schemas/Switch' }]\n",
    `${lamp}:32:12: "Switch" contains itself through allOf, oneOf or anyOf`,
  ),
  fault(
    "a type name that is taken twice",
    lamp,
    "  schemas:\n",
    "  schemas:\n    State: { type: string, maxLength: 4 }\n",
    `${lamp}:32:11: the type name "State" is taken by ${shared}:2:9; rename one of the two`,
  ),
  fault(
    "no example",
    lamp,
    "      examples:\n        - payload: { type: lamp.switch, id: a, on: true }\n",
    "",
    `${lamp}:18:12: "lamp.switch" has no example`,
  ),
  fault(
    "configuration that is no YAML",
    config,
    "properties:",
    "properties: ]",
    `${config}:5:13: Unexpected flow-seq-end token in YAML stream: "]"`,
  ),
  {
    name: "a tag that two messages share",
    file: lamp,
    edits: [
      [
        "messages: [{ $ref: '#/channels/lamp/messages/switch' }]",
        "messages: [{ $ref: '#/channels/lamp/messages/switch' }, { $ref: '#/channels/lamp/messages/state' }]",
      ],
      ["const: lamp.switch", "const: lamp.state"],
    ],
    findings: [`${lamp}:25:11: "lamp.state" cannot be told from "lamp.switch": both have "lamp.state" as their "type"`],
  },
];

/** Faults on different lines, which are all reported at once. */
const together: readonly (readonly Fault[])[] = [
  [
    fault(
      "a keyword beside a reference",
      lamp,
      "payload: { $ref: '#/components/schemas/Switch' }",
      "payload: { $ref: '#/components/schemas/Switch', minProperties: 2 }",
      `${lamp}:22:70: "minProperties" beside $ref has no effect; use allOf`,
    ),
    fault(
      "a correlation id that is nowhere",
      lamp,
      "payload#/id",
      "payload#/ident",
      `${lamp}:21:21: the payload has no "ident" for the correlation id`,
    ),
    fault(
      "a required property nobody describes",
      lamp,
      "required: [type, id, on]",
      "required: [type, id, on, off]",
      `${lamp}:34:32: "off" is required but not described`,
    ),
    fault(
      "an unknown key of ours",
      lamp,
      "type: { const: lamp.switch }",
      "type: { const: lamp.switch, x-hott: true }",
      `${lamp}:36:45: unknown extension "x-hott" of a schema`,
    ),
    fault(
      "a misspelt keyword",
      lamp,
      "minLength: 1",
      "minLenght: 1",
      `${lamp}:37:40: unknown keyword "minLenght", did you mean "minLength"?`,
    ),
    fault(
      "schemas no value can satisfy at once",
      lamp,
      "on: { type: boolean, default: true }",
      "on: { allOf: [{ type: object }, { type: array, maxItems: 1 }] }",
      `${lamp}:38:41: no value can satisfy this: an object and an array at once`,
    ),
    fault(
      "a property every object inherits",
      lamp,
      "colours",
      "constructor",
      `${lamp}:39:21: every object inherits a "constructor"; name the property otherwise`,
    ),
    fault("a table row that lacks a column", lamp, "unit: steps, ", "", `${lamp}:41:9: a row must have "unit", a string`),
    fault(
      "an integer that no number can hold",
      shared,
      "maximum: 9 ",
      "maximum: 9007199254740993 ",
      `${shared}:8:52: maximum is beyond 9007199254740991, where numbers lose digits`,
    ),
  ],
  [
    fault(
      "a message name that is taken twice",
      lamp,
      "name: lamp.state",
      "name: lamp.switch",
      `${lamp}:25:11: two messages have the name "lamp.switch": Switch and State`,
    ),
    fault(
      "a pattern that is no regular expression",
      lamp,
      "'^[a-z]+$'",
      "'^[a-z+$'",
      `${lamp}:37:66: the pattern is no regular expression: /^[a-z+$/u: Unterminated character class`,
    ),
    fault(
      "a minimum above the maximum",
      shared,
      "minimum: 0, maximum: 9",
      "minimum: 10, maximum: 9",
      `${shared}:8:40: no value can satisfy this: minimum 10 is above maximum 9`,
    ),
    fault(
      "an unknown form hint",
      config,
      "sensitive: true",
      "sensitiv: true",
      `${config}:7:103: unknown hint "sensitiv"; known are label, help, advanced, sensitive, placeholder, tags`,
    ),
  ],
  [
    fault("a pattern without anchors", lamp, "'^[a-z]+$'", "'[a-z]+'", `${lamp}:37:66: the pattern must be anchored with ^ and $`),
    fault(
      "a configuration default that does not match",
      config,
      "default: 80",
      "default: 0",
      `${config}:6:54: the default does not match its own schema: expected a number of at least 1, got 0`,
    ),
  ],
  [
    fault(
      "a format nobody checks",
      lamp,
      "pattern: '^[a-z]+$'",
      "format: colour",
      `${lamp}:37:65: unknown format "colour"; known are ${Object.keys(formats).join(", ")}`,
    ),
  ],
  [fault("a string without a bound", lamp, "maxLength: 8, ", "", `${lamp}:37:12: a string needs a maxLength`)],
  [
    fault(
      "a default that does not match",
      lamp,
      "default: true",
      "default: 1",
      `${lamp}:38:39: the default does not match its own schema: expected true or false, got 1`,
    ),
    fault(
      "an example file that does not match",
      example,
      '"level": 0',
      '"level": 12',
      `${example}:1:25: the example of "lamp.state" does not match: Invalid field level: expected a number of at most 9, got 12`,
    ),
  ],
  [
    fault(
      "a message nobody sends",
      lamp,
      "    reply:\n      messages: [{ $ref: '#/channels/lamp/messages/state' }]\n",
      "",
      `${lamp}:23:11: no operation receives or sends "lamp.state"`,
    ),
  ],
];

describe("a faulty document", () => {
  let workshop: Workshop;
  beforeEach(() => void (workshop = new Workshop()));
  afterEach(() => workshop.remove());

  for (const faults of [...lone.map((each) => [each]), ...together]) {
    it(`with ${faults.map(({ name }) => name).join(", ")} is refused at the very place, and nothing is written`, async () => {
      const files: Record<File, string> = { ...soundFiles };
      for (const { file, edits } of faults) {
        for (const [from, to] of edits) {
          expect(files[file]).toContain(from);
          files[file] = files[file].replace(from, () => to);
        }
      }
      workshop.write(files);
      const found = await workshop.findings();
      expect(found.toSorted()).toEqual(faults.flatMap(({ findings }) => findings).toSorted());
      expect(existsSync(path.join(workshop.root, "generated"))).toBe(false);
    });
  }

  it("is reported together with every other faulty document", async () => {
    const other = "spec/other.asyncapi.yaml";
    workshop.write({
      ...soundFiles,
      [other]: soundFiles[lamp].replace("minLength", "minLenght"),
      [config]: soundFiles[config].replace("default: 80", "default: 0"),
    });
    expect(await workshop.findings()).toEqual([
      `${config}:6:54: the default does not match its own schema: expected a number of at least 1, got 0`,
      `${other}:37:40: unknown keyword "minLenght", did you mean "minLength"?`,
    ]);
    expect(existsSync(path.join(workshop.root, "generated"))).toBe(false);
  });

  it("is accepted once nothing is wrong", async () => {
    workshop.write(soundFiles);
    expect(await workshop.findings()).toEqual([]);
    expect(existsSync(path.join(workshop.root, "generated/lamp/types.ts"))).toBe(true);
  });
});

describe("an example file", () => {
  it("named after no message is refused", async () => {
    const workshop = new Workshop().write({ ...soundFiles, "spec/examples/lamp/lantern.json": "{}" });
    expect(await workshop.findings()).toEqual([
      'spec/examples/lamp/lantern.json:1:1: there is no message "lantern" that this could be an example of',
    ]);
    workshop.remove();
  });

  it("stands in for an example in the document", async () => {
    const without = soundFiles[lamp].replace("      examples:\n        - payload: { type: lamp.state, level: 3 }\n", "");
    const workshop = new Workshop().write({ ...soundFiles, [lamp]: without });
    expect(await workshop.findings()).toEqual([]);
    workshop.remove();
  });
});

describe("other people's documents", () => {
  it("are read with warnings where an own document would be refused", async () => {
    const lax = soundFiles[lamp]
      .replace("minLength: 1", "minLenght: 1")
      .replace("'^[a-z]+$'", "'[a-z]+'");
    const workshop = new Workshop().write({ ...soundFiles, [lamp]: lax });
    expect(await workshop.findings({ own: false })).toEqual([
      `warning: ${lamp}:37:40: unknown keyword "minLenght", did you mean "minLength"?`,
    ]);
    expect(existsSync(path.join(workshop.root, "generated/lamp/types.ts"))).toBe(true);
    workshop.remove();
  });
});
