import { pathToFileURL } from "node:url";

/** Child process of a benchmark: serves what the module named on the command line exports, and tells what it used when asked. */
const [, , served = "", argument = ""] = process.argv;
const module: { serve(argument: string): Promise<string> } = await import(pathToFileURL(served).href);
const url = await module.serve(argument);
process.on("message", () => {
  // As the engine does where memory is short: holes between what lives are no memory of it.
  for (let i = 0; i < 3; i += 1) globalThis.gc?.({ type: "major", execution: "sync", flavor: "last-resort" });
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  process.send?.({ rss, heap: heapUsed, cpuMs: (user + system) / 1000 });
});
process.on("disconnect", () => process.exit());
process.send?.({ url });
