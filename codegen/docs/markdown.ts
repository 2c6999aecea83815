import { Marked, type Tokens } from "marked";
import { escapeHtml, Html } from "./html.ts";

/** Where a piece of code or the number of a rule leads to, if anywhere. */
export type LinkOf = (text: string) => string | undefined;

export interface Markdown {
  block(text: string | undefined): Html;
  inline(text: string | undefined): Html;
}

/** Descriptions are other people's text: markup in them is shown, never obeyed. */
export function createMarkdown(linkOf: LinkOf): Markdown {
  const marked = new Marked({
    renderer: {
      html: ({ text }: Tokens.HTML | Tokens.Tag) => escapeHtml(text),
      image: ({ text }: Tokens.Image) => escapeHtml(text),
      codespan: ({ text }: Tokens.Codespan) => linked(`<code>${escapeHtml(text)}</code>`, linkOf(text)),
      link({ href, tokens }: Tokens.Link) {
        const text = this.parser.parseInline(tokens);
        return /^(?:https?:|mailto:|#)/iu.test(href) ? linked(text, href) : text;
      },
      text(token: Tokens.Text | Tokens.Escape) {
        if ("tokens" in token && token.tokens) return this.parser.parseInline(token.tokens);
        return citedRules(token.text, linkOf);
      },
    },
  });
  return {
    block: (text) => new Html(text === undefined ? "" : marked.parse(text, { async: false })),
    inline: (text) => new Html(text === undefined ? "" : marked.parseInline(text, { async: false })),
  };
}

/** The numbers of rules that a text cites. */
export const ruleId = /\b[A-Z]{2}-\d+\b/gu;

function citedRules(text: string, linkOf: LinkOf): string {
  return escapeHtml(text).replaceAll(ruleId, (id) => linked(id, linkOf(id)));
}

function linked(markup: string, href: string | undefined): string {
  return href === undefined ? markup : `<a href="${escapeHtml(href)}">${markup}</a>`;
}
