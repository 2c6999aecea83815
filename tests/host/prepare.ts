import { packages } from "../../build/packages.ts";
import { packedPlugin, root } from "./gateway.ts";
import { installedTemplate } from "./template.ts";

/** Before any test: the plugins are built and installed, which takes longer than a hook should. */
export default async function prepare(): Promise<void> {
  const plugins = [];
  for (const { name } of packages) plugins.push(await packedPlugin(name));
  await installedTemplate(root, plugins);
}
