import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { rolldown } from "rolldown";
import { z } from "zod";
import { pack } from "./build.ts";
import { repositorySchema } from "./metadata.ts";
import { bundleClient } from "./client.ts";

const run = promisify(execFile);

export const kitName = "clawwire";

const workshop = z.object({
  version: z.string(),
  license: z.string(),
  engines: z.object({ node: z.string() }),
  repository: repositorySchema.optional(),
  devDependencies: z.looseObject({ ws: z.string(), "@types/ws": z.string(), "fast-check": z.string(), json5: z.string() }),
});

/** The kit keeps the tree it was written in: its rule books are found relative to its code, in the workshop and in the package. */
const texts = ["spec/rules", "docs/client.md", "LICENSE"];
/** A seventh of the kit as they are; `clawwire spec` prints them. */
const documents = ["websocket", "insta-claw", "local-im", "clawchat"];

/** Builds and packs the kit into `dist/`, and returns where the tarball is. */
export async function buildKit(root: string, dist = path.join(root, "dist")): Promise<string> {
  const { version } = workshop.parse(JSON.parse(await readFile(path.join(root, "package.json"), "utf8")));
  const directory = path.join(dist, kitName);
  const tarball = path.join(dist, `${kitName}-${version}.tgz`);
  await writeKit(root, directory);
  await pack(directory, tarball);
  return tarball;
}

/** Writes the package for the people at the other end into `directory`. */
async function writeKit(root: string, directory: string): Promise<void> {
  const release = workshop.parse(JSON.parse(await readFile(path.join(root, "package.json"), "utf8")));
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  await Promise.all([writeCode(root, directory), writeTypes(root, directory)]);
  for (const folder of ["client", "spec"]) await mkdir(path.join(directory, folder));
  for (const platform of ["browser", "node"] as const) await writeFile(path.join(directory, `client/${platform}.js`), await bundleClient(root, platform));
  for (const document of documents) {
    const file = `spec/${document}.asyncapi.yaml`;
    await writeFile(path.join(directory, `${file}.gz`), await promisify(gzip)(await readFile(path.join(root, file))));
  }
  for (const text of texts) await cp(path.join(root, text), path.join(directory, text), { recursive: true });
  await cp(path.join(root, "docs/testing.md"), path.join(directory, "README.md"));
  await writeFile(path.join(directory, "package.json"), `${JSON.stringify(kitPackage(release), undefined, 2)}\n`);
}

/** Each module in a file of its own, as far as somebody needs it, minified: unminified they are four times what a kit may weigh. */
async function writeCode(root: string, directory: string): Promise<void> {
  const build = await rolldown({
    cwd: root,
    input: { "src/cli/kit": "src/cli/kit.ts", "src/cli/run": "src/cli/run.ts", "src/testing/index": "src/testing/index.ts" },
    platform: "node",
    external: /^(?:ws|fast-check|json5)$/,
    // The kit runs where no OpenClaw is.
    resolve: { alias: Object.fromEntries(["account-id", "secret-file"].map((name) => [`#host/${name}`, path.join(root, `src/cli/doctor/host-parts/${name}.ts`)])) },
    onLog(_level, log) {
      throw new Error(`bundling the kit: ${log.message}`);
    },
  });
  await build.write({ dir: directory, format: "esm", preserveModules: true, preserveModulesRoot: root, entryFileNames: "[name].js", sourcemap: false, minify: true });
  await build.close();
}

/** The declarations that the kit's entries lead to. */
async function writeTypes(root: string, directory: string): Promise<void> {
  const all = await mkdtemp(path.join(path.dirname(directory), ".types-"));
  try {
    await run(process.execPath, [path.join(root, "node_modules/typescript/bin/tsc"), "-p", path.join(root, "build/tsconfig.kit.json"), "--outDir", all]);
    const wanted = new Set(["src/client/index.d.ts", "src/testing/index.d.ts"]);
    for (const file of wanted) {
      const text = await readFile(path.join(all, file), "utf8");
      for (const [, module = ""] of text.matchAll(/(?:from|import\() ?"(\.[^"]+)"/g)) wanted.add(path.join(path.dirname(file), module.replace(/\.[jt]s$/, ".d.ts")));
      await mkdir(path.join(directory, path.dirname(file)), { recursive: true });
      await writeFile(path.join(directory, file), text);
    }
    // The compiler would have to describe all commands for it, which nobody calls with types.
    await writeFile(path.join(directory, "src/cli/run.d.ts"), "/** Runs a command of the kit in this process, and resolves to its exit code. */\nexport declare function run(args: readonly string[]): Promise<number>;\n");
  } catch (cause) {
    const said = cause instanceof Error && "stdout" in cause ? String(cause.stdout) : String(cause);
    throw new Error(`the kit does not compile:\n${said}`, { cause });
  } finally {
    await rm(all, { recursive: true, force: true });
  }
}

function kitPackage({ version, license, engines, devDependencies, repository }: z.infer<typeof workshop>): object {
  const { ws, "@types/ws": wsTypes, "fast-check": fastCheck, json5 } = devDependencies;
  return {
    name: kitName,
    version,
    description: "Connects applications to OpenClaw agents over a WebSocket, and tests the other end of four WebSocket chat protocols: arbitraries, simulators, conformance suites.",
    license,
    ...(repository && { repository }),
    type: "module",
    sideEffects: false,
    engines: { node: engines.node },
    bin: { [kitName]: "./src/cli/kit.js" },
    exports: {
      "./client": { types: "./src/client/index.d.ts", browser: "./client/browser.js", default: "./client/node.js" },
      "./cli": { types: "./src/cli/run.d.ts", default: "./src/cli/run.js" },
      "./testing": { types: "./src/testing/index.d.ts", default: "./src/testing/index.js" },
      "./package.json": "./package.json",
    },
    files: ["client", "docs", "src", "generated", "spec"],
    dependencies: { "@types/ws": wsTypes, json5, ws },
    peerDependencies: { "fast-check": `^${fastCheck}` },
    // Whoever only connects tests nothing.
    peerDependenciesMeta: { "fast-check": { optional: true } },
  };
}
