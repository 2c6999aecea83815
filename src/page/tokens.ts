import { lexer, type Token, type Tokens, walkTokens } from "marked";

/** Elements within each other, as far as anybody writes them: both the parser and the page call themselves for each. */
const DEEPEST = 32;

/** The parts of a markdown text. Total: what is nested too deeply to be drawn is there as it was written. */
export function readMarkdown(text: string): readonly Token[] {
  try {
    return shallow(withOrderedHeadings(lexer(text, { gfm: true, breaks: true })), DEEPEST);
  } catch {
    // A few thousand `>` are more than the stack holds, and what a page cannot draw once it could not after a reload either.
    return [asWritten(text)];
  }
}

/** The name above a message is the heading over those in it, and none is more than one below the last: who listens to a page goes by them. */
function withOrderedHeadings(tokens: Token[]): readonly Token[] {
  let last = 2;
  void walkTokens(tokens, (token) => {
    if (token.type === "heading") token["depth"] = last = Math.min(Number(token["depth"]) + 2, last + 1, 6);
  });
  return tokens;
}

function shallow(tokens: readonly Token[], room: number): Token[] {
  return tokens.map((token) => {
    if (token.type === "list") return room === 0 ? asWritten(token.raw) : { ...token, items: shallow((token as Tokens.List).items, room - 1) };
    const { tokens: inner } = token as { tokens?: Token[] };
    if (!inner || inner.length === 0) return token;
    return room === 0 ? asWritten(token.raw) : { ...token, tokens: shallow(inner, room - 1) };
  });
}

/** As tags are: what somebody wrote, and nothing else. */
function asWritten(text: string): Token {
  return { type: "html", raw: text, text, pre: false, block: false };
}
