import { anchorOf, hrefOf } from "./anchors.ts";
import { type Field, fieldsOf } from "./config-fields.ts";
import { type Html, html, joinHtml, nothing } from "./html.ts";
import type { Model } from "./model.ts";

export function configSection(model: Model): Html {
  const { config } = model.protocol;
  if (!config) return nothing;
  const keys = [config.id, ...config.legacyKeys].map((key) => html`<code>channels.${key}</code>`);
  return html`<section id="configuration" class="chapter"><h2><a class="self" href="#configuration">Configuration</a></h2>
<p>${model.markdown.inline(config.description)}</p>
<p>The block stands at ${joinHtml(keys, ", or, as an older name, at ")} in OpenClaw's configuration. An environment variable speaks where the field is absent.${config.account && html` What stands under <code>accounts.*</code> has the fields of an account, and inherits from the root what it leaves out.`}</p>
<table class="properties config"><thead><tr><th scope="col">Field</th><th scope="col">Expected</th><th scope="col">Default</th><th scope="col">Meaning</th></tr></thead><tbody>
${fieldsOf(config, model.resolve).map((field) => fieldRow(field, model))}</tbody></table></section>
`;
}

function fieldRow(field: Field, { markdown }: Model): Html {
  const anchor = anchorOf("config", field.path);
  const cut = field.path.lastIndexOf(".") + 1;
  const name = html`<code>${cut > 0 && html`<span class="before">${field.path.slice(0, cut)}</span>`}${field.path.slice(cut)}</code>`;
  const marks = html`${field.required && html`<span class="required">required</span>`}${field.secret && html`<span class="secret">secret</span>`}`;
  const preset = field.default === undefined ? nothing : html`<code>${JSON.stringify(field.default)}</code>`;
  return html`<tr id="${anchor}"><th scope="row"><a class="self" href="${hrefOf(anchor)}">${name}</a>${marks}</th><td class="limits">${field.expected}</td><td class="limits">${preset}</td><td>${field.label && html`<strong>${field.label}.</strong> `}${markdown.inline(field.help)}${field.env && html` <span class="env"><code>${field.env}</code></span>`}</td></tr>
`;
}
