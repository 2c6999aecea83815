import { realpathSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

/** The kit of the same release, or why there is none. */
type FoundKit = { run(args: readonly string[]): Promise<number> } | { missing: string };

/** Beside OpenClaw, where `npm install --global` puts it, too; and where npx finds it without fetching: above the folder of the command. */
function placesHere(): string[] {
  return [...programsHere(), path.join(process.cwd(), "here")];
}

function programsHere(): string[] {
  try {
    return [realpathSync(process.argv[1] ?? "")];
  } catch {
    return [];
  }
}

/** The kit and the plugins are released together: another version may look at what this one has not, or has otherwise. */
export async function findKit(version: string, places: readonly string[] = placesHere()): Promise<FoundKit> {
  const others: string[] = [];
  for (const place of places) {
    const found = kitSeenFrom(place);
    if (found?.version === version) return runnerIn(await import(pathToFileURL(found.resolve("clawwire/cli")).href));
    if (found) others.push(`${found.version} is at ${found.folder}`);
  }
  return { missing: others.length > 0 ? `version ${version} is needed, and ${others.join(", ")}` : "it is neither beside OpenClaw nor in this folder" };
}

interface SeenKit {
  version: string;
  folder: string;
  resolve(id: string): string;
}

function kitSeenFrom(place: string): SeenKit | undefined {
  const require = createRequire(place);
  try {
    const manifest = require.resolve("clawwire/package.json");
    const { version } = require(manifest) as { version?: unknown };
    return { version: String(version), folder: path.dirname(manifest), resolve: (id) => require.resolve(id) };
  } catch {
    return undefined;
  }
}

function runnerIn(module: unknown): FoundKit {
  if (typeof module === "object" && module !== null && "run" in module && typeof module.run === "function") return module as FoundKit;
  return { missing: "what is installed under that name has no commands" };
}
