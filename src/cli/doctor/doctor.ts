import { styleText } from "node:util";
import { type Block, isBlock } from "../../channel/block.ts";
import { withoutSecrets } from "../../core/redact.ts";
import { system } from "../../core/system.ts";
import { Failure } from "../failure.ts";
import type { Environment } from "../gateway/environment.ts";
import type { Io } from "../io.ts";
import { createSteps } from "../steps.ts";
import type { CheckOptions, Patient } from "./check.ts";
import { checks } from "./checks.ts";
import { readConfigFile } from "./config-file.ts";
import { type DoctorCommand, readDoctorOptions, usage } from "./options.ts";
import { channelIds, patientAt, patientsIn } from "./patients.ts";
import { type AccountReport, type CheckReport, exitCodeOf, summarize, textReport } from "./report.ts";

/** `clawwire doctor`: what stands between an account and its messages. 0: nothing failed, 1: something did, 2: nothing could be checked. */
export async function doctor(args: readonly string[], io: Io): Promise<number> {
  try {
    return await examine(args, io);
  } catch (cause) {
    throw cause instanceof Failure ? new Failure(cause.message, { cause, exitCode: 2 }) : cause;
  }
}

async function examine(args: readonly string[], io: Io): Promise<number> {
  const command = readDoctorOptions(args, io);
  if (!command) {
    io.stdout.write(`${usage}\n`);
    return 0;
  }
  const { file, patients, env, gatewayPort } = await findPatients(command, io);
  const { timeoutMs, roundTrip, takeOver } = command;
  const options: CheckOptions = { timeoutMs, roundTrip, takeOver, gatewayPort, env, now: system.now, newId: () => system.uuid() };
  const accounts: AccountReport[] = [];
  for (const patient of patients) accounts.push(await lookAt(patient, options, io));
  const summary = summarize(accounts);
  const report = { ...(file !== undefined && { config: file }), accounts, summary };
  const paint = (style: Parameters<typeof styleText>[0], text: string): string => (io.stdout.isTTY === true ? styleText(style, text, { stream: io.stdout }) : text);
  io.stdout.write(command.json ? `${JSON.stringify(report, undefined, 2)}\n` : textReport(report, paint));
  return exitCodeOf(summary);
}

async function lookAt(patient: Patient, options: CheckOptions, io: Io): Promise<AccountReport> {
  const { channel, account, target } = patient;
  const steps = createSteps(io);
  const found: CheckReport[] = [];
  for (const { name, run } of checks) {
    const startedAt = performance.now();
    const finding = await steps.step(`${channel} ${account}: ${name}`, async () => run(patient, options));
    if (finding) found.push({ check: name, ...finding, ms: Math.round(performance.now() - startedAt) });
  }
  return { channel, account, ...(target && { address: withoutSecrets(target.url) }), checks: found };
}

interface Found {
  file?: string;
  patients: readonly Patient[];
  env: Environment;
  gatewayPort: number;
}

async function findPatients({ url, protocol, account, token, channel, config: given }: DoctorCommand, io: Io): Promise<Found> {
  const asked = token === undefined ? {} : { token };
  if (url !== undefined) return { patients: [patientAt(protocol, url, account, asked)], env: io.env, gatewayPort: portIn({}, io.env) };
  const read = await readConfigFile(given, io);
  const { file, config, env } = read;
  if (JSON.stringify(config).includes('"$include":')) io.stderr.write(`${file} includes other files, which are not read here: what stands in them is not seen.\n`);
  const all = patientsIn(read, asked);
  if (all.length === 0) throw new Failure(`${file} has no channel of Clawwire: none of ${channelIds.join(", ")} stands under channels.`);
  const patients = all.filter((patient) => (channel === undefined || patient.channel === channel) && (account === undefined || patient.account === account));
  if (patients.length === 0) throw new Failure(`${file} has no such account; it has ${all.map((each) => `${each.account} of ${each.channel}`).join(", ")}.`);
  return { file, patients, env, gatewayPort: portIn(config, env) };
}

/** Where OpenClaw's gateway listens. */
function portIn({ gateway }: Block, env: Environment): number {
  const written = Number(env["OPENCLAW_GATEWAY_PORT"] ?? (isBlock(gateway) ? gateway["port"] : undefined));
  return Number.isInteger(written) && written > 0 && written < 65_536 ? written : 18_789;
}
