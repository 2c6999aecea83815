import { readFile } from "node:fs/promises";
import { nobody, perform, ScriptError, type Stage } from "../../testing/simulator/script.ts";
import { protocols } from "../../testing/simulator/protocols.ts";
import { type News, startSimulator, type Simulator } from "../../testing/simulator/simulator.ts";
import { codeOf, Failure, messageOf } from "../failure.ts";
import type { Io } from "../io.ts";
import { helpOf } from "./hint.ts";
import { readSimulateOptions, usageOf, type SimulateOptions } from "./options.ts";
import { jsonReport, textReport, type Report } from "./report.ts";
import { openTerminal } from "./terminal.ts";

/** How long a script waits for the plugin to come: the operator may be configuring it. */
const foreverMs = 2 ** 31 - 1;
const replyMs = 600_000;

/** `clawwire simulate`: a remote server in the terminal. */
export async function simulate(args: readonly string[], io: Io, call: string): Promise<number> {
  const options = readSimulateOptions(args, io, call);
  if (!("help" in options)) return run(options, io, call);
  io.stdout.write(options.help ? `${usageOf(call)}\n\n${helpOf(protocols[options.help])}\n` : `${usageOf(call)}\n`);
  return 0;
}

async function run(options: SimulateOptions, io: Io, call: string): Promise<number> {
  const script = options.script === undefined ? [] : await readScript(options.script);
  const live = io.stdin.isTTY === true;
  const left = Promise.withResolvers<void>();
  const leave = (): void => left.resolve();
  const typed = queueOf<string>();
  // The end of a pipe is no reason to hang up on the plugin.
  const terminal = openTerminal(io, { line: typed.put, end: () => (live ? leave() : undefined), interrupt: leave });
  const report = options.json ? jsonReport(terminal) : textReport(terminal);
  let simulator: Simulator | undefined;
  for (const signal of signals) process.once(signal, leave);
  try {
    simulator = await start(options, call, report.news);
    report.listening(simulator);
    work(simulator, options, { script, typed, report, live }).then(leave, left.reject);
    await left.promise;
    const { frames, violations } = simulator;
    if (frames.length > 0) report.note(`frames: ${frames.length}, against the rules: ${violations.length}`);
    return options.script !== undefined && violations.length > 0 ? 1 : 0;
  } finally {
    for (const signal of signals) process.off(signal, leave);
    terminal.close();
    await simulator?.stop();
  }
}

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

interface Work {
  script: readonly string[];
  typed: AsyncIterable<string>;
  report: Report;
  live: boolean;
}

/** Does the script, then what is typed, until somebody says /quit. */
async function work(simulator: Simulator, { user }: SimulateOptions, { script, typed, report, live }: Work): Promise<void> {
  const speaker = { ...nobody, ...(user !== undefined && { user }) };
  const stage: Stage = { simulator, speaker, patience: { linkMs: foreverMs, waitMs: replyMs }, said: undefined };
  for (const [index, line] of script.entries()) {
    if (isQuit(line)) return;
    await perform(line, stage).catch((cause: unknown) => {
      throw cause instanceof ScriptError ? new Failure(`line ${index + 1} of the script, "${line}": ${cause.message}`, { cause }) : cause;
    });
  }
  // Who types sees that nobody is there, and can do something about it.
  if (live) stage.patience = { waitMs: replyMs };
  for await (const line of typed) {
    if (isQuit(line) || simulator.stopped) return;
    if (line.trim() === "/help") report.help(helpOf(simulator.protocol));
    else await perform(line, stage).catch((cause: unknown) => void (simulator.stopped || report.trouble(messageOf(cause))));
  }
}

function isQuit(line: string): boolean {
  return line.trim() === "/quit";
}

async function start({ protocol, port, accounts, extensions, settings }: SimulateOptions, call: string, tell: (news: News) => void): Promise<Simulator> {
  try {
    return await startSimulator(protocol, { port, tell, ...(accounts && { accounts }), ...(extensions && { extensions }), ...(settings && { server: settings }) });
  } catch (cause) {
    if (codeOf(cause) === "EADDRINUSE") throw new Failure(`Port ${port} is taken by another program. Choose another: ${call} ${protocol} --port ${port < 65_000 ? port + 10 : 18_812}`, { cause });
    if (codeOf(cause) === "EACCES") throw new Failure(`This system does not let you listen on port ${port}. Choose one above 1023.`, { cause });
    throw cause;
  }
}

async function readScript(file: string): Promise<string[]> {
  try {
    return (await readFile(file, "utf8")).split(/\r?\n/);
  } catch (cause) {
    throw new Failure(codeOf(cause) === "ENOENT" ? `There is no script ${file}.` : `The script ${file} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

/** Lines wait here while an earlier one is being done. */
function queueOf<Item>(): AsyncIterable<Item> & { put(item: Item): void } {
  const waiting: Item[] = [];
  let arrived = Promise.withResolvers<void>();
  return {
    put(item) {
      waiting.push(item);
      arrived.resolve();
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) yield item;
        await arrived.promise;
        arrived = Promise.withResolvers<void>();
      }
    },
  };
}
