import type { Channel, Direction, Dispatch, Message, Parameter, Protocol, Traffic } from "../ir.ts";
import { describeLimits } from "../emit/jsdoc.ts";
import { childOf } from "../source.ts";
import { anchorOf, hrefOf } from "./anchors.ts";
import { type Html, html, joinHtml, nothing } from "./html.ts";
import { messageLink } from "./messages.ts";
import { directions, type Model } from "./model.ts";

/** Each channel with its handshake and the messages that travel on it. */
export function channelSection(model: Model): Html {
  const { channels } = model.protocol;
  return html`<section id="channels" class="chapter"><h2><a class="self" href="#channels">${channels.length === 1 ? "Channel" : "Channels"}</a></h2>
${channels.map((channel) => channelArticle(channel, model))}</section>
`;
}

function channelArticle(channel: Channel, model: Model): Html {
  const { key, title, address, summary, description, query, headers } = channel;
  const anchor = anchorOf("channel", key);
  return html`<article class="channel" id="${anchor}"><header><h3><a class="self" href="${hrefOf(anchor)}">${title ?? key}</a></h3>${address !== null && html`<code class="address">${address}</code>`}</header>
${summary && html`<p class="summary">${model.markdown.inline(summary)}</p>`}${model.markdown.block(description)}
${parameterTable("Query parameters", query, anchor, model)}${parameterTable("Request headers", headers, anchor, model)}
${directions.map((direction) => trafficLine(channel[direction], direction))}</article>
`;
}

const trafficTitles: Readonly<Record<Direction, string>> = { received: "The plugin receives", sent: "The plugin sends" };

function trafficLine({ messages }: Traffic, direction: Direction): Html {
  if (messages.length === 0) return nothing;
  return html`<p class="traffic"><span>${trafficTitles[direction]}</span> ${joinHtml(messages.map(messageLink), " ")}</p>
`;
}

function parameterTable(title: string, parameters: readonly Parameter[], anchor: string, { markdown }: Model): Html {
  if (parameters.length === 0) return nothing;
  const rows = parameters.map(({ name, required, schema, description }) => {
    const id = `${anchor}.${name}`;
    return html`<tr id="${id}"><th scope="row"><a class="self" href="${hrefOf(id)}"><code>${name}</code></a>${required && html`<span class="required">required</span>`}</th><td class="type">${parameterType(schema)}</td><td class="limits">${markdown.inline(parameterLimits(schema))}</td><td>${markdown.inline(description)}</td></tr>
`;
  });
  return html`<table class="properties"><caption>${title}</caption><thead><tr><th scope="col">Name</th><th scope="col">Type</th><th scope="col">Limits</th><th scope="col">Meaning</th></tr></thead><tbody>
${rows}</tbody></table>
`;
}

function parameterType(schema: Parameter["schema"]): Html {
  const choices = childOf(schema, "enum");
  if (Array.isArray(choices)) return joinHtml(choices.map((choice) => html`<code>${JSON.stringify(choice)}</code>`), " or ");
  const { type } = schema;
  return html`${Array.isArray(type) ? type.join(" or ") : typeof type === "string" ? type : "anything"}`;
}

function parameterLimits(schema: Parameter["schema"]): string {
  const { minLength, maxLength, pattern, minimum, maximum } = schema;
  const number = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);
  const bounds = { minLength: number(minLength), maxLength: number(maxLength), minimum: number(minimum), maximum: number(maximum) };
  const place = { file: "", path: [] };
  const known = Object.fromEntries(Object.entries(bounds).filter(([, value]) => value !== undefined));
  if (bounds.minimum !== undefined || bounds.maximum !== undefined) return describeLimits({ kind: "number", integer: false, place, ...known });
  return describeLimits({ kind: "string", place, ...known, ...(typeof pattern === "string" && { pattern }) });
}

interface Way {
  readonly tags: readonly string[];
  readonly message: string;
}

/** How the reader of a frame knows which message it is. */
export function dispatchSection({ protocol }: Model): Html {
  const tables = protocol.channels.flatMap((channel) => directions.map((direction) => dispatchTable(protocol, channel, direction)));
  const shown = tables.filter(({ text }) => text !== "");
  if (shown.length === 0) return nothing;
  return html`<section id="dispatch" class="chapter"><h2><a class="self" href="#dispatch">How a frame finds its message</a></h2>
<p>By the values of these fields, in this order. Where none is given the messages are tried one after the other.</p>
${shown}</section>
`;
}

function dispatchTable(protocol: Protocol, channel: Channel, direction: Direction): Html {
  const { dispatch, messages } = channel[direction];
  if (dispatch === undefined || messages.length < 2) return nothing;
  const anchor = anchorOf("dispatch", `${channel.key}-${direction}`);
  const byName = new Map(protocol.messages.map((message) => [message.name, message]));
  const rows = [...Map.groupBy(waysOf(dispatch, []), ({ message }) => message)].map(([message, ways]) => {
    const found = byName.get(message);
    return html`<tr><td>${joinHtml(ways.map(wayText), ", ")}</td><td>${found ? labelled(found) : message}</td></tr>
`;
  });
  return html`<table class="plain" id="${anchor}"><caption>${channel.title ?? channel.key}: ${trafficTitles[direction].toLowerCase()}</caption><thead><tr><th scope="col">Fields</th><th scope="col">Message</th></tr></thead><tbody>
${rows}</tbody></table>
`;
}

function wayText({ tags }: Way): Html {
  return tags.length === 0 ? html`any other` : joinHtml(tags.map((tag) => html`<code>${tag}</code>`), " and ");
}

function labelled(message: Message): Html {
  return html`${messageLink(message)}${message.title && html` <span class="muted">${message.title}</span>`}`;
}

function waysOf(dispatch: Dispatch, tags: readonly string[]): Way[] {
  const rest = dispatch.rest.map(({ message }) => ({ tags, message }));
  if (dispatch.by === "trial") return rest;
  return [...dispatch.cases.flatMap(({ value, then }) => waysOf(then, [...tags, `${dispatch.tag}: ${JSON.stringify(value)}`])), ...rest];
}
