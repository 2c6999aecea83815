import { writeFile } from "node:fs/promises";
import { styleText } from "node:util";
import { Unreachable } from "../../testing/conformance/check.ts";
import type { Running, Suite } from "../../testing/conformance/suite.ts";
import { countVerdicts } from "../../testing/conformance/report.ts";
import { readRuleBook } from "../../testing/conformance/rulebook.ts";
import { suiteOf } from "../../testing/conformance/suites.ts";
import { codeOf, Failure, messageOf } from "../failure.ts";
import type { Io } from "../io.ts";
import { junitReport } from "./junit.ts";
import { type ConformCommand, readConformOptions, usage } from "./options.ts";
import { textReport } from "./text.ts";

/** `clawwire conform`: tests the other end of a protocol. 0: nothing is broken, 1: something is, 2: nothing could be tested. */
export async function conform(args: readonly string[], io: Io): Promise<number> {
  try {
    return await testOtherEnd(args, io);
  } catch (cause) {
    throw cause instanceof Failure ? new Failure(cause.message, { cause, exitCode: 2 }) : cause;
  }
}

async function testOtherEnd(args: readonly string[], io: Io): Promise<number> {
  const command = readConformOptions(args, io, () => Math.floor(Math.random() * 2 ** 31));
  if (!command) {
    io.stdout.write(`${usage}\n`);
    return 0;
  }
  await expectRule(command);
  const suite = suiteOf(command.protocol, command.side);
  const report = await runSuite(suite, command, io);
  const paint = (style: Parameters<typeof styleText>[0], text: string): string => (io.stdout.isTTY === true ? styleText(style, text, { stream: io.stdout }) : text);
  io.stdout.write(command.json ? `${JSON.stringify({ ...report, summary: countVerdicts(report) }, undefined, 2)}\n` : textReport(report, paint));
  if (command.junit !== undefined) await writeJunit(command.junit, junitReport(report));
  return countVerdicts(report).failed > 0 ? 1 : 0;
}

async function runSuite(suite: Suite, { rule, ...command }: ConformCommand, { stderr }: Io) {
  const live = stderr.isTTY === true;
  const say = (text: string): void => void stderr.write(live ? `\r\u001b[K${text}` : `${text}\n`);
  const running: Running = {
    ...(rule !== undefined && { rule }),
    begins: (title, { index, of }) => say(`${index + 1}/${of} ${title}`),
  };
  const listening = (address: string, config: Readonly<Record<string, unknown>>): void => void stderr.write(`${address} waits for the client${configHint(config, command.token)}\n`);
  try {
    return await suite.run({ ...command, listening }, running);
  } catch (cause) {
    if (cause instanceof Unreachable) throw new Failure(`${cause.message[0]?.toUpperCase()}${cause.message.slice(1)}`, { cause });
    if (codeOf(cause) === "EADDRINUSE") throw new Failure(`Port ${command.port} is taken by another program. Choose another one for --listen.`, { cause });
    if (codeOf(cause) === "EACCES") throw new Failure(`This system does not let you listen on port ${command.port}. Choose one above 1023.`, { cause });
    throw cause;
  } finally {
    if (live) stderr.write("\r\u001b[K");
  }
}

/** What an operator of our plugin writes; whoever gave a secret knows it. */
function configHint(config: Readonly<Record<string, unknown>>, token = ""): string {
  if (Object.keys(config).length === 0) return ".";
  const text = JSON.stringify({ channels: config }, undefined, 2);
  return `. In OpenClaw's openclaw.json:\n\n${token === "" ? text : text.replaceAll(token, "•••")}\n`;
}

async function expectRule({ protocol, rule }: ConformCommand): Promise<void> {
  const book = await readRuleBook(protocol);
  if (rule === undefined || book.some(({ id }) => id === rule)) return;
  throw new Failure(`${protocol} has no rule "${rule}"; it has ${book[1]?.id ?? ""} to ${book.at(-1)?.id ?? ""}, and schema.`);
}

async function writeJunit(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (cause) {
    throw new Failure(`The JUnit report cannot be written to ${file}: ${messageOf(cause)}`, { cause });
  }
}
