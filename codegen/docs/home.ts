import { type Html, html, nothing } from "./html.ts";
import { printPage } from "./layout.ts";
import { createMarkdown } from "./markdown.ts";
import { messagesOf, type Model } from "./model.ts";
import { bundleFile, officialFile } from "./page.ts";
import { pageOf } from "./search.ts";

/** What the words of a document name has its place on the document's own page, not here. */
const markdown = createMarkdown(() => undefined);

/** The page that all others are found from. */
export function printHome(models: readonly Model[]): string {
  const body = html`<section class="overview"><h1>Protocols</h1>
<p class="lead">The wires between OpenClaw and the applications and servers that people talk to it through. Each page says every message with its fields, its limits and an example, and the rules that no schema can say.</p></section>
<div class="cards">
${models.map(card)}</div>
`;
  return printPage({ title: "Clawwire protocols", description: "Reference of the protocols between OpenClaw and chat applications.", file: "index.html", body }, models);
}

function card(model: Model): Html {
  const { protocol } = model;
  const page = pageOf(model);
  return html`<article class="card" id="${protocol.name}"><h2><a href="${page}">${protocol.title}</a></h2><p class="version">Version ${protocol.version}</p>
${protocol.config ? html`<p class="purpose">${markdown.inline(protocol.config.description)}</p>` : nothing}
<p>${markdown.inline(firstParagraph(protocol.description))}</p>
<dl class="counts"><div><dt>Messages the plugin receives</dt><dd>${messagesOf(protocol, "received").length}</dd></div><div><dt>Messages the plugin sends</dt><dd>${messagesOf(protocol, "sent").length}</dd></div></dl>
<p class="other-forms"><a href="${page}">Reference</a> <a href="${officialFile(model)}">As AsyncAPI renders it</a> <a href="${bundleFile(model)}" download>.yaml</a></p></article>
`;
}

/** Who dials whom, by custom of the documents. */
function firstParagraph(text: string | undefined): string | undefined {
  return text?.split(/\n\s*\n/u)[0];
}
