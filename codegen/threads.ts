import { statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { DocumentResult } from "./known-documents.ts";
import type { DocumentsRequest, ReadDocuments } from "./run.ts";

/** What all threads know. Each takes the next document when it is done with one, without asking another thread. */
export interface Shift {
  readonly request: DocumentsRequest;
  /** The numbers of the documents, the largest first, so that nobody starts with it when the others end. */
  readonly order: readonly number[];
  readonly taken: SharedArrayBuffer;
}

/** What a thread has to say: what came of the document with this number. */
export interface Done {
  readonly index: number;
  readonly result: DocumentResult;
}

/** The documents that no thread has taken yet, each of which is taken as it is handed out. */
export function* untaken({ request, order, taken }: Shift): Generator<{ index: number; document: string }> {
  const count = new Int32Array(taken);
  for (;;) {
    const index = order[Atomics.add(count, 0, 1)];
    const document = index === undefined ? undefined : request.documents[index];
    if (index === undefined || document === undefined) return;
    yield { index, document };
  }
}

interface Threads {
  /** How many work beside this one. */
  readonly helpers?: number;
  /** Told after each document how many are done. */
  readonly done?: (count: number) => void;
}

/** Goes through documents in this thread and in `helpers` more, which start at once: they have much to read before they can work. */
export function inThreads(request: DocumentsRequest, { helpers = Math.min(availableParallelism(), request.documents.length) - 1, done }: Threads = {}): ReadDocuments {
  const sizes = request.documents.map((document) => statSync(document, { throwIfNoEntry: false })?.size ?? 0);
  const order = [...sizes.keys()].sort((a, b) => (sizes[b] ?? 0) - (sizes[a] ?? 0));
  const shift: Shift = { request, order, taken: new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT) };
  const results = new Map<number, DocumentResult>();
  const keep = ({ index, result }: Done): void => {
    results.set(index, result);
    done?.(results.size);
  };
  const theirs = Promise.all(Array.from({ length: helpers }, () => collect(shift, keep)));
  // What fails there is thrown when this thread is done with its own; until then nobody is to take it for forgotten.
  theirs.catch(() => undefined);
  return async () => {
    const { runDocument } = await import("./run.ts");
    for (const { index, document } of untaken(shift)) keep({ index, result: await runDocument(request, document) });
    await theirs;
    return [...results].sort(([a], [b]) => a - b).map(([, result]) => result);
  };
}

function collect(shift: Shift, keep: (done: Done) => void): Promise<void> {
  const worker = new Worker(new URL("./document-worker.ts", import.meta.url), { workerData: shift });
  return new Promise((resolve, reject) => {
    worker.on("message", keep);
    worker.on("error", reject);
    worker.on("exit", (code) => (code === 0 ? resolve() : reject(new Error(`a thread of the generator ended with exit code ${code}`))));
  });
}
