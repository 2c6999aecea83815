// Runs before everything else, so with whatever Node there is (18 and newer) and without any package.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, symlinkSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const self = fileURLToPath(import.meta.url);
const root = path.resolve(self, "../..");
const lock = path.join(root, "package-lock.json");
const modules = path.join(root, "node_modules");

/** OpenClaw's range. */
export function isSuitable(version) {
  const [major = 0, minor = 0] = version.replace(/^v/, "").split(".").map(Number);
  return (major === 24 && minor >= 16) || (major === 26 && minor >= 1) || major > 26;
}

/** Whether npm has installed what the lock says, by the record it keeps of what it did. */
export function matchesLock(wanted, installed) {
  if (!installed) return false;
  for (const [place, entry] of Object.entries(wanted.packages)) {
    if (place === "" || entry.link) continue;
    const found = installed.packages[place];
    if (!found && (entry.optional || entry.devOptional || entry.peer)) continue;
    if (!found || found.version !== entry.version || found.integrity !== entry.integrity) return false;
  }
  return true;
}

/** The package that brings a Node of its own, where there is one for this platform. */
const ownNode = `node-${process.platform}-${process.arch}`;

function readJson(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
}

function fail(line) {
  process.stderr.write(`${line}\n`);
  process.exit(1);
}

function main() {
  const wanted = readJson(lock);
  if (!wanted) fail(`There is no package-lock.json in ${root}; this does not look like a checkout of Clawwire.`);
  const bringsNode = `node_modules/${ownNode}` in wanted.packages;
  const tooOld = `Clawwire needs Node 24.16 or newer (or 26.1 and newer), and this is ${process.version}.`;
  if (!bringsNode && !isSuitable(process.version)) {
    fail(`${tooOld} On Linux it would bring its own; for ${process.platform}-${process.arch} get one from https://nodejs.org.`);
  }
  if (!matchesLock(wanted, readJson(path.join(modules, ".package-lock.json")))) install();
  if (bringsNode) checkOwnNode(tooOld);
}

function install() {
  process.stderr.write("Installing what package-lock.json lists; the first time this fetches about 450 MB …\n");
  const began = Date.now();
  // No package needs its install script here, and OpenClaw's would refuse an older Node that is not going to run it.
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const npm = process.env.npm_execpath;
  const windows = process.platform === "win32";
  const run = npm?.endsWith(".js")
    ? spawnSync(process.execPath, [npm, ...args], { cwd: root, stdio: ["ignore", 2, 2] })
    : spawnSync("npm", args, { cwd: root, stdio: ["ignore", 2, 2], shell: windows });
  if (run.error) fail(`npm could not be started: ${run.error.message}`);
  if (run.status !== 0) fail("npm ci failed; what it says is above. It needs the npm registry and about 2 GB of disk.");
  process.stderr.write(`Installed after ${Math.round((Date.now() - began) / 1000)} s.\n`);
}

function checkOwnNode(tooOld) {
  const link = path.join(modules, ".bin", "node");
  // npm 10 removes the link again when it drops the same package for another platform.
  if (!existsSync(link) && existsSync(path.join(modules, ownNode))) symlinkSync(path.join("..", ownNode, "bin", "node"), link);
  const run = spawnSync(link, ["--version"], { encoding: "utf8" });
  if (run.status === 0 && isSuitable(run.stdout.trim())) return;
  // It is built for glibc; musl systems have to bring theirs.
  if (!isSuitable(process.version)) fail(`${tooOld} The one in node_modules does not run on this system; install a newer one.`);
}

if (process.argv[1] && path.resolve(process.argv[1]) === self) main();
