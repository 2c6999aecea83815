/** Markup that is safe to print as it is; the template below is the only way to make any from text. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Piece = Html | string | number | undefined | false | readonly Piece[];

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/gu, (character) => entities[character] ?? character);
}

/** A template whose pieces are escaped unless they are markup already. */
export function html(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Html {
  return new Html(strings.map((text, index) => text + printPiece(pieces[index])).join(""));
}

export const nothing = new Html("");

/** Whatever a description manages to say, a page loads from its own folder only. */
export function stayInside(script: "plain" | "compiling"): Html {
  const evaluation = script === "compiling" ? " 'unsafe-eval'" : "";
  return html`<meta http-equiv="Content-Security-Policy" content="default-src 'self' file: data: 'unsafe-inline'${new Html(evaluation)}; form-action 'none'">`;
}

export function joinHtml(parts: readonly Html[], between: string): Html {
  return new Html(parts.map(({ text }) => text).join(escapeHtml(between)));
}

function printPiece(piece: Piece): string {
  if (piece === undefined || piece === false) return "";
  if (piece instanceof Html) return piece.text;
  if (typeof piece === "string" || typeof piece === "number") return escapeHtml(String(piece));
  return piece.map(printPiece).join("");
}
