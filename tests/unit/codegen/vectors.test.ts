import { readFileSync } from "node:fs";
import path from "node:path";
import { Ajv } from "ajv";
import { beforeAll, describe, expect, it } from "vitest";
import { buildProtocol } from "../../../codegen/build.ts";
import { formats } from "../../../codegen/emit/formats.ts";
import { loadDocument } from "../../../codegen/load.ts";
import type { Json, Protocol } from "../../../codegen/ir.ts";
import type { Decoded } from "../../../generated/runtime.ts";
import * as clawchat from "../../../generated/clawchat/codec.ts";
import * as instaClaw from "../../../generated/insta-claw/codec.ts";
import * as localIm from "../../../generated/local-im/codec.ts";
import * as websocket from "../../../generated/websocket/codec.ts";

const root = path.resolve(import.meta.dirname, "../../..");

interface Vector {
  readonly message?: string;
  readonly frame: string;
  readonly valid: boolean;
  readonly keyword?: string;
  readonly path?: string;
  readonly reason?: string;
  readonly tolerated?: true;
}

interface Vectors {
  readonly ways: readonly { readonly channel: string; readonly direction: "received" | "sent"; readonly vectors: readonly Vector[] }[];
}

function readVectors(name: string): Vectors {
  return JSON.parse(readFileSync(path.join(root, "generated", name, "vectors.json"), "utf8")) as Vectors;
}

/** The schemas as ajv knows them by itself: a tagged union is one of its branches. */
function plain(schema: Json): Json {
  if (Array.isArray(schema)) return (schema as readonly Json[]).map(plain);
  if (typeof schema !== "object" || schema === null) return schema;
  const { discriminator: _tag, "x-branches": branches, ...rest } = schema as { readonly [key: string]: Json };
  return Object.fromEntries(Object.entries({ ...rest, ...(branches !== undefined && { oneOf: branches }) }).map(([key, value]) => [key, plain(value)]));
}

describe.each([
  ["clawchat", clawchat],
  ["insta-claw", instaClaw],
  ["local-im", localIm],
  ["websocket", websocket],
] as const)("the vectors of %s", (name, codec) => {
  const { ways } = readVectors(name);
  let protocol: Protocol;
  beforeAll(async () => void (protocol = buildProtocol(await loadDocument(path.join(root, `spec/${name}.asyncapi.yaml`), true), name, (file) => file)), 60_000);

  it("have the form that their schema says", () => {
    const schema = JSON.parse(readFileSync(path.join(root, "generated/vectors.schema.json"), "utf8")) as object;
    const validate = new Ajv().compile(schema);
    expect(validate(readVectors(name)), JSON.stringify(validate.errors)).toBe(true);
  });

  it("are judged by the generated decoders as they say", () => {
    const decoders = codec as unknown as Readonly<Record<string, (text: string) => Decoded<unknown>>>;
    for (const { channel: key, direction, vectors } of ways) {
      const channel = protocol.channels.find((each) => each.key === key);
      const decode = decoders[`decode${channel?.name ?? ""}${direction === "received" ? "Received" : "Sent"}`];
      for (const { frame, valid, tolerated } of vectors) expect(decode?.(frame).ok, frame).toBe(valid || tolerated === true);
      expect(vectors.some(({ valid }) => valid) && vectors.some(({ valid }) => !valid)).toBe(true);
    }
  });

  it("are judged by ajv alone as they say, with the keyword and the place of every near miss", () => {
    const ajv = new Ajv({ strict: false, allErrors: true, formats, ownProperties: true });
    ajv.addSchema({ $id: "types", definitions: Object.fromEntries(protocol.types.map(({ name: type, schema }) => [type, plain(schema) as object])) });
    for (const { vectors, channel, direction } of ways) {
      const travelling = protocol.channels.find(({ key }) => key === channel)?.[direction].messages ?? [];
      for (const { message, frame, valid, keyword = "", path: at = "" } of vectors) {
        if (keyword === "json") {
          expect(() => JSON.parse(frame) as unknown, frame).toThrow(SyntaxError);
          continue;
        }
        const value = JSON.parse(frame) as unknown;
        const validators = travelling.filter(({ wireName }) => message === undefined || wireName === message).map(({ type }) => ajv.getSchema(`types#/definitions/${type}`));
        expect(validators.length, frame).toBeGreaterThan(0);
        expect(validators.some((validate) => validate?.(value) === true), frame).toBe(valid);
        if (valid || keyword === "message") continue;
        // Without a discriminator keyword ajv tells of the branches only.
        const said = (validators[0]?.errors ?? []).map((error) => `${error.keyword} ${error.instancePath}`);
        expect(said, frame).toContain(`${keyword === "discriminator" ? "oneOf" : keyword} ${at}`);
      }
    }
  });

  it("have valid and broken frames of every message, and nothing twice", () => {
    for (const { vectors, channel, direction } of ways) {
      const travelling = protocol.channels.find(({ key }) => key === channel)?.[direction].messages ?? [];
      const silent = travelling.filter(({ wireName }) => !vectors.some(({ message, valid }) => message === wireName && valid));
      expect(silent.map(({ wireName }) => `${direction} ${wireName}`)).toEqual([]);
      expect(new Set(vectors.map(({ frame }) => frame)).size).toBe(vectors.length);
    }
  });

  it("fit into 400 kB, with no frame above four", () => {
    expect(readFileSync(path.join(root, "generated", name, "vectors.json")).length).toBeLessThan(400_000);
    expect(Math.max(...ways.flatMap(({ vectors }) => vectors.map(({ frame }) => frame.length)))).toBeLessThanOrEqual(4096);
  });
});
