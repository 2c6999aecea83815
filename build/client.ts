import path from "node:path";
import { rolldown } from "rolldown";

export type ClientPlatform = "browser" | "node";

/** `clawwire/client` as one file: small for pages, readable for Node; what it says of itself stands in its types. It imports nothing. */
export async function bundleClient(root: string, platform: ClientPlatform): Promise<string> {
  const build = await rolldown({
    cwd: root,
    input: path.join(root, "src/client/index.ts"),
    platform,
    onLog(_level, log) {
      throw new Error(`bundling the client for ${platform}: ${log.message}`);
    },
  });
  const { output } = await build.generate({ format: "esm", sourcemap: false, minify: platform === "browser", comments: false });
  await build.close();
  const [chunk, ...more] = output;
  if (more.length > 0 || chunk.imports.length > 0) throw new Error(`the client for ${platform} is not one file that imports nothing`);
  return chunk.code;
}
