/** Runs every benchmark, one after the other. Each prints ratios measured in one run; none asserts on time. */
import { spawn } from "node:child_process";
import { once } from "node:events";

for (const name of ["decode", "encode", "edge", "first-partial"]) {
  console.log(`\n== ${name}`);
  const [code] = (await once(spawn(process.execPath, [`${import.meta.dirname}/${name}.ts`], { stdio: "inherit" }), "exit")) as [number | null];
  if (code !== 0) process.exitCode = 1;
}
