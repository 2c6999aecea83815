import { createHash } from "node:crypto";
import { access, mkdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import { composeConfig } from "../../src/cli/gateway/config.ts";
import { installEnvironment } from "../../src/cli/gateway/environment.ts";
import { prepareLayout } from "../../src/cli/gateway/gateway.ts";
import { hostProgram } from "../../src/cli/gateway/host.ts";
import { layoutOf } from "../../src/cli/gateway/layout.ts";
import { installPlugin, type PluginTarball } from "../../src/cli/gateway/plugin.ts";

/**
 * An OpenClaw state directory in which the plugins were installed and nothing else has happened. Installing takes
 * seconds, so it is done once per set of tarballs. Copies keep running the plugins out of the template: its records name
 * that path, so the template stays.
 */
export async function installedTemplate(root: string, plugins: readonly PluginTarball[]): Promise<string> {
  const home = path.join(root, "dist", ".host-templates", plugins.map(({ name }) => name).join("+"));
  // A plugin is linked to the host that installed it.
  const digest = createHash("sha256").update([hostProgram(), ...plugins.map((plugin) => plugin.digest)].join()).digest("hex");
  const layout = layoutOf(path.join(home, digest.slice(0, 16)));
  const done = path.join(layout.root, "done");
  if (await exists(done)) return layout.state;

  await rm(home, { recursive: true, force: true });
  const model = { baseUrl: "http://127.0.0.1:1/v1", name: "none", api: "openai-responses" as const };
  await prepareLayout(layout, composeConfig({}, { layout, port: 1, token: "unused", model }));
  for (const plugin of plugins) await installPlugin(layout, plugin, installEnvironment(layout, process.env));
  await mkdir(`${done}.draft`, { recursive: true });
  await rename(`${done}.draft`, done);
  return layout.state;
}

async function exists(place: string): Promise<boolean> {
  return access(place).then(
    () => true,
    () => false,
  );
}
