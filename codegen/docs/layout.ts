import { Html, html, stayInside } from "./html.ts";
import { pageOf } from "./search.ts";
import type { Model } from "./model.ts";

export interface Frame {
  readonly title: string;
  readonly description: string;
  /** The page's own file, marked in the navigation. */
  readonly file: string;
  readonly contents?: Html;
  readonly body: Html;
}

/** Set before anything is painted, so that a page does not flash in the other scheme. */
const chooseScheme = `try { const scheme = localStorage.getItem("scheme"); if (scheme) document.documentElement.dataset.scheme = scheme; } catch {}`;

/** What every page has around it. */
export function printPage({ title, description, file, contents, body }: Frame, models: readonly Model[]): string {
  const links = models.map((model) => {
    const page = pageOf(model);
    return html`<a href="${page}"${page === file && html` aria-current="page"`}>${model.protocol.title}</a>`;
  });
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${stayInside("plain")}
<meta name="color-scheme" content="light dark">
<meta name="description" content="${description}">
<title>${title}</title>
<link rel="icon" href="icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="site.css">
<script>${new Html(chooseScheme)}</script>
<script src="site.js" defer></script>
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header class="bar"><a class="home" href="index.html"${file === "index.html" && html` aria-current="page"`}>Clawwire <span>protocols</span></a><nav aria-label="Protocols">${links}</nav>
<div class="tools"><div class="search" role="search" hidden><input type="search" id="search" placeholder="Search" aria-label="Search all protocols" autocomplete="off" role="combobox" aria-expanded="false" aria-controls="results"><kbd>/</kbd><ul id="results" role="listbox" aria-label="Search results" hidden></ul></div><button type="button" class="scheme" aria-label="Switch between light and dark" hidden></button></div></header>
<div class="${contents ? "page" : "page alone"}">${contents}
<main id="main">
${body}</main></div>
</body>
</html>
`.text;
}
