/** Child process of `main.ts`: takes one benchmark's measurements where nothing else has warmed the engine up. */
import { pathToFileURL } from "node:url";
import type { Measure } from "./figure.ts";

const [, , file = ""] = process.argv;
const { measure }: { measure: Measure } = await import(pathToFileURL(file).href);
const figures = await measure((line) => void process.send?.({ line }));
// What a benchmark has started and not ended must not outlive it.
process.send?.({ figures }, () => process.exit());
