import { readFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";
import { rolldown } from "rolldown";
import { describeMessages } from "./page-messages.ts";

const pack = promisify(brotliCompress);

/** The name under which the plugin reads the page, beside its own files. */
export const pageFile = "page.html.br";

export interface BundledPage {
  html: string;
  /** Files of `node_modules` whose code is inside. */
  foreign: readonly string[];
}

/** The chat page as one HTML file that loads nothing: its script and its style stand in it, and an icon as an address. */
export async function bundlePage(root: string): Promise<BundledPage> {
  const from = (name: string): Promise<string> => readFile(path.join(root, "src/page", name), "utf8");
  const [html, style, { script, foreign }] = await Promise.all([from("page.html"), from("page.css"), bundleScript(root)]);
  return { html: fill(fill(html, "style", squeeze(style)), "script", harmless(script)), foreign };
}

export async function packPage(html: string): Promise<Uint8Array> {
  return await pack(html, { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY, [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS } });
}

async function bundleScript(root: string): Promise<{ script: string; foreign: string[] }> {
  const messages = describeMessages(await readFile(path.join(root, "spec/websocket.asyncapi.yaml"), "utf8"));
  const build = await rolldown({
    cwd: root,
    input: "src/page/main.tsx",
    platform: "browser",
    plugins: [
      {
        name: "messages",
        resolveId: (id) => (id === "clawwire:messages" ? id : null),
        load: (id) => (id === "clawwire:messages" ? `export default ${JSON.stringify(messages)};` : null),
      },
    ],
    onLog(_level, log) {
      throw new Error(`bundling the page: ${log.message}`);
    },
  });
  const { output } = await build.generate({ format: "esm", sourcemap: false, minify: true });
  await build.close();
  const [chunk, ...more] = output;
  if (more.length > 0 || chunk.imports.length > 0) throw new Error("the script of the page is not one file that imports nothing");
  return { script: chunk.code.trim(), foreign: chunk.moduleIds.filter((id) => id.includes(`${path.sep}node_modules${path.sep}`)) };
}

/** The same script for a reader of JavaScript, without what a reader of HTML would take for more than text. */
function harmless(script: string): string {
  return script.replaceAll(/<(?=!--|\/?script)/gi, String.raw`\x3C`);
}

/** Puts a text inside the element, whatever characters it has; one that would end the element is refused. */
function fill(html: string, element: string, text: string): string {
  if (new RegExp(`</${element}|<!--`, "i").test(text)) throw new Error(`the ${element} of the page would end its own element`);
  const end = html.indexOf(`</${element}>`);
  return html.slice(0, end) + text + html.slice(end);
}

/** What nobody reads who reads the source. */
function squeeze(style: string): string {
  return style.replaceAll(/\/\*[^]*?\*\//g, "").replaceAll(/\s*\n\s*/g, "").replaceAll(/\s*([{};,])\s*/g, "$1").replaceAll(/: /g, ":");
}
