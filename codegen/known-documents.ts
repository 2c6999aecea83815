import { digestOf, wasTouchedSince } from "./memory.ts";
import type { Finding } from "./source.ts";

/** The protocol that a document describes, in short. */
export interface Described {
  readonly name: string;
  readonly messages: number;
}

/** What came of one document, and the files and folders that it came from; plain data, as it travels between threads. */
export interface DocumentResult {
  readonly findings: readonly Finding[];
  readonly protocol: Described | undefined;
  readonly files: ReadonlyMap<string, string>;
  readonly inputs: readonly string[];
}

/** What came of documents that have not changed since, for a process that stays. */
export class KnownDocuments {
  readonly #known = new Map<string, { readonly digest: string; readonly result: DocumentResult }>();

  async resultOf(document: string, run: () => Promise<DocumentResult>): Promise<DocumentResult> {
    const known = this.#known.get(document);
    if (known && digestOf(known.result.inputs) === known.digest) return known.result;
    this.#known.delete(document);
    const startedMs = Date.now();
    const result = await run();
    // A fault may lie in a file that is not there yet, and what was written meanwhile may not have been read.
    const isSettled = result.findings.every(({ severity }) => severity !== "error") && !wasTouchedSince(result.inputs, startedMs);
    if (isSettled) this.#known.set(document, { digest: digestOf(result.inputs), result });
    return result;
  }
}
