import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { overlay, type Block } from "../../src/cli/gateway/block.ts";
import { composeConfig } from "../../src/cli/gateway/config.ts";
import { hostEnvironment } from "../../src/cli/gateway/environment.ts";
import { readBlock, writeBlock } from "../../src/cli/gateway/files.ts";
import { prepareLayout } from "../../src/cli/gateway/gateway.ts";
import { runHost, type HostRun } from "../../src/cli/gateway/host.ts";
import { layoutOf, type Layout } from "../../src/cli/gateway/layout.ts";
import { template as installed } from "./gateway.ts";
import { openTerminal, type Terminal } from "./terminal.ts";

/** An OpenClaw of somebody who has installed all four plugins and configured none; no gateway runs. */
export interface Home extends AsyncDisposable {
  layout: Layout;
  cli(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<HostRun>;
  terminal(args: readonly string[], env?: Readonly<Record<string, string>>): Terminal;
  /** The block of a channel as it stands in the file. */
  block(channel: string): Promise<unknown>;
  /** The whole file. */
  text(): Promise<string>;
  configure(change: Block): Promise<void>;
}

/** Once for all homes: it takes a while to see that nothing has to be built. */
let template: Promise<string> | undefined;

/** Before the first home, which would have its test wait for it. */
export async function prepareHomes(): Promise<void> {
  await (template ??= installed());
}

export async function openHome(): Promise<Home> {
  const from = await (template ??= installed());
  const layout = layoutOf(await mkdtemp(path.join(tmpdir(), "clawwire-home-")));
  await cp(from, layout.state, { recursive: true, filter: (from) => path.basename(from) !== "npm" });
  const model = { baseUrl: "http://127.0.0.1:1/v1", name: "none", api: "openai-responses" as const };
  await prepareLayout(layout, composeConfig((await readBlock(layout.config)) ?? {}, { layout, port: 1, token: "nobody-connects-in-this-file", model }));
  const env = hostEnvironment(layout, process.env);
  const read = async () => (await readBlock(layout.config)) ?? {};
  return {
    layout,
    cli: (args, more = {}) => runHost(args, { cwd: layout.root, env: { ...env, ...more } }),
    terminal: (args, more = {}) => openTerminal(args, { cwd: layout.root, env: { ...env, ...more } }),
    async block(channel) {
      const { channels } = await read();
      return typeof channels === "object" && channels !== null ? Object.entries(channels).find(([key]) => key === channel)?.[1] : undefined;
    },
    text: () => readFile(layout.config, "utf8"),
    async configure(change) {
      await writeBlock(layout.config, overlay(await read(), change));
    },
    [Symbol.asyncDispose]: () => rm(layout.root, { recursive: true, force: true }),
  };
}
