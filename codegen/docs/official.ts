import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Parser, stringify } from "@asyncapi/parser";
import { parse } from "yaml";
import type { Json } from "../ir.ts";
import { isObject } from "../source.ts";
import { escapeHtml, stayInside } from "./html.ts";

/** What the packages of the official rendering are to us; they bring no types of their own for this. */
interface React {
  createElement(component: unknown, properties: object): unknown;
}

interface Server {
  renderToString(element: unknown): string;
}

const packageOf = createRequire(import.meta.url);
const component = "@asyncapi/react-component";

/** Examples are open, so that they can be read where no script runs. */
const config = { show: { sidebar: true, errors: false }, expand: { messageExamples: true } };

/** The script and the style that all official pages share, taken from the package as they are. */
export function officialAssets(): Map<string, string> {
  const read = (file: string): string => readFileSync(packageOf.resolve(`${component}/${file}`), "utf8");
  return new Map([
    ["asyncapi.css", read("styles/default.min.css")],
    ["asyncapi.js", read("browser/standalone/without-parser.js")],
    ["without-parser.js.LICENSE.txt", read("browser/standalone/without-parser.js.LICENSE.txt")],
  ]);
}

/** The page of the official component, rendered here and brought to life by its own script, and the document as it reads it. */
export interface OfficialPage {
  readonly html: string;
  readonly script: string;
}

export interface OfficialRequest {
  readonly name: string;
  readonly title: string;
  /** The whole document as one text. */
  readonly document: string;
  /** Where the own reference is. */
  readonly reference: string;
}

export async function renderOfficial({ name, title, document, reference }: OfficialRequest): Promise<OfficialPage> {
  // The document has been checked when it was read, and checking takes ten times as long as all the rest.
  const parsed = await new Parser({ ruleset: { core: false, recommended: false } }).parse(JSON.stringify(withNamesAsKeys(withImpliedReplies(parse(document) as Json))));
  if (!parsed.document) throw new Error(`The single-file form of "${name}" is no AsyncAPI document: ${parsed.diagnostics[0]?.message ?? "it cannot be read"}`);
  const text = JSON.stringify(JSON.parse(stringify(parsed.document) ?? "null"));
  return { html: printPage({ name, title, reference, body: renderComponent(text) }), script: `window.asyncapiDocument = ${text};\n` };
}

function renderComponent(schema: string): string {
  const { createElement } = packageOf("react") as React;
  const { renderToString } = packageOf("react-dom/server") as Server;
  const { default: component } = packageOf("@asyncapi/react-component/lib/cjs/without-parser") as { default: unknown };
  return renderToString(createElement(component, { schema, config }));
}

/**
 * Without the channel of a reply where it is the request's own, as it is when nothing is said: the component lists every
 * message of a channel that is named, at every operation, which made pages of megabytes.
 */
function withImpliedReplies(document: Json): Json {
  if (!isObject(document) || !isObject(document["operations"])) return document;
  const operations = Object.entries(document["operations"]).map(([key, operation]) => [key, withImpliedReply(operation)] as const);
  return { ...document, operations: Object.fromEntries(operations) };
}

/** With messages named by their keys: the component links to their names, and puts the anchors at their keys. */
function withNamesAsKeys(document: Json): Json {
  if (!isObject(document) || !isObject(document["components"]) || !isObject(document["components"]["messages"])) return document;
  const messages = Object.entries(document["components"]["messages"]).map(([key, message]) => [key, isObject(message) ? { ...message, name: key } : message] as const);
  return { ...document, components: { ...document["components"], messages: Object.fromEntries(messages) } };
}

function withImpliedReply(operation: Json): Json {
  if (!isObject(operation) || !isObject(operation["reply"])) return operation;
  const { channel, ...reply } = operation["reply"];
  const isOwn = JSON.stringify(channel) === JSON.stringify(operation["channel"]) && reply["messages"] !== undefined;
  return isOwn ? { ...operation, reply } : operation;
}

function printPage({ name, title, reference, body }: { name: string; title: string; reference: string; body: string }): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${stayInside("compiling").text}
<title>${escapeHtml(title)}, as AsyncAPI renders it</title>
<link rel="icon" href="icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="asyncapi.css">
<style>body { margin: 0; } .back { display: block; padding: .6rem 2rem; font: .9rem system-ui, sans-serif; color: #0b6b74; text-decoration: none; border-bottom: 1px solid #e1e6e9; }</style>
<script src="${escapeHtml(encodeURIComponent(name))}.asyncapi.js" defer></script>
<script src="asyncapi.js" defer></script>
<script type="module">AsyncApiStandalone.hydrate({ schema: window.asyncapiDocument, config: ${JSON.stringify(config)} }, document.getElementById("asyncapi"));</script>
</head>
<body>
<a class="back" href="${escapeHtml(reference)}">← Reference of ${escapeHtml(title)}</a>
<div id="asyncapi">${body}</div>
</body>
</html>
`;
}
