import type { Direction, Dispatch, Json, Message, NamedType, Tag } from "../ir.ts";
import { childOf } from "../source.ts";
import { anchorOf, hrefOf } from "./anchors.ts";
import { type Html, html, nothing } from "./html.ts";
import { codeBlock } from "./json.ts";
import { messageLink } from "./messages.ts";
import type { Model } from "./model.ts";
import { typeBody } from "./properties.ts";
import type { Conversation, Rule, Utterance } from "./rules.ts";

/** All types: those that are a message's payload are shown with the message, the others here. */
export function typeSection(model: Model): Html {
  const { types } = model.protocol;
  const here = types.filter(({ name }) => !model.shownBy.has(name));
  const list = [...types].sort((a, b) => (a.name < b.name ? -1 : 1)).map(({ name }) => html`<li><a href="${hrefOf(anchorOf("type", name))}">${name}</a></li>`);
  return html`<section id="types" class="chapter"><h2><a class="self" href="#types">Types</a> <span class="count">${types.length}</span></h2>
<p>The type of a message's payload is described with the message, every other one below.</p>
<ul class="names">${list}</ul>
${here.map((type) => typeArticle(type, model))}</section>
`;
}

function typeArticle(type: NamedType, model: Model): Html {
  const anchor = anchorOf("type", type.name);
  return html`<article class="type" id="${anchor}"><h3><a class="self" href="${hrefOf(anchor)}">${type.name}</a></h3>
${model.markdown.block(type.node.description)}${typeBody(type, model, true)}</article>
`;
}

export function ruleSection({ rules, markdown }: Model): Html {
  if (rules.sections.length === 0) return nothing;
  const sections = rules.sections.map(({ title, rules: list }) => {
    const anchor = anchorOf("rules", title);
    return html`<h3 id="${anchor}"><a class="self" href="${hrefOf(anchor)}">${title}</a></h3>
<ol class="rules">
${list.map((rule) => ruleItem(rule, markdown.inline(rule.text)))}</ol>
`;
  });
  return html`<section id="rules" class="chapter"><h2><a class="self" href="#rules">Rules</a></h2>
${markdown.block(rules.introduction)}${sections}</section>
`;
}

function ruleItem({ id }: Rule, text: Html): Html {
  const anchor = anchorOf("rule", id);
  return html`<li id="${anchor}"><a class="rule" href="${hrefOf(anchor)}">${id}</a><div>${text}</div></li>
`;
}

export function conversationSection(model: Model): Html {
  if (model.conversations.length === 0) return nothing;
  return html`<section id="conversations" class="chapter"><h2><a class="self" href="#conversations">Example conversations</a></h2>
${model.conversations.map((conversation) => conversationArticle(conversation, model))}</section>
`;
}

function conversationArticle({ name, lines }: Conversation, model: Model): Html {
  const anchor = anchorOf("conversation", name);
  return html`<article class="conversation" id="${anchor}"><h3><a class="self" href="${hrefOf(anchor)}">${name}</a></h3>
<ol>
${lines.map((line) => utterance(line, model))}</ol></article>
`;
}

function utterance(line: Utterance, model: Model): Html {
  const { from, frame, text, link } = line;
  if (link !== undefined) return html`<li class="event">${from === undefined ? `The connection is ${link}.` : `The ${from} ${link}.`}</li>
`;
  const message = frame === undefined ? undefined : messageOfFrame(model, frame, from === "plugin" ? "sent" : "received");
  const body = frame === undefined ? html`<pre tabindex="0"><code>${text}</code></pre>` : codeBlock(frame);
  return html`<li class="${from === "plugin" ? "plugin" : "peer"}"><p><span class="from">${from}</span>${message && html` ${messageLink(message)}`}</p>${body}</li>
`;
}

/** The message that a frame is, as far as its tags tell. */
export function messageOfFrame({ protocol }: Model, frame: Json, direction: Direction): Message | undefined {
  for (const channel of protocol.channels) {
    const { dispatch } = channel[direction];
    const name = dispatch && followTags(dispatch, frame);
    const found = channel[direction].messages.find((message) => message.name === name);
    if (found) return found;
  }
  return undefined;
}

function followTags(dispatch: Dispatch, frame: Json): string | undefined {
  if (dispatch.by === "trial") return dispatch.rest.length === 1 ? dispatch.rest[0]?.message : undefined;
  const value = childOf(frame, dispatch.tag) as Tag | undefined;
  const chosen = dispatch.cases.find((each) => each.value === value);
  return chosen && followTags(chosen.then, frame);
}
