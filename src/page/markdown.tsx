import type { MarkedToken, Token, Tokens } from "marked";
import type { ComponentChildren, VNode } from "preact";
import { useMemo } from "preact/hooks";
import { CopyButton } from "./copy.tsx";
import { readMarkdown } from "./tokens.ts";

/**
 * Markdown as elements, never as HTML: what an agent says cannot become a script whatever it is, so there is nothing to
 * sanitize, and the policy of the page (`trusted-types 'none'`) holds whoever forgets it.
 */
export function Markdown({ text }: { text: string }): VNode {
  const tokens = useMemo(() => readMarkdown(text), [text]);
  return <div class="markdown">{pieces(tokens)}</div>;
}

function pieces(tokens: readonly Token[] = []): ComponentChildren {
  return tokens.map((token, index) => <Piece key={index} token={token as MarkedToken} />);
}

function Piece({ token }: { token: MarkedToken }): VNode | null {
  switch (token.type) {
    // A list draws the boxes of its items, and knows where a reference leads.
    case "space":
    case "def":
    case "checkbox":
    case "list_item":
      return null;
    case "hr":
      return <hr />;
    case "br":
      return <br />;
    case "heading": {
      const Heading = `h${token.depth}` as "h3" | "h4" | "h5" | "h6";
      return <Heading>{pieces(token.tokens)}</Heading>;
    }
    case "code":
      return <Code text={token.text} language={token.lang ?? ""} />;
    case "blockquote":
      return <blockquote>{pieces(token.tokens)}</blockquote>;
    case "list":
      return token.ordered ? <ol start={token.start === "" ? 1 : token.start}>{items(token)}</ol> : <ul>{items(token)}</ul>;
    case "table":
      return <Table token={token} />;
    case "paragraph":
      return <p>{pieces(token.tokens)}</p>;
    case "strong":
      return <strong>{pieces(token.tokens)}</strong>;
    case "em":
      return <em>{pieces(token.tokens)}</em>;
    case "del":
      return <del>{pieces(token.tokens)}</del>;
    case "codespan":
      return <code>{token.text}</code>;
    case "link":
      return <Link href={token.href}>{pieces(token.tokens)}</Link>;
    // Nothing is loaded from elsewhere: an image is the way to it.
    case "image":
      return <Link href={token.href}>{token.text === "" ? token.href : token.text}</Link>;
    // Tags are what somebody wrote, and nothing else.
    case "html":
      return <span class="plaintext">{token.text}</span>;
    case "text":
      return token.tokens ? <>{pieces(token.tokens)}</> : <>{unescape(token.text)}</>;
    case "escape":
      return <>{unescape(token.text)}</>;
  }
}

function items(list: Tokens.List): ComponentChildren {
  return list.items.map((item, index) => (
    <li key={index} class={item.task ? "task" : undefined}>
      {item.task && <input type="checkbox" checked={item.checked ?? false} disabled aria-label={item.checked ? "Done" : "To do"} />}
      {pieces(item.tokens)}
    </li>
  ));
}

function Table({ token }: { token: Tokens.Table }): VNode {
  const cell = (each: Tokens.TableCell, Cell: "th" | "td", index: number): VNode => (
    <Cell key={index} class={each.align ?? undefined}>
      {pieces(each.tokens)}
    </Cell>
  );
  return (
    <div class="wide" tabIndex={0} role="group" aria-label="Table">
      <table>
        <thead>
          <tr>{token.header.map((each, index) => cell(each, "th", index))}</tr>
        </thead>
        <tbody>
          {token.rows.map((row, at) => (
            <tr key={at}>{row.map((each, index) => cell(each, "td", index))}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Code({ text, language }: { text: string; language: string }): VNode {
  return (
    <figure class="code">
      <figcaption>
        <span>{language === "" ? "text" : language}</span>
        <CopyButton text={text} />
      </figcaption>
      <pre tabIndex={0} role="group" aria-label="Code">
        <code>{text}</code>
      </pre>
    </figure>
  );
}

/** What is no address of the web is text. */
export function Link({ href, children }: { href: string; children: ComponentChildren }): VNode {
  if (!/^(?:https?|mailto):/i.test(href)) return <>{children}</>;
  return (
    <a href={href} target="_blank" rel="noreferrer noopener">
      {children}
    </a>
  );
}

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'", nbsp: "\u00a0" };

function unescape(text: string): string {
  return text.replaceAll(/&(amp|lt|gt|quot|#39|nbsp);/g, (whole, name: string) => entities[name] ?? whole);
}
