import { anchorOf, messageAnchor } from "./anchors.ts";
import { fieldsOf } from "./config-fields.ts";
import { rowsOfTable, tableTitle } from "./fact-rows.ts";
import { messagesInOrder, type Model } from "./model.ts";
import { pathText, rowsOfType } from "./rows.ts";

/** What can be found: kind, name, what it says, and where it stands. */
type Entry = readonly [kind: string, name: string, text: string, anchor: string];

/** The index as a script, for pages that are read from a folder cannot fetch a file. */
export function printSearchIndex(models: readonly Model[]): string {
  const pages = models.map((model) => ({ page: pageOf(model), title: model.protocol.title, entries: entriesOf(model) }));
  return `window.searchIndex = ${JSON.stringify(pages).replaceAll("{\"page\"", "\n{\"page\"").replaceAll("],[", "],\n[")};\n`;
}

export function pageOf({ protocol }: Model): string {
  return `${protocol.name}.html`;
}

function entriesOf(model: Model): Entry[] {
  const { protocol, rules, conversations } = model;
  return [
    ...protocol.channels.map(({ key, title, summary }): Entry => ["channel", title ?? key, plain(summary), anchorOf("channel", key)]),
    ...messagesInOrder(protocol).map((message): Entry => ["message", message.wireName, plain(message.title ?? message.summary), messageAnchor(message)]),
    ...protocol.types.map(({ name, node }): Entry => ["type", name, plain(node.description), anchorOf("type", name)]),
    ...protocol.types.flatMap((type) => fieldEntries(type.name, model)),
    ...rules.sections.flatMap(({ rules: list }) => list.map(({ id, text }): Entry => ["rule", id, plain(text), anchorOf("rule", id)])),
    ...protocol.tables.flatMap((table) =>
      (rowsOfTable(table) ?? []).map(({ name, anchor, cells }): Entry => [tableTitle(table).toLowerCase().replace(/s$/u, ""), name, plain(wordsIn(cells)), anchor]),
    ),
    ...(protocol.config ? fieldsOf(protocol.config, model.resolve) : []).map((field): Entry => ["setting", field.path, plain([field.label, field.help, field.env].filter(Boolean).join(" · ")), anchorOf("config", field.path)]),
    ...conversations.map(({ name }): Entry => ["conversation", name, "", anchorOf("conversation", name)]),
  ];
}

function fieldEntries(name: string, { typeOf }: Model): Entry[] {
  const type = typeOf(name);
  return (type ? rowsOfType(type) : []).flatMap((row): Entry[] =>
    row.is === "property" ? [["field", pathText(row.path), plain([name, row.node.description].filter(Boolean).join(" · ")), row.anchor]] : [],
  );
}

function wordsIn(cells: object): string {
  return Object.values(cells)
    .filter((cell) => typeof cell === "string")
    .slice(1)
    .join(" · ");
}

/** A line of text without its markup. */
function plain(text: string | undefined): string {
  const line = (text ?? "").replaceAll("`", "").replaceAll(/\s+/gu, " ").trim();
  return line.length <= 160 ? line : `${line.slice(0, line.lastIndexOf(" ", 159))} …`;
}
