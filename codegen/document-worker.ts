import { enableCompileCache } from "node:module";
import { parentPort, workerData } from "node:worker_threads";
import { type Done, type Shift, untaken } from "./threads.ts";

enableCompileCache();
const { runDocument } = await import("./run.ts");
const shift = workerData as Shift;
for (const { index, document } of untaken(shift))
  parentPort?.postMessage({ index, result: await runDocument(shift.request, document) } satisfies Done, []);
