import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { packages } from "../../build/packages.ts";
import { overlay } from "../../src/cli/gateway/block.ts";
import { composeConfig } from "../../src/cli/gateway/config.ts";
import { hostEnvironment } from "../../src/cli/gateway/environment.ts";
import { readBlock } from "../../src/cli/gateway/files.ts";
import { prepareLayout } from "../../src/cli/gateway/gateway.ts";
import { layoutOf, type Layout } from "../../src/cli/gateway/layout.ts";
import { freePort, isListening } from "../../src/cli/gateway/ports.ts";
import { startModelServer } from "../../src/testing/model-server.ts";
import { startSimulator } from "../../src/testing/simulator/simulator.ts";
import { printed } from "../support/pages.ts";
import { startRegistry } from "../support/registry.ts";
import { packedPlugin, root, template } from "./gateway.ts";
import { installKit } from "./kit.ts";
import { complete, run, type Running } from "./processes.ts";

/** An operator who has OpenClaw, at a shell in the folder of the project. */
interface Operator extends AsyncDisposable {
  layout: Layout;
  /** Runs a line of a page to its end, as it is printed. */
  line(command: string, options?: Where): ReturnType<typeof complete>;
  /** The same for one that stays. */
  start(command: string, options?: Where): Running;
}

interface Where {
  cwd?: string;
  env?: Readonly<Record<string, string>>;
}

/** With all four plugins where a state directory is given that has them, else with none. */
async function openOperator(from?: string): Promise<Operator> {
  const layout = layoutOf(await mkdtemp(path.join(tmpdir(), "clawwire-pages-")));
  const model = await startModelServer();
  if (from !== undefined) await cp(from, layout.state, { recursive: true, filter: (each) => path.basename(each) !== "npm" });
  const config = composeConfig((await readBlock(layout.config)) ?? {}, { layout, port: await freePort(), token: "token-of-the-pages-gateway-and-nobody-else", model: { baseUrl: model.baseUrl, name: "practice", api: "openai-responses" } });
  // With the shell that the page takes away.
  await prepareLayout(layout, overlay(config, { tools: { profile: "full" } }));
  const base = hostEnvironment(layout, process.env);
  const env = { ...base, PATH: `${base["PATH"]}${path.delimiter}${path.join(root, "node_modules/.bin")}` };
  const started: Running[] = [];
  return {
    layout,
    line: (command, { cwd = root, env: more } = {}) => complete("bash", ["-c", printed(command)], { cwd, env: { ...env, ...more } }),
    start(command, { cwd = root, env: more } = {}) {
      const one = run("bash", ["-c", `exec ${printed(command)}`], { cwd, env: { ...env, ...more } });
      started.push(one);
      return one;
    },
    async [Symbol.asyncDispose]() {
      for (const one of started) if (one.isRunning()) one.signalGroup("SIGKILL");
      await model.stop();
      await rm(layout.root, { recursive: true, force: true });
    },
  };
}

/** Whatever it printed is told where it did not end well. */
async function well(outcome: ReturnType<typeof complete>): Promise<string> {
  const { code, stdout, stderr } = await outcome;
  expect(code, stdout + stderr).toBe(0);
  return stdout;
}

describe("the page for operators, line by line as it is printed", () => {
  let operator: Operator;
  let gateway: Running | undefined;
  beforeAll(async () => {
    await packedPlugin();
    operator = await openOperator();
    await installKit(operator.layout.root);
  }, 180_000);
  afterAll(() => operator[Symbol.asyncDispose]());

  it("builds the packages and installs one", async () => {
    expect(await well(operator.line("npm run build"))).toMatch(/dist\/clawwire-websocket-0\.1\.0\.tgz .*\n[^]*dist\/clawwire-0\.1\.0\.tgz /);
    expect(await well(operator.line("openclaw plugins install npm-pack:./dist/clawwire-websocket-0.1.0.tgz --force --accept-capabilities"))).toContain("Installed plugin: clawwire-websocket");
  });

  it("configures it and takes the shell away", async () => {
    expect(await well(operator.line(`openclaw config set channels.websocket '{"enabled":true,"auth":{"endpoint":"https://accounts.example/verify"}}' --json`))).toContain("channels.websocket");
    await well(operator.line("openclaw config set tools.profile messaging"));
    expect(await readBlock(operator.layout.config)).toMatchObject({ channels: { websocket: { enabled: true } }, tools: { profile: "messaging" } });
  });

  it("runs the gateway, and sees how it is", async () => {
    gateway = operator.start("openclaw gateway run");
    await expect.poll(() => isListening(18800), { timeout: 90_000, interval: 200 }).toBe(true);
    expect(await well(operator.line("openclaw channels status --probe"))).toMatch(/WebSocket/);
  });

  it("looks at it from inside, with the kit beside", async () => {
    const { code, stdout } = await operator.line("openclaw clawwire-websocket doctor", { cwd: operator.layout.root });
    // Nobody is at accounts.example, so nobody vouches for anybody: that is what it has to say.
    expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringMatching(/✓ port {11}18800 is held by OpenClaw[^]*✗ verifier [^]*→ start the verifier, or correct channels\.websocket\.auth\.endpoint/) as string });
    const tap = operator.start("openclaw clawwire-websocket tap ws://127.0.0.1:18800/ws", { cwd: operator.layout.root });
    await tap.until(/ws:\/\/127\.0\.0\.1:18900\/ws leads to ws:\/\/127\.0\.0\.1:18800\/ws/, 60_000);
    tap.signalGroup("SIGINT");
    expect(await tap.exited).toEqual({ code: 0, signal: null });
  });

  it("audits and doctors it, and stops it", async () => {
    expect(await well(operator.line("openclaw security audit --deep"))).toMatch(/audit/i);
    await well(operator.line("openclaw doctor"));
    gateway?.signalGroup("SIGINT");
    await gateway?.exited;
    expect(await isListening(18800)).toBe(false);
  });
});

describe("the pages of the channels that dial, line by line as they are printed", () => {
  let installed = "";
  beforeAll(async () => void (installed = await template()), 180_000);

  it("connects as an InstaClaw client", async () => {
    await using operator = await openOperator(installed);
    await well(operator.line(`openclaw config set channels.insta-claw-connector '{"wsUrl":"wss://gateway.example/user-ws/","clientId":"my-client","clientSecret":{"source":"env","provider":"default","id":"INSTACLAW_SECRET"}}' --json`));
    const gateway = operator.start("openclaw gateway run", { env: { INSTACLAW_SECRET: "s3cret" } });
    await gateway.until(/insta-claw-connector.*dialing again/, 90_000);
    expect(gateway.stdout() + gateway.stderr()).not.toContain("s3cret");
  });

  it("connects to an IM server", async () => {
    await using operator = await openOperator(installed);
    await well(operator.line(`openclaw config set channels.nc-local-im-connector '{"serverUrl":"wss://im.example/","defaultAccount":"u00267"}' --json`));
    const gateway = operator.start("openclaw gateway run");
    await gateway.until(/nc-local-im-connector.*wss:\/\/im\.example\//, 90_000);
    expect(gateway.isRunning()).toBe(true);
  });

  it("logs in to ClawChat and connects", async () => {
    await using operator = await openOperator(installed);
    const server = await startSimulator("clawchat");
    onTestFinished(() => server.stop());
    const env = { CLAWCHAT_BASE_URL: server.url.replace(/^ws/, "http").replace(/\/ws$/, ""), INVITE_CODE: server.server.invite() };
    await well(operator.line('openclaw channels add --channel clawchat --code "$INVITE_CODE"', { env }));
    operator.start("openclaw gateway run", { env });
    const link = await server.link({ timeoutMs: 90_000 });
    expect(link).toBeDefined();
  });
});

describe("the pages of the published packages, as they are printed", () => {
  it.each(packages.map(({ name }) => name))("installs %s from a registry", async (name) => {
    const registry = await startRegistry({ tarballs: [(await packedPlugin(name)).tarball] });
    onTestFinished(() => registry.stop());
    await using operator = await openOperator();
    expect(await well(operator.line(`openclaw plugins install ${name} --force --accept-capabilities`, { env: { npm_config_registry: registry.url } }))).toContain(`Installed plugin: ${name}`);
  });
});
