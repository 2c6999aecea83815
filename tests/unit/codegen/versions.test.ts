import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readProtocolOf, Workshop } from "./workshop.ts";

const version2 = `asyncapi: 2.6.0
info: { title: Lamp, version: 1.0.0 }
channels:
  'lamps/{lamp}/state':
    parameters:
      lamp: { description: Which one., schema: { type: string, maxLength: 8 } }
    subscribe:
      operationId: onState
      message:
        oneOf:
          - $ref: '#/components/messages/state'
          - name: gone
            payload: { type: object, properties: { kind: { const: gone } }, required: [kind] }
  'lamps/{lamp}/switch':
    publish:
      message:
        payload: { $ref: '#/components/schemas/Error' }
components:
  messages:
    state:
      headers: { type: object, properties: { seq: { type: integer } } }
      payload: { type: object, properties: { kind: { const: state }, on: { type: boolean } }, required: [kind, on] }
  schemas:
    Error: { type: object, properties: { text: { type: string } } }
    state: { type: string }
`;

describe("a document of AsyncAPI 2", () => {
  let workshop: Workshop;
  beforeEach(() => void (workshop = new Workshop()));
  afterEach(() => workshop.remove());

  it("has channels with what others publish as received and what they subscribe to as sent", async () => {
    const { protocol } = await readProtocolOf(workshop, version2);
    const travels = protocol.channels.map(({ address, received, sent }) => [address, received.messages.map(({ name }) => name), sent.messages.map(({ name }) => name)]);
    expect(travels).toEqual([
      ["lamps/{lamp}/state", [], ["StatePayload", "Gone"]],
      ["lamps/{lamp}/switch", ["LampsLampSwitchPublishMessage"], []],
    ]);
    expect(protocol.channels[0]?.sent.dispatch).toMatchObject({ by: "tag", tag: "kind" });
    expect(protocol.channels[0]?.parameters).toEqual([{ name: "lamp", required: true, schema: { type: "string", maxLength: 8 }, description: "Which one." }]);
    expect(protocol.operations.map(({ key, action }) => [key, action])).toEqual([["onState", "send"], ["lamps/{lamp}/switch publish", "receive"]]);
  });

  it("keeps the names of listed schemas, gives others what is free, and says so", async () => {
    const { protocol, findings } = await readProtocolOf(workshop, version2);
    expect(protocol.messages.map(({ name, type, headers }) => [name, type, headers])).toEqual([
      ["StatePayload", "StatePayload", "StateHeaders"],
      ["Gone", "Gone", undefined],
      ["LampsLampSwitchPublishMessage", "LampsLampSwitchPublishMessage", undefined],
    ]);
    expect(protocol.types.map(({ name }) => name)).toEqual(expect.arrayContaining(["ErrorValue", "State"]));
    expect(findings).toEqual(expect.arrayContaining([expect.stringContaining('the type name "State" is taken by their.yaml:25:11; "StatePayload" is used here'), expect.stringContaining('the type name "Error" is taken by the generated code; "ErrorValue" is used here')]));
  });

  it("is refused where its payload is no JSON Schema, with the place of what says so", async () => {
    const avro = version2.replace("    state:\n      headers", "    state:\n      schemaFormat: application/vnd.apache.avro;version=1.9.0\n      headers").replace(/payload: \{ type: object, properties: \{ kind: \{ const: state.*/u, "payload: { type: record, name: state, fields: [] }");
    const { findings } = await readProtocolOf(workshop, avro);
    const refusals = findings.filter((finding) => !finding.startsWith("warning: "));
    expect(refusals).toEqual(['their.yaml:21:21: schema format "application/vnd.apache.avro;version=1.9.0" is not read; only JSON Schema and the schemas of OpenAPI 3 are']);
  });

  it("is refused in a version that nobody has written yet", async () => {
    const { findings } = await readProtocolOf(workshop, version2.replace("2.6.0", "4.0.0"));
    expect(findings.join()).toContain('Version "4.0.0" is not supported');
  });
});

const version3 = (components: string): string => `asyncapi: 3.0.0
info: { title: Zoo, version: 1.0.0 }
channels:
  zoo:
    messages: { pet: { $ref: '#/components/messages/pet' } }
operations:
  tell: { action: send, channel: { $ref: '#/channels/zoo' } }
components:
  messages:
    pet: { payload: { $ref: '#/components/schemas/Pet' } }
  schemas:
${components}`;

describe("a document by somebody else", () => {
  let workshop: Workshop;
  beforeEach(() => void (workshop = new Workshop()));
  afterEach(() => workshop.remove());

  const inherited = version3(`    Pet:
      type: object
      discriminator: kind
      required: [kind]
      properties: { kind: { type: string }, name: { type: string } }
      oneOf: [{ $ref: '#/components/schemas/Dog' }, { $ref: '#/components/schemas/Cat' }]
    Dog: { allOf: [{ $ref: '#/components/schemas/Pet' }, { type: object, properties: { barks: { type: boolean } } }] }
    Cat: { allOf: [{ $ref: '#/components/schemas/Pet' }, { type: object, properties: { purrs: { type: boolean } } }] }
`);

  it("may let variants inherit from the base that lists them: each is told by its name", async () => {
    const { validate } = await readProtocolOf(workshop, inherited);
    expect(["Dog", "Cat", "Cow"].map((kind) => validate("Pet", { kind, name: "x", barks: true }))).toEqual([true, true, false]);
    expect(validate("Pet", { kind: "Dog", name: 7 })).toBe(false);
    expect(validate("Pet", { kind: "Cat", barks: 7, purrs: false })).toBe(true);
  });

  it("may give schemas addresses of their own, and refer to the schema of schemas", async () => {
    const { validate, findings } = await readProtocolOf(workshop, version3(`    Pet:
      $id: 'http://zoo.example/pet'
      type: object
      properties: { food: { $ref: 'food' }, wishes: { $ref: 'http://json-schema.org/draft-07/schema#' } }
    Food: { $id: 'http://zoo.example/food', enum: [hay] }
`));
    expect(findings.filter((finding) => !finding.includes("warning"))).toEqual([]);
    expect([{ food: "hay" }, { food: "meat" }, { wishes: { type: "string" } }, { wishes: { type: "wish" } }].map((value) => validate("Pet", value))).toEqual([true, false, true, false]);
  });

  it("may write the slash of a key as it is in a pointer, and is told how it is written", async () => {
    const { protocol, findings } = await readProtocolOf(workshop, version3("    wild/Pet: { type: object }\n").replace("schemas/Pet'", "schemas/wild/Pet'"));
    expect(protocol.types.map(({ name }) => name)).toContain("WildPet");
    expect(findings).toEqual([expect.stringContaining('$ref "#/components/schemas/wild/Pet" writes the slash of a key as it is; in a pointer it is ~1')]);
  });

  it("is told of a type that nothing satisfies, which then has no values", async () => {
    const { protocol, findings } = await readProtocolOf(workshop, version3("    Pet: { type: object, additionalProperties: false, required: [name], properties: {} }\n"));
    expect(findings).toEqual([expect.stringContaining('no value can satisfy this: "name" is required and not allowed')]);
    expect(protocol.types.find(({ name }) => name === "Pet")?.node.kind).toBe("never");
  });

  it("may refer to a type from a property that is called like a keyword, in what is read leniently too", async () => {
    const { validate, findings } = await readProtocolOf(workshop, version3(`    Pet: { oneOf: [{ $ref: '#/components/schemas/Cat' }, { $ref: '#/components/schemas/Dog' }] }
    Cat: { type: object, required: [type], properties: { type: { $ref: '#/components/schemas/Kind' } } }
    Dog: { type: object, required: [barks], properties: { barks: { type: boolean } } }
    Kind: { type: string, enum: [cat] }
`));
    expect(findings).toEqual([]);
    expect([{ type: "cat" }, { type: "dog" }, { barks: true }].map((value) => validate("Pet", value))).toEqual([true, false, true]);
  });
});
