import { pathToFileURL } from "node:url";

/** Child process of `edge.ts`: serves what the module named on the command line exports, and tells what it used when asked. */
const [, , served = ""] = process.argv;
const module: { serve(): Promise<string> } = await import(pathToFileURL(served).href);
const url = await module.serve();
process.on("message", () => {
  for (let i = 0; i < 3; i += 1) globalThis.gc?.();
  const { user, system } = process.cpuUsage();
  process.send?.({ rss: process.memoryUsage().rss, cpuMs: (user + system) / 1000 });
});
process.on("disconnect", () => process.exit());
process.send?.({ url });
