import path from "node:path";
import { styleText } from "node:util";
import { build } from "../../../build/build.ts";
import { packageNamed } from "../../../build/packages.ts";
import { Failure } from "../failure.ts";
import type { Guarded } from "../gateway/guarded.ts";
import { layoutOf } from "../gateway/layout.ts";
import type { PluginTarball } from "../gateway/plugin.ts";
import { freePort, portTrouble } from "../gateway/ports.ts";
import { describeExit, lastWords } from "../gateway/ready.ts";
import type { Io } from "../io.ts";
import { createSteps, type Steps } from "../steps.ts";
import { addressOf, openChannel, type StartChannel } from "./channels.ts";
import { startInstance, type Instance } from "./instance.ts";
import { onInterrupt, type Interrupt } from "./interrupt.ts";
import { readStartOptions, usage, type StartOptions } from "./options.ts";
import { takeOwnership } from "./owner.ts";
import { createRemoteUser } from "./remote.ts";

const root = path.resolve(import.meta.dirname, "../../..");

/** `clawwire start`: everything a person needs to talk to an agent, until they stop it. */
export async function start(args: readonly string[], io: Io): Promise<number> {
  const options = readStartOptions(args, io);
  if (options.help) {
    io.stdout.write(`${usage}\n`);
    return 0;
  }
  const interrupt = onInterrupt(io.env);
  try {
    return await run(options, interrupt, io);
  } catch (cause) {
    if (!interrupt.signal.aborted) throw cause;
    io.stderr.write("Stopped.\n");
    return 0;
  } finally {
    interrupt.dispose();
  }
}

async function run(options: StartOptions, interrupt: Interrupt, io: Io): Promise<number> {
  const began = Date.now();
  const steps = createSteps(io);
  const layout = layoutOf(options.state);
  const owner = await takeOwnership(layout, addressOf(options.channel, options.port));
  const user = createRemoteUser(io, interrupt.interrupt);
  let channel: StartChannel | undefined;
  try {
    if (owner.inherited) await steps.step("waiting for what the last run left behind", () => untilFree(options.port));
    await checkPort("--port", options.port);
    if (options.gatewayPort > 0) await checkPort("--gateway-port", options.gatewayPort);
    channel = await openChannel(options.channel, options.port, user.news);
    const { plugin: name, choice, channelPorts, server } = channel;
    const plugin = await steps.step("building the plugin", () => packedPlugin(name));
    interrupt.signal.throwIfAborted();
    const gatewayPort = options.gatewayPort || (await freePort());
    const { model } = options;
    const instance = await startInstance({ layout, channel: choice, channelPorts, gatewayPort, plugin, abort: interrupt.signal, ...(server && { hasDialed: () => server.links.length > 0 }), ...(model ? { model } : {}) }, steps, io);
    io.stdout.write(welcome(options, channel, layout.output, Date.now() - began, io));
    if (channel.server) void user.begin(channel.server, channel.speaker).then(interrupt.interrupt);
    return await untilOver(instance, interrupt, steps, { output: layout.output, leave: user.close });
  } finally {
    user.close();
    await channel?.stop();
    await owner.release();
  }
}

async function packedPlugin(name: string): Promise<PluginTarball> {
  const row = packageNamed(name);
  const { tarball, digest } = await build(root, row);
  return { name: row.name, tarball, digest };
}

async function untilFree(port: number): Promise<void> {
  for (let tries = 0; tries < 80 && (await portTrouble(port)); tries += 1) await new Promise((resolve) => setTimeout(resolve, 100));
}

async function checkPort(flag: string, port: number): Promise<void> {
  const trouble = await portTrouble(port);
  if (trouble === "taken") throw new Failure(`Port ${port} is taken by another program. Stop that one, or choose another port: npm start -- ${flag} ${port < 65_000 ? port + 2 : 18_802}`);
  if (trouble === "forbidden") throw new Failure(`This system does not let you listen on port ${port}. Choose one above 1023: npm start -- ${flag} 18800`);
}

/** Waits for the end, whoever wants it, and leaves nothing running. */
async function untilOver({ gateway, model }: Instance, interrupt: Interrupt, steps: Steps, { output, leave }: { output: string; leave(): void }): Promise<number> {
  const asked = new Promise<undefined>((resolve) => interrupt.signal.addEventListener("abort", () => resolve(undefined), { once: true }));
  const exit = interrupt.signal.aborted ? undefined : await Promise.race([gateway.exited, asked]);
  // From here on Ctrl-C is a signal again, and a second one is heard.
  leave();
  try {
    if (exit) throw new Failure(`The gateway ended by itself (${describeExit(exit)}).\n${await lastWords(output)}`);
    await steps.step("stopping OpenClaw", () => stopGateway(gateway, interrupt.impatient));
    return 0;
  } finally {
    await model?.stop();
  }
}

async function stopGateway(gateway: Guarded, impatient: AbortSignal): Promise<void> {
  impatient.addEventListener("abort", () => gateway.signal("SIGKILL"), { once: true });
  await gateway.stop();
}

/** The page that the channel serves on loopback. */
function pageOf(address: string): string {
  return new URL("/", address.replace(/^ws/, "http")).href;
}

function welcome(options: StartOptions, { address, server }: StartChannel, output: string, ms: number, io: Io): string {
  const here = (place: string): string => (place.startsWith(`${io.cwd}${path.sep}`) ? path.relative(io.cwd, place) : place);
  const chat = options.port === 18800 ? "npm run chat" : `npm run chat -- --url ${address}`;
  const bold = (text: string): string => styleText("bold", text, { stream: io.stdout });
  const model = options.model ? `${options.model.name} at ${options.model.baseUrl}` : "practice model, repeats what you say; for a real one: npm start -- --help";
  const talk = server
    ? [`  server   ${bold(address)}   which OpenClaw has dialed`, `  speak    type what its user says, or ${bold("/help")}`]
    : [`  open     ${bold(pageOf(address))}   in a browser`, `  connect  ${bold(`${address}?senderId=you`)}`, `  chat     ${bold(chat)}   in another terminal`];
  return [
    "",
    `${bold("Ready")} after ${(ms / 1000).toFixed(1)} s. Ctrl-C stops everything.`,
    "",
    ...talk,
    `  model    ${model}`,
    `  state    ${here(options.state)}`,
    `  log      ${here(output)}`,
    "",
    "",
  ].join("\n");
}
