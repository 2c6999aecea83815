import type { Config } from "../ir.ts";

/** The parts of a plugin manifest that come from the configuration. */
export function printManifest({ id, label, description, hostSchema, uiHints, env, legacyKeys }: Config): string {
  const manifest = {
    channelConfigs: { [id]: { label, description, schema: hostSchema, uiHints } },
    legacyKeys,
    envVars: env.map(({ name, path, description: text }) => ({
      name,
      path: `channels.${id}.${path}`,
      ...(text !== undefined && { description: text }),
    })),
  };
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}
