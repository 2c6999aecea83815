import { tagsOf } from "../dispatch.ts";
import type { Channel, Direction, Message, Protocol } from "../ir.ts";
import { anchorOf, hrefOf, messageAnchor } from "./anchors.ts";
import { type Html, html, joinHtml, nothing } from "./html.ts";
import { codeBlock } from "./json.ts";
import { directions, messagesOf, type Model } from "./model.ts";
import { typeBody } from "./properties.ts";
import { rulesOfMessage } from "./rules.ts";

export const directionTitles: Readonly<Record<Direction, string>> = {
  received: "Messages the plugin receives",
  sent: "Messages the plugin sends",
};

/** The messages of one direction; one that travels both ways is shown once, and named where it travels the other way. */
export function messageSection(direction: Direction, model: Model): Html {
  const messages = messagesOf(model.protocol, direction);
  if (messages.length === 0) return nothing;
  return html`<section id="${direction}" class="chapter"><h2><a class="self" href="#${direction}">${directionTitles[direction]}</a> <span class="count">${messages.length}</span></h2>
${messages.map((message) => (shownElsewhere(message, direction, model.protocol) ? crossReference(message) : messageArticle(message, model)))}</section>
`;
}

function shownElsewhere(message: Message, direction: Direction, protocol: Protocol): boolean {
  return directions.slice(0, directions.indexOf(direction)).some((earlier) => messagesOf(protocol, earlier).includes(message));
}

function crossReference(message: Message): Html {
  return html`<p class="elsewhere">${messageLink(message)} travels both ways and is described <a href="${hrefOf(messageAnchor(message))}">above</a>.</p>
`;
}

function messageArticle(message: Message, model: Model): Html {
  const { markdown } = model;
  const anchor = messageAnchor(message);
  const type = model.typeOf(message.type);
  const isHome = model.shownBy.get(message.type) === message;
  return html`<article class="message" id="${anchor}"><header><h3><a class="self" href="${hrefOf(anchor)}"><code>${message.wireName}</code></a></h3>${message.title && html`<p class="title">${message.title}</p>`}</header>
${message.summary && html`<p class="summary">${markdown.inline(message.summary)}</p>`}${markdown.block(message.description)}${facts(message, model)}
<div${isHome && html` id="${anchorOf("type", message.type)}"`} class="payload"><p class="payload-name">Payload <code>${message.type}</code></p>${markdown.block(type?.node.description)}${type && typeBody(type, model, isHome)}</div>
${beside(message, model)}</article>
`;
}

/** The examples, and next to them the rules that no schema can say. */
function beside(message: Message, model: Model): Html {
  const written = message.examples.map(({ name, summary, value }) => codeBlock(value, caption(name, summary, model)));
  const filed = model.examples.filter((example) => example.message === message.name).map(({ name, value }) => codeBlock(value, caption(name, undefined, model)));
  const rules = rulesOfMessage(model.protocol, model.rules, message);
  const list = rules.map(({ id, text }) => html`<li><a class="rule" href="${hrefOf(anchorOf("rule", id))}">${id}</a> ${model.markdown.inline(text)}</li>
`);
  return html`<div class="beside">${written.length + filed.length > 0 && html`<div class="examples"><h4>${written.length + filed.length === 1 ? "Example" : "Examples"}</h4>${written}${filed}</div>`}${rules.length > 0 && html`<div class="binding"><h4>Rules</h4><ul>
${list}</ul></div>`}</div>
`;
}

function caption(name: string | undefined, summary: string | undefined, { markdown }: Model): Html | undefined {
  if (!name && !summary) return undefined;
  return html`${name && html`<strong>${name}</strong> `}${markdown.inline(summary)}`;
}

function facts(message: Message, model: Model): Html {
  const { protocol } = model;
  const asked = protocol.operations.filter(({ messages }) => messages.includes(message.name));
  const answering = protocol.operations.filter(({ replies }) => replies.includes(message.name));
  const channels = protocol.channels.filter(({ received, sent }) => received.messages.includes(message) || sent.messages.includes(message));
  const rows: readonly (readonly [string, Html | undefined])[] = [
    ["Known by", tagsFact(message, channels)],
    ["Channel", protocol.channels.length > 1 ? joinHtml(channels.map(channelLink), ", ") : undefined],
    ["Answered by", linksTo(asked.flatMap(({ replies }) => replies), model)],
    ["Answers", linksTo(answering.flatMap(({ messages }) => messages), model)],
    ["Correlated by", message.correlationId === undefined ? undefined : html`<code>${message.correlationId.slice(1).replaceAll("/", ".")}</code>`],
    ["Extension", message.extension === undefined ? undefined : html`<code>${message.extension}</code>`],
  ];
  const shown = rows.flatMap(([name, value]) => (value === undefined || value.text === "" ? [] : [html`<div><dt>${name}</dt><dd>${value}</dd></div>`]));
  return shown.length === 0 ? nothing : html`<dl class="facts">${shown}</dl>`;
}

function tagsFact(message: Message, channels: readonly Channel[]): Html | undefined {
  const dispatches = channels.flatMap(({ received, sent }) => [received, sent]).filter(({ messages }) => messages.includes(message));
  const tags = Object.entries(dispatches.map(({ dispatch }) => dispatch && tagsOf(dispatch, message.name)).find((found) => found !== undefined) ?? {});
  return tags.length === 0 ? undefined : joinHtml(tags.map(([tag, value]) => html`<code>${tag}: ${JSON.stringify(value)}</code>`), " and ");
}

function linksTo(names: readonly string[], { protocol }: Model): Html {
  const messages = protocol.messages.filter(({ name }) => names.includes(name));
  return joinHtml(messages.map(messageLink), ", ");
}

export function messageLink(message: Message): Html {
  return html`<a href="${hrefOf(messageAnchor(message))}"><code>${message.wireName}</code></a>`;
}

export function channelLink({ key, title }: Channel): Html {
  return html`<a href="${hrefOf(anchorOf("channel", key))}">${title ?? key}</a>`;
}
