import type { Simulator } from "./simulator.ts";

/** A line that cannot be done, told to whoever wrote it. */
export class ScriptError extends Error {
  override name = "ScriptError";
}

/** Who speaks, and over what, as the lines before have set it. */
export interface Speaker {
  user: string | undefined;
  session: string | undefined;
  conversation: string | undefined;
  account: string | undefined;
  shape: string | undefined;
  /** Of the next message only. */
  messageId: string | undefined;
  more: Readonly<Record<string, unknown>> | undefined;
}

export interface Patience {
  /** ms for a link, before a line that needs one; absent where such a line fails at once. */
  linkMs?: number;
  /** ms for what `/wait` waits for. */
  waitMs: number;
}

export interface Stage {
  simulator: Simulator;
  speaker: Speaker;
  patience: Patience;
  /** The message said last. */
  said: string | undefined;
}

export interface ScriptCommand {
  name: string;
  argument: string;
  summary: string;
  /** It does something to a link, so there has to be one. */
  needsLink?: true | ((stage: Stage, argument: string) => boolean);
  run(stage: Stage, argument: string): void | Promise<void>;
}

export const nobody: Speaker = { user: undefined, session: undefined, conversation: undefined, account: undefined, shape: undefined, messageId: undefined, more: undefined };

const setting = (name: "user" | "session" | "conversation" | "account", summary: string): ScriptCommand => ({
  name,
  argument: "[ID]",
  summary,
  run: ({ speaker }, argument) => void (speaker[name] = argument === "" ? undefined : argument),
});

export const scriptCommands: readonly ScriptCommand[] = [
  { name: "say", argument: "TEXT", summary: "say this, also where it begins with a slash", needsLink: isPlayed, run: say },
  setting("user", "who speaks from now on; nobody in particular without an id"),
  setting("session", "the session of what follows"),
  setting("conversation", "the conversation of what follows"),
  setting("account", "the account whose link is meant from now on"),
  { name: "id", argument: "ID", summary: "the id of the next message", run: ({ speaker }, argument) => void (speaker.messageId = required(argument, "an id")) },
  { name: "more", argument: "JSON", summary: "further fields of the next message", run: ({ speaker }, argument) => void (speaker.more = readObject(argument)) },
  { name: "shape", argument: "NAME", summary: "how messages are put on the wire", run: setShape },
  { name: "dup", argument: "", summary: "send the last message again at once", needsLink: true, run: ({ simulator, speaker }) => simulator.duplicate(speaker.account) },
  { name: "redeliver", argument: "[ID]", summary: "send an older message again; without an id the oldest unanswered one", needsLink: true, run: ({ simulator, speaker }, argument) => simulator.redeliver(argument || undefined, speaker.account) },
  { name: "drop", argument: "", summary: "end the connection without a word", needsLink: true, run: ({ simulator, speaker }) => simulator.drop(speaker.account) },
  { name: "close", argument: "[CODE] [REASON]", summary: "close with a code", needsLink: true, run: close },
  { name: "stall", argument: "", summary: "stop reading and writing", needsLink: true, run: ({ simulator, speaker }) => simulator.stall(speaker.account) },
  { name: "go", argument: "", summary: "go on after /stall", run: ({ simulator, speaker }) => simulator.go(speaker.account) },
  { name: "slow", argument: "MS", summary: "read and write one frame every MS; 0 ends it", run: ({ simulator }, argument) => simulator.slow(wholeNumber(argument, "ms")) },
  { name: "refuse", argument: "STATUS|hang [TIMES]", summary: "turn the next connections away", run: refuse },
  { name: "garbage", argument: "[KIND]", summary: "send what is no frame: text, json, array, null or binary", needsLink: true, run: ({ simulator, speaker }, argument) => simulator.garbage(argument || undefined, speaker.account) },
  { name: "control", argument: "NAME [ARGUMENT]", summary: "do one of the things listed below", needsLink: controlNeedsLink, run: control },
  { name: "raw", argument: "TEXT", summary: "send this very text as a frame", needsLink: true, run: ({ simulator, speaker }, argument) => simulator.raw(required(argument, "the text of a frame"), speaker.account) },
  { name: "wait", argument: "MS|link|reply [ID]", summary: "wait so long, for a connection, or for a complete answer", run: wait },
];

/** Does one line: a slash and a command, or words to say. Blank lines and those that begin with # do nothing. */
export async function perform(line: string, stage: Stage): Promise<void> {
  const text = line.trim();
  if (text === "" || text.startsWith("#")) return;
  const [, name = "", argument = ""] = /^\/(\S*)\s*(.*)$/s.exec(text) ?? [undefined, "say", text];
  const command = scriptCommands.find((row) => row.name === name);
  if (!command) throw new ScriptError(`there is no /${name}; there are ${scriptCommands.map((row) => `/${row.name}`).join(", ")}`);
  try {
    const { needsLink = false } = command;
    if (needsLink === true || (needsLink && needsLink(stage, argument))) await awaitLink(stage, stage.patience.linkMs);
    await command.run(stage, argument);
  } catch (cause) {
    throw new ScriptError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** A server with a memory keeps what is said until somebody comes for it. */
function isPlayed({ simulator: { protocol } }: Stage): boolean {
  return !("serve" in protocol);
}

function controlNeedsLink(stage: Stage, argument: string): boolean {
  const { protocol } = stage.simulator;
  const [name = ""] = argument.split(/\s+/);
  if (!("serve" in protocol)) return true;
  return Object.hasOwn(protocol.controls, name) && protocol.controls[name]?.needsLink === true;
}

async function awaitLink({ simulator, speaker: { account } }: Stage, timeoutMs: number | undefined): Promise<void> {
  if (simulator.links.some((link) => link.open && link.ready && (account === undefined || link.account === account))) return;
  if (timeoutMs === undefined) throw new ScriptError(account === undefined ? "nobody is connected" : `"${account}" is not connected`);
  await simulator.link({ ...(account !== undefined && { account }), timeoutMs });
}

function say(stage: Stage, text: string): void {
  const { simulator, speaker } = stage;
  const given = Object.fromEntries(Object.entries(speaker).filter(([, value]) => value !== undefined)) as Partial<{ [Key in keyof Speaker]: NonNullable<Speaker[Key]> }>;
  stage.said = simulator.say({ text: required(text, "something to say"), ...given });
  Object.assign(speaker, { messageId: undefined, more: undefined });
}

function setShape({ simulator: { protocol }, speaker }: Stage, argument: string): void {
  if (!protocol.shapes.includes(argument)) throw new ScriptError(`/shape takes one of ${protocol.shapes.join(", ")}, not "${argument}"`);
  speaker.shape = argument;
}

function close({ simulator, speaker }: Stage, argument: string): void {
  const [, code = "1000", reason = ""] = /^(\S*)\s*(.*)$/s.exec(argument || "1000") ?? [];
  const number = wholeNumber(code, "a close code");
  if (!(number === 1000 || (number >= 1001 && number <= 1014 && ![1004, 1005, 1006].includes(number)) || (number >= 3000 && number <= 4999))) {
    throw new ScriptError(`${code} is no close code that may be sent; try 1000, 1001, 1012 or one from 3000 to 4999`);
  }
  simulator.close(number, reason, speaker.account);
}

function refuse({ simulator }: Stage, argument: string): void {
  const [how = "", times = "1"] = argument.split(/\s+/);
  const status = how === "hang" ? how : wholeNumber(how, "an HTTP status or hang");
  if (typeof status === "number" && (status < 300 || status > 599)) throw new ScriptError(`${how} is no HTTP status that refuses; try 401, 403 or 503`);
  simulator.refuse(status, wholeNumber(times, "how many times"));
}

function control({ simulator, speaker }: Stage, argument: string): void {
  const [, name = "", rest = ""] = /^(\S*)\s*(.*)$/s.exec(argument) ?? [];
  simulator.control(name, rest, speaker.account);
}

async function wait(stage: Stage, argument: string): Promise<void> {
  const { simulator, patience } = stage;
  const [what = "", id] = argument.split(/\s+/);
  if (what === "link") return awaitLink(stage, patience.linkMs ?? patience.waitMs);
  if (what !== "reply") return simulator.pause(wholeNumber(what, "ms, link or reply"));
  const messageId = id ?? stage.said;
  if (messageId === undefined) throw new ScriptError("/wait reply needs an id, as nothing was said yet");
  await simulator.reply(messageId, patience.waitMs);
}

function required(argument: string, what: string): string {
  if (argument === "") throw new ScriptError(`${what} is missing`);
  return argument;
}

function wholeNumber(text: string, what: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new ScriptError(`expected ${what}, got "${text}"`);
  return Number(text);
}

function readObject(text: string): Readonly<Record<string, unknown>> {
  const fault = new ScriptError(`expected a JSON object such as {"metadata":{}}, got "${text}"`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw fault;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw fault;
  return value as Readonly<Record<string, unknown>>;
}
