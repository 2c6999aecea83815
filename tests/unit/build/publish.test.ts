import { execFile } from "node:child_process";
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { packageJson, workshopSchema } from "../../../build/metadata.ts";
import { packages } from "../../../build/packages.ts";

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, "../../..");

const stepSchema = z.looseObject({ name: z.string().optional(), run: z.string().optional(), uses: z.string().optional() });
const workflowSchema = z.object({ on: z.object({ push: z.object({ tags: z.array(z.string()) }) }), permissions: z.record(z.string(), z.string()), jobs: z.object({ publish: z.looseObject({ permissions: z.record(z.string(), z.string()), steps: z.array(stepSchema) }) }) });
const workflow = workflowSchema.parse(parse(await readFile(path.join(root, ".github/workflows/publish.yml"), "utf8")));
const { publish } = workflow.jobs;
const scriptOf = (name: string) => publish.steps.find((step) => step.name === name)?.run ?? "";

describe("the workflow that publishes a release, step by step", () => {
  let folder = "";
  const shell = async (script: string, env: Record<string, string>) =>
    run("bash", ["-e", "-o", "pipefail", "-c", script], { cwd: folder, env: { ...process.env, ...env } }).then(({ stdout }) => ({ code: 0, stdout }), (failed: { code: number; stdout: string }) => ({ code: failed.code, stdout: failed.stdout }));

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "publish-"));
    await copyFile(path.join(root, "package.json"), path.join(folder, "package.json"));
  });
  afterAll(async () => rm(folder, { recursive: true, force: true }));

  it("starts with a tag, keeps no token, and publishes nothing that has not passed everything", () => {
    expect(workflow.on.push.tags).toEqual(["v*"]);
    expect(publish.permissions).toEqual({ contents: "read", "id-token": "write" });
    expect(JSON.stringify(publish)).not.toMatch(/NODE_AUTH_TOKEN|NPM_TOKEN|secrets\./);
    expect(publish.steps.map(({ name, uses }) => name ?? uses)).toEqual(["actions/checkout@v4", "actions/setup-node@v4", "The tag is the version", "Everything passes", "Packages say where they come from", "Build", "Publish"]);
    expect(scriptOf("Everything passes")).toBe("bash .ci/run");
    expect(scriptOf("Build")).toBe("npm run build");
  });

  it("refuses a tag that is not the version", async () => {
    const { version } = z.object({ version: z.string() }).parse(JSON.parse(await readFile(path.join(folder, "package.json"), "utf8")));
    const check = async (tag: string) => (await shell(scriptOf("The tag is the version"), { GITHUB_REF_NAME: tag })).code;
    expect([await check(`v${version}`), await check(`v${version}1`), await check(version)]).toEqual([0, 1, 1]);
  });

  it("has the packages name the repository that publishes them, as provenance demands", async () => {
    expect(packageJson(packages[0]!, workshopSchema.parse(JSON.parse(await readFile(path.join(folder, "package.json"), "utf8"))))).not.toHaveProperty("repository");
    await shell(scriptOf("Packages say where they come from"), { GITHUB_SERVER_URL: "https://git.example", GITHUB_REPOSITORY: "someone/clawwire" });
    const release = workshopSchema.parse(JSON.parse(await readFile(path.join(folder, "package.json"), "utf8")));
    expect(packageJson(packages[0]!, release)).toMatchObject({ repository: { type: "git", url: "git+https://git.example/someone/clawwire.git" } });
  });

  it("publishes every package of the version with provenance, and nothing else that lies there", async () => {
    const names = [...packages.map(({ name }) => name), "clawwire"];
    await mkdir(path.join(folder, "dist"));
    for (const file of [...names.map((name) => `${name}-1.2.3.tgz`), "clawwire-websocket-1.2.2.tgz", "clawwire-least.tgz"]) await writeFile(path.join(folder, "dist", file), "");
    // npm itself would want to be asked by the workflow's own identity.
    await mkdir(path.join(folder, "bin"));
    await writeFile(path.join(folder, "bin/npm"), '#!/bin/sh\necho "$@"\n');
    await chmod(path.join(folder, "bin/npm"), 0o755);
    const { code, stdout } = await shell(scriptOf("Publish"), { GITHUB_REF_NAME: "v1.2.3", PATH: `${path.join(folder, "bin")}:${process.env["PATH"] ?? ""}` });
    expect(code).toBe(0);
    expect(stdout.split("\n").filter((line) => line.startsWith("publish")).toSorted()).toEqual(names.map((name) => `publish ./dist/${name}-1.2.3.tgz --provenance --access public`).toSorted());
  });
});
