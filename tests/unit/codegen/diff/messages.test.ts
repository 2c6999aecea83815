import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Comparison, Read } from "../../../../codegen/diff/documents.ts";
import { announcesBreak, nextBreakingVersion } from "../../../../codegen/diff/version.ts";
import { Bench, edited, lamp } from "./lamp.ts";

const bench = new Bench();
let base: Read;
beforeAll(async () => void (base = await bench.read(lamp)), 60_000);
afterAll(() => bench.remove());

/** Each change in a line: verdict, direction, what it is about, and what the experiment says of it. */
function linesOf({ changes, confirmations }: Comparison): string[] {
  return changes.map((change) => {
    const { verdict, direction = "-", message = "-", path, what, was, is } = change;
    const seen = confirmations.get(change)?.seen;
    return `${verdict} ${direction} ${message} ${path}: ${what}, ${was} to ${is}${seen === undefined ? "" : ` (seen: ${seen})`}`;
  });
}

const news = `      news: { $ref: '#/components/messages/news' }\n      bye: {`;
const newsMessage = (extra: string): string => `    news: { name: news, ${extra}payload: { type: object, required: [type], properties: { type: { const: news } } } }\n    bye: { name`;
const sentToo = "      - $ref: '#/channels/lamp/messages/state'\n      - $ref: '#/channels/lamp/messages/bye'";
const receivedToo = "      - $ref: '#/channels/lamp/messages/state'\n      - $ref: '#/channels/lamp/messages/ask'";
const bye = "      - $ref: '#/channels/lamp/messages/bye'\n";
const ask = "      - $ref: '#/channels/lamp/messages/ask'\n";
const reply = "    reply:\n      messages:\n        - $ref: '#/channels/lamp/messages/told'\n";
const withNews = (where: string, extra = ""): readonly (readonly [string, string])[] => [
  ["      bye: {", news],
  ["    bye: { name", newsMessage(extra)],
  [where, `${where}\n      - $ref: '#/channels/lamp/messages/news'`],
];

const table: readonly (readonly [string, readonly (readonly [string, string])[], readonly string[]])[] = [
  ["a new message that is sent", withNews(sentToo), ["breaking sent news : message, none to sent (seen: yes)"]],
  ["a new message for those who ask", withNews(sentToo, "x-extension: news, "), ["compatible sent news : message, none to sent"]],
  ["a new message that is received", withNews(receivedToo), ["compatible received news : message, none to received"]],
  ["a received message less", [[ask, ""]], ["breaking received ask : message, received to none (seen: yes)"]],
  ["a sent message less that answers nothing", [[bye, ""]], ["compatible sent bye : message, sent to none"]],
  ["an answer less", [[reply, ""]], ["breaking sent told : message, sent to none (seen: cannot)"]],
  [
    "a message that turns round",
    [
      [bye, ""],
      [ask, `${ask}${bye}`],
    ],
    ["compatible received bye : message, none to received", "compatible sent bye : direction, sent to received"],
  ],
  ["a message of another name", [["name: bye", "name: farewell"]], []],
  ["a title", [["title: State", "title: Situation"]], []],
  ["a message that is for those who ask now", [["name: bye", "name: bye, x-extension: news"]], ["breaking sent bye : extension, none to news (seen: cannot)"]],
  ["another address", [["address: /lamp", "address: /lamps"]], ["breaking - - : address, /lamp to /lamps (seen: cannot)"]],
  ["a required parameter", [["        query:\n          type: object\n", "        query:\n          type: object\n          required: [room]\n"]], ["breaking - - ?room: parameter, optional to required (seen: cannot)"]],
  ["a new parameter", [["room: {", "floor: { type: integer }\n            room: {"]], ["note - - ?floor: parameter, none to optional integer"]],
  ["a tighter parameter", [["room: { type: string, maxLength: 8", "room: { type: string, maxLength: 7"]], ["breaking - - ?room: maxLength, 8 to 7 (seen: cannot)"]],
  ["a wider parameter", [["room: { type: string, maxLength: 8", "room: { type: string, maxLength: 9"]], ["note - - ?room: maxLength, 8 to 9"]],
  ["a parameter less", [["            room: { type: string, maxLength: 8 }", "            other: { type: string }"]], ["note - - ?room: parameter, optional string of 0 to 8 characters to none", "note - - ?other: parameter, none to optional string"]],
  ["a close code", [["code: 4000", "code: 4001"]], ["note - - x-close-codes/4000 gone: table, {\"code\":4000} to none", "note - - x-close-codes/4001 gone: table, none to {\"code\":4001}"]],
  ["a limit", [["value: 9, unit", "value: 8, unit"]], ["note - - x-limits/level: table, {\"unit\":\"steps\",\"value\":9} to {\"unit\":\"steps\",\"value\":8}"]],
  ["words of a table", [["description: Brightest.", "description: The brightest."]], []],
];

describe("a change around the schemas", () => {
  it.each(table)("%s", async (_name, edits, expected) => {
    const comparison = await bench.compare(base, await bench.read(edited(lamp, ...edits)), 30);
    expect(comparison.unexplained.map(({ detail }) => detail)).toEqual([]);
    expect(linesOf(comparison)).toEqual(expected);
  }, 60_000);

  it("of the key of a channel is none while its address stays", async () => {
    const renamed = await bench.read(lamp.replaceAll("#/channels/lamp", "#/channels/bulb").replace("  lamp:\n", "  bulb:\n"));
    expect(linesOf(await bench.compare(base, renamed, 30))).toEqual([]);
  }, 60_000);

  it("of the key and the address of a channel is a channel less and one more", async () => {
    const text = edited(lamp.replaceAll("#/channels/lamp", "#/channels/bulb"), ["  lamp:\n    address: /lamp", "  bulb:\n    address: /bulb"]);
    expect(linesOf(await bench.compare(base, await bench.read(text), 30))).toEqual([
      "breaking - - : channel, /lamp to none (seen: cannot)",
      "compatible - - : channel, none to /bulb",
    ]);
  }, 60_000);

  it("stands at a line of the document it is in", async () => {
    const now = await bench.read(edited(lamp, ["minimum: 1, maximum: 9", "minimum: 2, maximum: 9"]));
    const [change] = (await bench.compare(base, now, 30)).changes;
    const line = lamp.split("\n").findIndex((text) => text.includes("level: { type: integer")) + 1;
    expect(change && now.sources.locate(change.place)).toEqual({ line, column: 15 });
  }, 60_000);
});

describe("a version", () => {
  it("announces a break by its first number, below 1.0.0 by its second", () => {
    for (const [old, now] of [["1.2.3", "2.0.0"], ["0.4.1", "0.5.0"], ["0.9.0", "1.0.0"], ["1.0", "2.0"]] as const) expect(announcesBreak(old, now)).toBe(true);
    for (const [old, now] of [["1.2.3", "1.3.0"], ["0.4.1", "0.4.2"], ["2.0.0", "1.0.0"], ["1.0.0", "1.0.0"], ["one", "two"]] as const) expect(announcesBreak(old, now)).toBe(false);
    expect([nextBreakingVersion("0.4.1"), nextBreakingVersion("1.2.3")]).toEqual(["0.5.0", "2.0.0"]);
  });
});
