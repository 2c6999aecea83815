import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { Ajv } from "ajv";
import { beforeAll, describe, expect, it } from "vitest";
import { buildProtocol } from "../../../codegen/build.ts";
import { formats } from "../../../codegen/emit/formats.ts";
import { loadDocument } from "../../../codegen/load.ts";
import type { Protocol } from "../../../codegen/ir.ts";
import type { Decoded } from "../../../generated/runtime.ts";
import * as clawchat from "../../../generated/clawchat/codec.ts";
import * as instaClaw from "../../../generated/insta-claw/codec.ts";
import * as localIm from "../../../generated/local-im/codec.ts";
import * as websocket from "../../../generated/websocket/codec.ts";
import { hasPython } from "../../support/python.ts";

const root = path.resolve(import.meta.dirname, "../../..");

interface Vector {
  readonly message?: string;
  readonly frame: string;
  readonly valid: boolean;
  readonly from?: "bounds" | "example";
  readonly keyword?: string;
  readonly path?: string;
  readonly reason?: string;
  readonly tolerated?: true;
  readonly fits?: string;
  readonly inside?: { readonly keyword: string; readonly path: string };
}

interface Vectors {
  readonly ways: readonly { readonly channel: string; readonly direction: "received" | "sent"; readonly vectors: readonly Vector[] }[];
}

function readVectors(name: string): Vectors {
  return JSON.parse(readFileSync(path.join(root, "generated", name, "vectors.json"), "utf8")) as Vectors;
}

interface Schemas {
  readonly "x-ways": readonly {
    readonly channel: string;
    readonly direction: string;
    readonly messages: readonly { readonly message: string; readonly schema: string; readonly texts?: Readonly<Record<string, string>> }[];
  }[];
}

/** What is wrong with a text that is to hold JSON. */
function textFaults(text: unknown, judge: (said: unknown) => string[]): string[] {
  if (typeof text !== "string") return [];
  try {
    return judge(JSON.parse(text));
  } catch {
    return ["no JSON"];
  }
}

function saidIn(frame: string, field: string): unknown {
  return (JSON.parse(frame) as Readonly<Record<string, unknown>>)[field];
}

/** What cannot be broken in three ways: a message of a tag alone, or one that is another message as soon as it is broken. */
const poor = {
  clawchat: ["received refusal: 2"],
  "insta-claw": ["received control: 0", "received ping: 0"],
  "local-im": ["received ping: 1", "received pong: 0"],
  websocket: [],
} as const;

const run = promisify(execFile);
const isPythonHere = await hasPython();

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

  it("are judged by ajv and the printed schemas alone as they say, with the keyword and the place of every near miss", () => {
    const schemas = JSON.parse(readFileSync(path.join(root, "generated", name, "schemas.json"), "utf8")) as Schemas;
    const ajv = new Ajv({ strict: false, allErrors: true, formats, ownProperties: true }).addSchema(schemas, "types");
    const faultsOf = (schema: string, value: unknown): string[] => {
      const validate = ajv.getSchema(`types${schema}`);
      if (!validate) throw new Error(`there is no ${schema}`);
      return validate(value) === true ? [] : (validate.errors ?? []).map(({ keyword, instancePath }) => `${keyword} ${instancePath}`);
    };
    for (const { vectors, channel, direction } of ways) {
      const all = schemas["x-ways"].find((way) => way.channel === channel && way.direction === direction)?.messages ?? [];
      for (const { message, frame, valid, fits, keyword = "", path: at = "", inside } of vectors) {
        if (keyword === "json") {
          expect(() => JSON.parse(frame) as unknown, frame).toThrow(SyntaxError);
          continue;
        }
        const value = JSON.parse(frame) as Readonly<Record<string, unknown>> | null;
        // Those of the name first: what they say of the frame is looked at below.
        const named = all.toSorted((a, b) => Number(b.message === message) - Number(a.message === message));
        expect(message === undefined || named[0]?.message === message, frame).toBe(true);
        const outer = named.map(({ schema }) => faultsOf(schema, value));
        const inner = named.map(({ texts = {} }) => Object.entries(texts).flatMap(([place, schema]) => textFaults(value?.[place.slice(1)], (said) => faultsOf(schema, said))));
        const isRead = named.some((_, index) => outer[index]?.length === 0 && inner[index]?.length === 0);
        expect(isRead, frame).toBe(valid || fits !== undefined);
        if (valid || keyword === "message") continue;
        if (keyword === "contentSchema") expect(outer[0], frame).toEqual([]);
        if (keyword === "contentSchema" && !inside) continue;
        const said = inside ? inner[0] : outer[0];
        expect(said, frame).toContain(`${(inside?.keyword ?? keyword).replace("discriminator", "oneOf")} ${inside?.path ?? at}`);
      }
    }
  });

  it.runIf(isPythonHere)("are judged by Python without a package as they say", async () => {
    const files = ["schemas.json", "vectors.json"].map((file) => path.join(root, "generated", name, file));
    const { stdout } = await run("python3", [path.join(root, "docs/check_vectors.py"), ...files]);
    const count = ways.reduce((sum, { vectors }) => sum + vectors.length, 0);
    expect(stdout).toBe(`${count} of ${count} vectors of ${name} are judged as they say\n`);
  });

  it("say everything that a text within a message may say, well and badly", () => {
    for (const { direction, vectors } of ways) {
      const texts = vectors.filter(({ keyword }) => keyword === "contentSchema");
      const holders = protocol.messages.filter(({ type, wireName }) => protocol.contentFields.has(type) && vectors.some(({ message }) => message === wireName));
      for (const { type, wireName } of holders) {
        for (const { field, type: held } of protocol.contentFields.get(type) ?? []) {
          const branches = protocol.contents.find((content) => content.type === held)?.branches ?? [];
          const well = new Set(vectors.filter(({ message, valid }) => message === wireName && valid).map(({ frame }) => saidIn(frame, field)));
          expect(well.size, `${direction} ${wireName}`).toBeGreaterThanOrEqual(branches.length);
          expect(texts.filter(({ message, inside }) => message === wireName && inside).length).toBeGreaterThanOrEqual(branches.length);
        }
      }
    }
  });

  it("have valid and broken frames of every message, and nothing twice", () => {
    const counted = ways.flatMap(({ vectors, channel, direction }) => {
      const travelling = protocol.channels.find(({ key }) => key === channel)?.[direction].messages ?? [];
      expect(new Set(vectors.map(({ frame }) => frame)).size).toBe(vectors.length);
      return travelling.map(({ wireName }) => {
        const mine = vectors.filter(({ message }) => message === wireName);
        return { name: `${direction} ${wireName}`, bounds: mine.filter(({ from }) => from === "bounds").length, broken: mine.filter(({ valid }) => !valid).length };
      });
    });
    expect(counted.filter(({ bounds }) => bounds === 0)).toEqual([]);
    expect(counted.filter(({ broken }) => broken < 3).map((few) => `${few.name}: ${few.broken}`)).toEqual(poor[name]);
  });

  it("fit into 400 kB, with no frame above four", () => {
    expect(readFileSync(path.join(root, "generated", name, "vectors.json")).length).toBeLessThan(400_000);
    expect(Math.max(...ways.flatMap(({ vectors }) => vectors.map(({ frame }) => frame.length)))).toBeLessThanOrEqual(4096);
  });
});
