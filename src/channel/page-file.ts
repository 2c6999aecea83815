import { readFile } from "node:fs/promises";

/** The chat page, packed with brotli: the build puts it beside this module (`build/page.ts`). */
export async function readPage(): Promise<Uint8Array> {
  return await readFile(new URL("page.html.br", import.meta.url));
}
