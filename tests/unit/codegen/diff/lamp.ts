import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Comparison, judge, partyOf, type Read, readDocument, tryOut } from "../../../../codegen/diff/documents.ts";
import type { Party } from "../../../../codegen/diff/experiment.ts";

/** A document with a bit of everything; `state` travels both ways. */
export const lamp = `asyncapi: 3.1.0
info: { title: Lamp, version: 1.2.0 }
channels:
  lamp:
    address: /lamp
    bindings:
      ws:
        query:
          type: object
          properties:
            room: { type: string, maxLength: 8 }
    messages:
      state: { $ref: '#/components/messages/state' }
      ask: { $ref: '#/components/messages/ask' }
      told: { $ref: '#/components/messages/told' }
      bye: { $ref: '#/components/messages/bye' }
operations:
  hear:
    action: receive
    channel: { $ref: '#/channels/lamp' }
    messages:
      - $ref: '#/channels/lamp/messages/state'
      - $ref: '#/channels/lamp/messages/ask'
    reply:
      messages:
        - $ref: '#/channels/lamp/messages/told'
  say:
    action: send
    channel: { $ref: '#/channels/lamp' }
    messages:
      - $ref: '#/channels/lamp/messages/state'
      - $ref: '#/channels/lamp/messages/bye'
components:
  messages:
    state: { name: state, title: State, payload: { $ref: '#/components/schemas/State' } }
    ask: { name: ask, payload: { type: object, required: [type], properties: { type: { const: ask } } } }
    told: { name: told, payload: { type: object, required: [type], properties: { type: { const: told } } } }
    bye: { name: bye, payload: { type: object, required: [type], properties: { type: { const: bye } } } }
  schemas:
    State:
      type: object
      description: How the lamp is.
      required: [type, level]
      additionalProperties: false
      properties:
        type: { const: state }
        level: { type: integer, minimum: 1, maximum: 9 }
        share: { type: number, exclusiveMinimum: 0 }
        even: { type: integer, multipleOf: 2, minimum: 0, maximum: 100 }
        name: { type: string, minLength: 2, maxLength: 6, pattern: '^[a-z]+$' }
        word: { type: string, pattern: '^(on|off)!?$' }
        since: { type: string, format: date }
        colour: { type: string, enum: [red, green] }
        fixed: { const: 3 }
        steps: { type: array, minItems: 1, maxItems: 3, items: { type: integer, minimum: 0, maximum: 5 } }
        marks: { type: array, uniqueItems: true, items: { type: boolean } }
        pair: { type: array, items: [{ type: string, maxLength: 3 }, { type: boolean }] }
        open: { $ref: '#/components/schemas/Open' }
        free: { type: object, additionalProperties: { type: integer, minimum: 0, maximum: 9 } }
        coded: { type: object, additionalProperties: false, patternProperties: { '^x-': { type: string, maxLength: 4 } } }
        few: { type: object, additionalProperties: { type: boolean }, minProperties: 1, maxProperties: 3 }
        id: { type: [string, 'null'], maxLength: 4 }
        note: { type: string, maxLength: 3000 }
        remark: { type: string, maxLength: 5000 }
        either: { anyOf: [{ type: string, maxLength: 2 }, { type: boolean }] }
        shape: { $ref: '#/components/schemas/Shape' }
        parts: { type: array, maxItems: 2, items: { $ref: '#/components/schemas/State' } }
        plug:
          type: object
          properties: { kind: { type: string, enum: [eu, uk] }, fuse: { type: integer } }
          if: { properties: { kind: { const: uk } }, required: [kind] }
          then: { required: [fuse] }
    Open:
      type: object
      required: [a]
      properties: { a: { type: boolean } }
    Shape:
      oneOf:
        - $ref: '#/components/schemas/Round'
        - $ref: '#/components/schemas/Square'
      discriminator: kind
    Round:
      type: object
      required: [kind, radius]
      properties: { kind: { const: round }, radius: { type: integer, minimum: 1, maximum: 5 } }
    Square:
      type: object
      required: [kind]
      properties: { kind: { const: square } }
x-close-codes:
  - { code: 4000, reason: gone, when: The lamp is gone. }
x-limits:
  level: { value: 9, unit: steps, description: Brightest. }
`;

/** One place of the document edited; an edit that changes nothing is a mistake of the test. */
export function edited(text: string, ...edits: readonly (readonly [string, string])[]): string {
  return edits.reduce((before, [from, to]) => {
    const after = before.replace(from, () => to);
    if (after === before) throw new Error(`the document has no ${from}`);
    return after;
  }, text);
}

/** A folder in which documents are compared. */
export class Bench {
  readonly root = mkdtempSync(path.join(tmpdir(), "diff-"));
  readonly #parties = new Map<Read, Party>();
  #count = 0;

  async read(text: string): Promise<Read> {
    this.#count += 1;
    const file = path.join(this.root, `lamp${this.#count}.yaml`);
    writeFileSync(file, text);
    const read = await readDocument(file, "lamp");
    if ("protocol" in read) return read;
    throw new Error(read.join("\n"));
  }

  async compare(old: Read, now: Read, runs = 200): Promise<Comparison> {
    const confirming = { draw: { seed: 1, runs }, progress: () => undefined };
    return judge("lamp", old, now, tryOut(await this.#party(old), await this.#party(now), confirming));
  }

  /** A document is made ready once. */
  async #party(read: Read): Promise<Party> {
    this.#count += 1;
    const party = this.#parties.get(read) ?? (await partyOf(read, path.join(this.root, `generated${this.#count}`)));
    this.#parties.set(read, party);
    return party;
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
