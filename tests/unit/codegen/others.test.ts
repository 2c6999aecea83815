import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isProven, prove } from "../../../codegen/prove/prove.ts";
import { readProtocolOf, Workshop } from "./workshop.ts";

const zoo = ({ message = "payload: { $ref: '#/components/schemas/Pet' }", schemas = "    Pet: { type: object }", more = "" }): string => `asyncapi: 3.0.0
info: { title: Zoo, version: 1.0.0 }
channels:
  zoo: { messages: { pet: { $ref: '#/components/messages/pet' } } }
operations:
  tell: { action: send, channel: { $ref: '#/channels/zoo' } }
components:
  messages:
    pet: { ${message} }
${more}  schemas:
${schemas}
`;

const openApi = "application/vnd.oai.openapi;version=3.0.0";

/** AsyncAPI 2 names the format of a payload beside it, and what that refers to is of the same format. */
const oldZoo = (schemas: string): string => `asyncapi: 2.6.0
info: { title: Zoo, version: 1.0.0 }
channels:
  zoo: { subscribe: { message: { name: pet, schemaFormat: '${openApi}', payload: { $ref: '#/components/schemas/Pet' } } } }
components:
  schemas:
${schemas}
`;

let workshop: Workshop;
beforeEach(() => void (workshop = new Workshop()));
afterEach(() => workshop.remove());

const errorsIn = (findings: readonly string[]): string[] => findings.filter((finding) => !finding.startsWith("warning: "));

describe("somebody else's document", () => {
  it("is not refused for what is wrong beside the wire, but told of it", async () => {
    const text = `asyncapi: 2.6.0
info: { title: Zoo, description: { $ref: zoo.md } }
id: not an address
servers: { main: { url: x, protocol: ws, security: [{ nobody: [] }] } }
channels:
  zoo:
    parameters: { cage: { schema: { type: string } } }
    subscribe:
      security: [{ $ref: '#/components/securitySchemes/nobody' }]
      message:
        description: A pet that says its name.
        correlationId: { location: nowhere }
        payload: { $ref: '#/components/schemas/Pet' }
        examples: [{ rex: { payload: { name: Rex } } }]
components:
  schemas: { Pet: { type: object, properties: { name: { type: string } } } }
`;
    const { findings, protocol } = await readProtocolOf(workshop, text);
    expect(errorsIn(findings)).toEqual([]);
    expect(findings).toEqual(
      expect.arrayContaining([
        expect.stringContaining('warning: their.yaml:2:6: "info" property must have required property "version"'),
        expect.stringContaining('warning: their.yaml:2:42: $ref "zoo.md" names a file that does not exist'),
        expect.stringMatching(/^warning: their\.yaml:9:\d+: \$ref "#\/components\/securitySchemes\/nobody" points at nothing$/u),
        'warning: their.yaml:14:20: Item at index 0 must have required property "payload"',
      ]),
    );
    expect(findings.filter((finding) => /is not expected|required property "oneOf"/u.test(finding))).toEqual([]);
    expect(protocol.messages.map(({ type }) => type)).toHaveLength(1);
  });

  it("is refused for what is wrong on the wire, and only that is an error", async () => {
    const { findings } = await readProtocolOf(workshop, zoo({ message: "payload: { $ref: '#/components/schemas/Pat' }, examples: [{ rex: {} }]" }));
    expect(errorsIn(findings)).toEqual(['their.yaml:9:29: $ref "#/components/schemas/Pat" points at nothing']);
  });

  it("may say some of the headers in traits, from another file too; the message has the last word", async () => {
    workshop.write({
      "traits/headers.yaml": "common:\n  headers: { type: object, required: [trace], properties: { trace: { $ref: '#/Trace' }, age: { type: string } } }\nTrace: { type: string, minLength: 3 }\n",
    });
    const message = "traits: [{ $ref: 'traits/headers.yaml#/common' }], headers: { type: object, properties: { age: { type: integer } } }, payload: { type: object }";
    const { findings, protocol, validate } = await readProtocolOf(workshop, zoo({ message }));
    expect(errorsIn(findings)).toEqual([]);
    expect(protocol.messages[0]?.headers).toBe("PetHeaders");
    const verdicts = [{ trace: "abc" }, { trace: "abc", age: 3 }, { trace: "ab" }, { age: 3 }, { trace: "abc", age: "3" }];
    expect(verdicts.map((headers) => validate("PetHeaders", headers))).toEqual([true, true, false, false, false]);
  });

  it("may have messages that share a schema with a format around it; each has its own name", async () => {
    const wrapped = "    Pet: { schemaFormat: 'application/schema+json;version=draft-07', schema: { type: object, required: [name] } }";
    const more = "    cat: { payload: { $ref: '#/components/schemas/Pet' } }\n";
    const text = zoo({ schemas: wrapped, message: "payload: { $ref: '#/components/schemas/Pet' }", more }).replace("messages: { pet:", "messages: { cat: { $ref: '#/components/messages/cat' }, pet:");
    const { findings, protocol, validate } = await readProtocolOf(workshop, text.replaceAll("pet: {", "dog: {").replaceAll("messages/pet", "messages/dog"));
    expect(errorsIn(findings)).toEqual([]);
    expect(protocol.messages.map(({ name }) => name)).toEqual(["Cat", "Dog"]);
    expect([validate("Cat", {}), validate("Dog", { name: 1 })]).toEqual([false, true]);
  });

  it("may have schemas that are files of their own, which are named after their files", async () => {
    workshop.write({
      "schemas/pet-food.schema.json": '{ "type": "object", "properties": { "maker": { "$ref": "maker.json" } } }',
      "schemas/maker.json": '{ "type": "string" }',
    });
    const { findings, protocol } = await readProtocolOf(workshop, zoo({ message: "payload: { $ref: schemas/pet-food.schema.json }" }));
    expect(errorsIn(findings)).toEqual([]);
    expect(protocol.types.map(({ name }) => name)).toEqual(["PetPayload", "PetFood", "Maker", "Pet"]);
  });

  it("may have a pattern that no value can be drawn from, and a correlation id that is nowhere", async () => {
    const schemas = String.raw`    Pet: { type: object, required: [id], properties: { id: { type: string, pattern: '^([\+-]?\d{2})(?=x)\1?$' } } }`;
    const message = "correlationId: { location: '$message.payload#/nobody' }, payload: { $ref: '#/components/schemas/Pet' }";
    const { findings } = await readProtocolOf(workshop, zoo({ message, schemas }));
    expect(errorsIn(findings)).toEqual([]);
    expect(findings).toContainEqual(expect.stringMatching(/^warning: .*the payload has no "nobody" for the correlation id$/u));
  });

  it("is told of the cause where the parser takes a whole message for wrong", async () => {
    const { findings } = await readProtocolOf(workshop, oldZoo("    Pet: { type: object, properties: { age: { type: int } } }").replace(/schemaFormat: '[^']*', /u, "title: A pet., "));
    expect(new Set(errorsIn(findings).map((finding) => finding.replace(/: .*$/u, "")))).toEqual(new Set(["their.yaml:7:53"]));
  });

  it("may have a discriminator that tells nothing: then the branches are tried", async () => {
    const schemas = `    Pet: { oneOf: [{ $ref: '#/components/schemas/Cat' }, { $ref: '#/components/schemas/Dog' }], discriminator: kind }
    Kind: { type: object, required: [kind], properties: { kind: { enum: [cat, dog] } } }
    Cat: { allOf: [{ $ref: '#/components/schemas/Kind' }, { required: [purrs] }] }
    Dog: { allOf: [{ $ref: '#/components/schemas/Kind' }, { required: [barks] }] }`;
    const { findings, validate } = await readProtocolOf(workshop, zoo({ schemas }));
    expect(findings).toContain('warning: their.yaml:11:112: two branches have "cat" as their "kind"');
    expect([{ kind: "dog", purrs: 1 }, { kind: "cat", barks: 1 }, { kind: "cat" }].map((value) => validate("Pet", value))).toEqual([true, true, false]);
  });

  it("is told where several branches of oneOf accept every value, so that none is of exactly one", async () => {
    const schemas = "    Pet: { oneOf: [{ $ref: '#/components/messages/pet' }, { description: A wild one. }, { type: string }] }";
    const { findings, protocol } = await readProtocolOf(workshop, zoo({ schemas }));
    expect(findings).toContain("warning: their.yaml:11:18: no value can satisfy this: several branches of oneOf accept every value");
    expect(protocol.types.find(({ name }) => name === "Pet")?.node.kind).toBe("never");
  });
});

describe("what is drawn from somebody else's document", () => {
  it("fits a pattern that looks ahead, and of a string with a format breaks nothing that cannot be told from it", async () => {
    const schemas = String.raw`    Pet:
      type: object
      required: [born, id]
      properties:
        born: { type: string, pattern: '^\d{4}-\d{2}(?!x)(-?)\d{2}$' }
        id: { type: string, format: uuid, pattern: '^[0-9a-f-]{36}$', minLength: 36, maxLength: 36 }`;
    workshop.write({ "their.yaml": zoo({ schemas }) });
    const found = await prove({ document: `${workshop.root}/their.yaml`, values: 300, folder: `${workshop.root}/proof`, say: () => undefined });
    expect(found.drawings.flatMap(({ faults }) => faults)).toEqual([]);
    expect(isProven(found)).toBe(true);
  }, 30_000);
});

describe("a payload in the schemas of OpenAPI 3.0", () => {
  const schemas = `    Pet:
      oneOf: [{ $ref: '#/components/schemas/Cat' }, { $ref: '#/components/schemas/Dog' }, { $ref: '#/components/schemas/Fox' }]
      discriminator: { propertyName: kind, mapping: { cat: '#/components/schemas/Cat', hound: Dog, wolf: Dog } }
    Cat:
      type: object
      required: [kind]
      properties:
        kind: { type: string }
        name: { type: string, nullable: true, example: Tom }
        age: { type: number, minimum: 0, exclusiveMinimum: true, maximum: 30, exclusiveMaximum: false }
    Dog: { type: object, required: [kind], properties: { kind: { type: string }, photo: { type: string, format: byte, readOnly: true, xml: { name: p } } } }
    Fox: { type: object, required: [kind], properties: { kind: { type: string }, tail: { type: array, nullable: true, items: { type: integer, format: int32, nullable: true } } } }`;

  it("says null, open bounds and the tags of variants in words of its own", async () => {
    const { findings, validate } = await readProtocolOf(workshop, oldZoo(schemas));
    expect(errorsIn(findings)).toEqual([]);
    const accepted = [{ kind: "cat", name: null, age: 30 }, { kind: "hound", photo: "x" }, { kind: "wolf" }, { kind: "Fox", tail: [1, null] }, { kind: "Fox", tail: null }];
    const refused = [{ kind: "cat", name: 1 }, { kind: "cat", age: 0 }, { kind: "cat", age: 31 }, { kind: "Dog" }, { kind: "hound", photo: null }, { kind: "Fox", tail: ["x"] }];
    expect(accepted.map((value) => validate("Pet", value))).toEqual(accepted.map(() => true));
    expect(refused.map((value) => validate("Pet", value))).toEqual(refused.map(() => false));
    expect(findings.filter((finding) => /unknown (?:keyword|format)/u.test(finding))).toEqual([]);
  });

  it("is read with its format around it too, and a schema that two refer to is read once", async () => {
    const wrapped = (schema: string): string => `{ schemaFormat: '${openApi}', schema: ${schema} }`;
    const text = zoo({
      message: `payload: ${wrapped("{ type: object, properties: { a: { $ref: '#/components/schemas/Age' }, b: { $ref: '#/components/schemas/Age' } } }")}`,
      schemas: `    Age: ${wrapped("{ type: number, minimum: 0, exclusiveMinimum: true, nullable: true }")}`,
    });
    const { findings, validate } = await readProtocolOf(workshop, text);
    expect(errorsIn(findings)).toEqual([]);
    expect([{ a: null, b: 1 }, { a: 0 }, { b: 0 }].map((value) => validate("Pet", value))).toEqual([true, false, false]);
  });

  it("is refused where it says what JSON Schema has no words for, with the place", async () => {
    const { findings } = await readProtocolOf(workshop, oldZoo("    Pet:\n      type: object\n      properties:\n        photo: { type: file }\n        name: { type: string, nullable: maybe }\n        any: { nullable: true }"));
    expect(errorsIn(findings)).toEqual([
      'their.yaml:10:24: type "file" is none of array, boolean, integer, null, number, object, string',
      'their.yaml:11:41: "nullable" is true or false, not "maybe"',
    ]);
    expect(findings).toContain('warning: their.yaml:12:26: "nullable" without a type beside it says nothing in OpenAPI 3.0; say the type too');
  });
});
