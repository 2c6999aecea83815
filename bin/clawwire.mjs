#!/usr/bin/env node
// What npx runs. Starts with whatever Node there is (18 and newer) and without any package.
import { spawn, spawnSync } from "node:child_process";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = path.resolve(fileURLToPath(import.meta.url), "../..");
const { status } = spawnSync(process.execPath, [path.join(root, "bin/ensure-installed.mjs")], { stdio: ["ignore", 2, 2] });
if (status !== 0) process.exit(status ?? 1);

const ownNode = path.join(root, "node_modules/.bin/node");
const node = spawnSync(ownNode, ["--version"]).status === 0 ? ownNode : process.execPath;
const command = spawn(node, [path.join(root, "src/cli/main.ts"), ...process.argv.slice(2)], { stdio: "inherit" });
command.once("exit", (code) => process.exit(code ?? 1));
// A terminal tells the command itself of Ctrl-C; it ends in its own time, and we with it.
process.on("SIGINT", () => {});
for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => command.kill(signal));
