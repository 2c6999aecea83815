import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { parseEnv } from "node:util";
import JSON5 from "json5";
import { type Block, isBlock } from "../../channel/block.ts";
import { codeOf, Failure, messageOf } from "../failure.ts";
import type { Environment } from "../gateway/environment.ts";
import type { Io } from "../io.ts";

export interface ConfigFile {
  file: string;
  config: Block;
  /** The environment as OpenClaw has it, which also reads it from files. */
  env: Environment;
  /** Variables that it asks for, and that have no value. */
  unset: ReadonlySet<string>;
}

/** Reads OpenClaw's configuration from where OpenClaw does. */
export async function readConfigFile(given: string | undefined, { env, cwd }: Pick<Io, "env" | "cwd">): Promise<ConfigFile> {
  const { file, stateDir } = placesOf(given, env, cwd);
  const config = parseConfig(await read(file, given), file);
  const more = { ...(await readEnvFile(path.join(stateDir, ".env"))), ...(await readEnvFile(path.join(cwd, ".env"))) };
  const whole = { ...environmentIn(config), ...more, ...set(env) };
  return { file, ...filled(config, whole) };
}

/** By the variables that OpenClaw knows. */
export function placesOf(given: string | undefined, env: Environment, cwd: string): { file: string; stateDir: string } {
  const home = set(env)["OPENCLAW_HOME"] ?? set(env)["HOME"] ?? homedir();
  const absolute = (text: string) => path.resolve(cwd, text.replace(/^~(?=$|[\\/])/, home));
  const stateDir = absolute(set(env)["OPENCLAW_STATE_DIR"] ?? "~/.openclaw");
  const file = given ?? set(env)["OPENCLAW_CONFIG_PATH"];
  return { stateDir, file: file === undefined ? path.join(stateDir, "openclaw.json") : absolute(file) };
}

export function parseConfig(text: string, file: string): Block {
  let config: unknown;
  try {
    config = JSON5.parse(text);
  } catch (cause) {
    throw new Failure(`${file} is no JSON5: ${messageOf(cause).replace(/^JSON5: /, "")}. OpenClaw does not start with it; openclaw config validate says the same.`, { cause });
  }
  if (isBlock(config)) return config;
  throw new Failure(`${file} holds no object, so there is no configuration in it.`);
}

export function filled(config: Block, env: Environment): Omit<ConfigFile, "file"> {
  const unset = new Set<string>();
  return { config: fillIn(config, env, unset) as Block, env, unset };
}

/** Puts in what stands in the environment: `${NAME}` in texts, and references to variables. What is not set stays, and is added to `unset`. */
export function fillIn(value: unknown, env: Environment, unset: Set<string>): unknown {
  const valueOf = (name: string, whole: string): string => {
    const found = env[name];
    if (!found) unset.add(name);
    return found || whole;
  };
  if (typeof value === "string") return value.replaceAll(/(\$?)\$\{([A-Z_][A-Z0-9_]*)\}/g, (whole, escape: string, name: string) => (escape === "" ? valueOf(name, whole) : whole.slice(1)));
  if (Array.isArray(value)) return value.map((item) => fillIn(item, env, unset));
  if (!isBlock(value)) return value;
  const { source, id } = value;
  if (source === "env" && typeof id === "string" && env[id]) return env[id];
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, fillIn(inner, env, unset)]));
}

function environmentIn({ env }: Block): Environment {
  const inner = isBlock(env) && isBlock(env["vars"]) ? env["vars"] : {};
  return Object.fromEntries(Object.entries(inner).filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}

/** An empty variable counts as none. */
function set(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ""));
}

async function read(file: string, given: string | undefined): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    const why = codeOf(cause) === "ENOENT" ? `There is no configuration at ${file}.` : `The configuration ${file} cannot be read: ${messageOf(cause)}.`;
    const way = given === undefined ? " Name the file with --config FILE, or give an address: clawwire doctor ws://127.0.0.1:18800/ws" : "";
    throw new Failure(`${why}${way}`, { cause });
  }
}

async function readEnvFile(file: string): Promise<Environment> {
  try {
    return parseEnv(await readFile(file, "utf8"));
  } catch {
    return {};
  }
}
