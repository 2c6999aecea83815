import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { buildProtocol } from "../../../codegen/build.ts";
import { CompiledTypes } from "../../../codegen/compile.ts";
import type { Json, Protocol } from "../../../codegen/ir.ts";
import { loadDocument } from "../../../codegen/load.ts";
import { type CodegenRequest, type CodegenResult, findDocuments, runCodegen } from "../../../codegen/run.ts";

/** A folder with documents of its own, for one test. */
export class Workshop {
  readonly root = mkdtempSync(path.join(tmpdir(), "codegen-"));

  write(files: Readonly<Record<string, string>>): this {
    for (const [file, text] of Object.entries(files)) {
      const target = path.join(this.root, file);
      mkdirSync(path.dirname(target), { recursive: true });
      writeFileSync(target, text);
    }
    return this;
  }

  run(options: Partial<CodegenRequest> = {}): Promise<CodegenResult> {
    return runCodegen({
      root: this.root,
      documents: findDocuments(path.join(this.root, "spec")),
      out: path.join(this.root, "generated"),
      own: true,
      check: false,
      ...options,
    });
  }

  /** The findings as `file:line:column: reason`, files as seen from this folder. */
  async findings(options: Partial<CodegenRequest> = {}): Promise<string[]> {
    const { findings } = await this.run(options);
    const fromHere = path.relative(process.cwd(), this.root);
    return findings.map(({ severity, file, position, message }) => {
      const mark = severity === "warning" ? "warning: " : "";
      return `${mark}${path.relative(this.root, file)}:${position.line}:${position.column}: ${message.replace(`${fromHere}/`, "")}`;
    });
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** A small document that has nothing wrong. */
export const soundDocument = `asyncapi: 3.1.0
info: { title: Lamp, version: 1.0.0 }
channels:
  lamp:
    address: /lamp
    messages:
      switch: { $ref: '#/components/messages/switch' }
      state: { $ref: '#/components/messages/state' }
operations:
  set:
    action: receive
    channel: { $ref: '#/channels/lamp' }
    messages: [{ $ref: '#/channels/lamp/messages/switch' }]
    reply:
      messages: [{ $ref: '#/channels/lamp/messages/state' }]
components:
  messages:
    switch:
      name: lamp.switch
      title: Switch the lamp
      correlationId: { location: '$message.payload#/id' }
      payload: { $ref: '#/components/schemas/Switch' }
      examples:
        - payload: { type: lamp.switch, id: a, on: true }
    state:
      name: lamp.state
      title: State of the lamp
      payload: { $ref: 'shared/lamp.yaml#/schemas/State' }
      examples:
        - payload: { type: lamp.state, level: 3 }
  schemas:
    Switch:
      type: object
      required: [type, id, on]
      properties:
        type: { const: lamp.switch }
        id: { type: string, minLength: 1, maxLength: 8, pattern: '^[a-z]+$' }
        on: { type: boolean, default: true }
        colours: { type: array, maxItems: 3, items: { type: string, enum: [red, green] } }
x-limits:
  level: { value: 9, unit: steps, description: Brightest. }
`;

export const soundShared = `schemas:
  State:
    type: object
    required: [type, level]
    additionalProperties: false
    properties:
      type: { const: lamp.state }
      level: { type: integer, minimum: 0, maximum: 9 }
`;

export const soundConfig = `$schema: http://json-schema.org/draft-07/schema#
x-channel: { id: lamp, label: Lamp, description: A lamp. }
type: object
additionalProperties: false
properties:
  port: { type: integer, minimum: 1, maximum: 65535, default: 80, description: Port., x-ui: { label: Port } }
  token: { type: string, maxLength: 64, description: Token., x-env: LAMP_TOKEN, x-ui: { label: Token, sensitive: true } }
`;

export const soundFiles = {
  "spec/lamp.asyncapi.yaml": soundDocument,
  "spec/shared/lamp.yaml": soundShared,
  "spec/config/lamp.yaml": soundConfig,
  "spec/examples/lamp/state.dark.json": '{ "type": "lamp.state", "level": 0 }\n',
} as const;

/** The model of a document by somebody else, with what was found in it. */
export async function readProtocolOf(workshop: Workshop, text: string): Promise<{ protocol: Protocol; findings: string[]; validate(type: string, value: Json): boolean }> {
  workshop.write({ "their.yaml": text });
  const file = path.join(workshop.root, "their.yaml");
  const request = { documents: [file], own: false };
  const findings = await workshop.findings(request);
  const loaded = await loadDocument(file, false);
  const protocol = buildProtocol(loaded, "their", (shown) => path.basename(shown));
  const compile = (): CompiledTypes => new CompiledTypes(protocol.types, { strict: false }, loaded.sources);
  return { protocol, findings, validate: (type, value) => compile().check(type, value) === undefined };
}
