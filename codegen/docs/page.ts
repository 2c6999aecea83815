import type { Message } from "../ir.ts";
import { anchorOf, hrefOf, messageAnchor, tableAnchor } from "./anchors.ts";
import { channelSection, dispatchSection } from "./channels.ts";
import { conversationSection, ruleSection, typeSection } from "./chapters.ts";
import { configSection } from "./config.ts";
import { tableTitle } from "./fact-rows.ts";
import { tableSection } from "./facts.ts";
import { type Html, html, nothing } from "./html.ts";
import { printPage } from "./layout.ts";
import { directionTitles, messageSection } from "./messages.ts";
import { directions, messagesOf, type Model } from "./model.ts";
import { pageOf } from "./search.ts";

/** The reference of one protocol: everything its document says, on one page. */
export function printReference(model: Model, models: readonly Model[]): string {
  const { protocol, markdown } = model;
  const body = html`<section id="overview" class="overview"><h1>${protocol.title}</h1>
<p class="version">Version ${protocol.version}</p>
${markdown.block(protocol.description)}
<p class="other-forms"><a class="button" href="${bundleFile(model)}" download>AsyncAPI document (.yaml)</a> <a class="button" href="${officialFile(model)}">As AsyncAPI renders it</a></p></section>
${channelSection(model)}${directions.map((direction) => messageSection(direction, model))}${dispatchSection(model)}${ruleSection(model)}${protocol.tables.map((table) => tableSection(table, model))}${configSection(model)}${conversationSection(model)}${typeSection(model)}`;
  const description = `Reference of ${protocol.title} ${protocol.version}: messages, types, rules and settings.`;
  return printPage({ title: `${protocol.title} reference`, description, file: pageOf(model), contents: tableOfContents(model, body), body }, models);
}

export function bundleFile({ protocol }: Model): string {
  return `${protocol.name}.asyncapi.yaml`;
}

export function officialFile({ protocol }: Model): string {
  return `${protocol.name}.asyncapi.html`;
}

function tableOfContents(model: Model, body: Html): Html {
  const { protocol, rules, conversations } = model;
  const has = (id: string): boolean => body.text.includes(` id="${id}" class="chapter"`);
  const items = [
    entry("overview", "Overview"),
    entry("channels", protocol.channels.length === 1 ? "Channel" : "Channels", protocol.channels.length === 1 ? nothing : list(protocol.channels.map(({ key, title }) => entry(anchorOf("channel", key), title ?? key)))),
    ...directions.map((direction) => {
      const messages = messagesOf(protocol, direction);
      return messages.length === 0 ? nothing : entry(direction, directionTitles[direction], list(messages.map(messageEntry)));
    }),
    has("dispatch") ? entry("dispatch", "How a frame finds its message") : nothing,
    has("rules") ? entry("rules", "Rules", list(rules.sections.map(({ title }) => entry(anchorOf("rules", title), title)))) : nothing,
    ...protocol.tables.map((table) => entry(tableAnchor(table.key), tableTitle(table))),
    has("configuration") ? entry("configuration", "Configuration") : nothing,
    has("conversations") ? entry("conversations", "Example conversations", list(conversations.map(({ name }) => entry(anchorOf("conversation", name), name)))) : nothing,
    entry("types", "Types"),
  ];
  return html`<nav class="contents" aria-label="On this page"><details open><summary>On this page</summary>${list(items)}</details></nav>`;
}

function messageEntry(message: Message): Html {
  return html`<li><a href="${hrefOf(messageAnchor(message))}"><code>${message.wireName}</code></a></li>
`;
}

function entry(anchor: string, title: string, inner = nothing): Html {
  return html`<li><a href="${hrefOf(anchor)}">${title}</a>${inner}</li>
`;
}

function list(items: readonly Html[]): Html {
  return html`<ul>
${items}</ul>`;
}
