import path from "node:path";
import { bundlePage, packPage } from "../../build/page.ts";

let packed: Promise<Uint8Array> | undefined;

/** The chat page as a plugin has it, made once for all accounts of a test file. */
export function packedPage(): Promise<Uint8Array> {
  return (packed ??= bundlePage(path.resolve(import.meta.dirname, "../..")).then(({ html }) => packPage(html)));
}
