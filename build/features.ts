import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { parse } from "yaml";
import { z } from "zod";

/** The columns of the page; `all` stands for each that a row does not name. */
export const columns = { websocket: "WebSocket", "insta-claw": "InstaClaw", "local-im": "Local IM", clawchat: "ClawChat" } as const;

export type Column = keyof typeof columns;

export const channelsShown: readonly Column[] = ["websocket", "insta-claw", "local-im", "clawchat"];

const shown = z.string().regex(/^(?:tests\/[^#]+\.test\.ts#.|not carried: .|not offered: .)/, 'must be "tests/…#title", "not carried: why" or "not offered: why"');

const row = z.strictObject({
  title: z.string().min(1),
  priority: z.union([z.literal(1), z.literal(2), z.literal(3), z.literal("by wire")]),
  all: shown.optional(),
  websocket: shown.optional(),
  "insta-claw": shown.optional(),
  "local-im": shown.optional(),
  clawchat: shown.optional(),
});

const featuresSchema = z.strictObject({
  awaited: z.array(z.number().int()),
  groups: z.array(z.strictObject({ title: z.string(), rows: z.record(z.string().regex(/^\d+$/), row) })),
});

export type Features = z.infer<typeof featuresSchema>;
export type Feature = z.infer<typeof row>;

export const dataFile = "docs/features.yaml";
export const pageFile = "docs/features.md";

export async function readFeatures(root: string): Promise<Features> {
  return featuresSchema.parse(parse(await readFile(path.join(root, dataFile), "utf8")));
}

/** What shows a feature for a channel, or why there is nothing to show. */
export function shownBy(feature: Feature, column: Column): string | undefined {
  return feature[column] ?? feature.all;
}

/** A test that shows something: where it is and what it is called. */
export function testOf(entry: string): { file: string; title: string } | undefined {
  const [, file, title] = /^(tests\/[^#]+)#(.+)$/s.exec(entry) ?? [];
  return file === undefined || title === undefined ? undefined : { file, title };
}

export function renderFeatures({ groups }: Features): string {
  const names = channelsShown.map((column) => columns[column]);
  const parts = groups.map(({ title, rows }) =>
    [
      `## ${title}\n`,
      `| # | Feature | Priority | ${names.join(" | ")} |`,
      `| --- | --- | --- |${" --- |".repeat(names.length)}`,
      ...Object.entries(rows).map(([number, feature]) => `| ${number} | ${feature.title} | ${feature.priority} | ${channelsShown.map((column) => cell(shownBy(feature, column))).join(" | ")} |`),
    ].join("\n"),
  );
  return `${[
    "# Features",
    `What an operator and the people at the other end of a channel get, each with the test that shows it. Priority 1 is what a channel is not whole without, 2 is expected, 3 is nice, and "by wire" is there where the protocol has it. Made from [\`features.yaml\`](features.yaml) by \`node build/features.ts\`.`,
    ...parts,
  ].join("\n\n")}\n`;
}

function cell(entry: string | undefined): string {
  if (entry === undefined) return "–";
  const test = testOf(entry);
  if (test) return `[${path.posix.basename(test.file, ".test.ts")}](../${test.file} "${test.title.replaceAll('"', "'").replaceAll("|", "\\|")}")`;
  const [kind, why = ""] = entry.split(/: (.*)/s);
  return `${kind === "not carried" ? "not carried by this wire" : "not offered"}: ${why}`;
}

if (process.argv[1] === import.meta.filename) {
  const root = path.dirname(import.meta.dirname);
  await writeFile(path.join(root, pageFile), renderFeatures(await readFeatures(root)));
}
