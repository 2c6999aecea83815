import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { channelsShown, pageFile, readFeatures, renderFeatures, shownBy, testOf } from "../../../build/features.ts";

const root = `${import.meta.dirname}/../../..`;
const features = await readFeatures(root);
const rows = features.groups.flatMap(({ rows: each }) => Object.entries(each).map(([number, feature]) => ({ number: Number(number), feature })));
const entries = rows.flatMap(({ number, feature }) => channelsShown.map((column) => ({ number, column, entry: shownBy(feature, column) })));
/** Per row, whether anything is said of any channel. */
const isSilent = (number: number) => entries.every((each) => each.number !== number || each.entry === undefined);

describe("the page of features", () => {
  it("is what its data gives; node build/features.ts writes it", () => {
    expect(readFileSync(`${root}/${pageFile}`, "utf8")).toBe(renderFeatures(features));
  });

  it("has all 100, each once and in order", () => {
    expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
  });

  it("shows or explains every feature of priority 1 for every channel, and every other one that it says anything of", () => {
    const missing = entries.filter(({ number, entry }) => entry === undefined && !(features.awaited.includes(number) && isSilent(number)));
    expect(missing.map(({ number, column }) => `${number} ${column}`)).toEqual([]);
  });

  it("awaits nothing that is shown already", () => {
    expect(features.awaited.filter((number) => !isSilent(number))).toEqual([]);
  });

  it("names tests that exist under that title in that file", () => {
    const sources = new Map<string, string>();
    const textOf = (file: string) => {
      const known = sources.get(file) ?? readSource(file);
      sources.set(file, known);
      return known;
    };
    const lost = entries.flatMap(({ number, entry = "" }) => {
      const test = testOf(entry);
      return test && !isTitleIn(textOf(test.file), test.title) ? [`${number}: ${test.file} has no test "${test.title}"`] : [];
    });
    expect([...new Set(lost)]).toEqual([]);
  });

  it("offers everything of priority 1 that the wire carries", () => {
    const refused = rows.filter(({ feature }) => feature.priority === 1).flatMap(({ number }) => entries.filter((each) => each.number === number && each.entry?.startsWith("not offered")));
    expect(refused).toEqual([]);
  });
});

function readSource(file: string): string {
  try {
    return readFileSync(`${root}/${file}`, "utf8");
  } catch {
    return "";
  }
}

/** As it stands in the source, between the quotes of a call that makes a test. */
function isTitleIn(source: string, title: string): boolean {
  return ['"', "'", "`"].some((quote) => source.includes(`(${quote}${title}${quote},`));
}
