import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { packages } from "../../../build/packages.ts";
import { clawchatOlder, instaClawOlder, localImOlder, type OlderNames, websocketOlder } from "../../../src/channel/older-names.ts";

const root = `${import.meta.dirname}/../../..`;
const olders: readonly OlderNames[] = [clawchatOlder, instaClawOlder, localImOlder, websocketOlder];

interface Schema {
  $ref?: string;
  description?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  items?: Schema;
  anyOf?: Schema[];
  "x-ui"?: { label?: string };
}

/** Every field of a form with its path; what stands behind a reference has its words where it is referred to. */
function fieldsOf(schema: Schema, path: string): { path: string; schema: Schema }[] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, field]) => [{ path: `${path}${name}`, schema: field }, ...fieldsOf(field, `${path}${name}.`)]);
  const inner = [schema.items, typeof schema.additionalProperties === "object" ? schema.additionalProperties : undefined].flatMap((each) => (each ? fieldsOf(each, `${path}*.`) : []));
  return [...own, ...inner, ...(schema.anyOf ?? []).flatMap((branch) => fieldsOf(branch, path))];
}

describe("the form of a channel", () => {
  it.each(packages)("has a label and a help text for each field of $folder, at whatever depth", ({ folder, channel }) => {
    const dropped = olders.find(({ channelId }) => channelId === channel)?.dropped ?? [];
    const fields = fieldsOf(parse(readFileSync(`${root}/spec/config/${folder}.yaml`, "utf8"), { merge: true }) as Schema, "");
    // The host describes the one itself; of the others it says that they have no meaning any more.
    const silent = fields.filter(({ path, schema }) => !path.endsWith("heartbeatVisibility") && !dropped.includes(path.split(".").at(-1) ?? "") && !(schema.description && schema["x-ui"]?.label));
    expect(silent.map(({ path }) => path)).toEqual([]);
    expect(fields.length).toBeGreaterThan(30);
  });
});
