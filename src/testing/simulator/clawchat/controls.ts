import type { Deed } from "../protocol.ts";
import type { Fields } from "./frames.ts";
import { readFault } from "./rest-faults.ts";
import { readSettings } from "./options.ts";
import { handshakeFaults } from "./handshake.ts";
import type { ClawchatServer } from "./server.ts";

export interface Act extends Deed {
  run(server: ClawchatServer, argument: string, account: string | undefined): void;
}

const words = (argument: string): string[] => argument.split(/\s+/).filter((word) => word !== "");

function wholeNumber(text: string | undefined, otherwise: number): number {
  if (text === undefined || text === "") return otherwise;
  if (!/^\d{1,6}$/.test(text)) throw new Error(`expected how many times, got "${text}"`);
  return Number(text);
}

const armed = (name: string, summary: string): Act => ({ summary, run: (server, times) => server.fault(name, "", wholeNumber(times, 1)) });

/** What a ClawChat server can be told to do, beside what every simulator can. */
export const acts: Readonly<Record<string, Act>> = {
  "hello-fail": { summary: "refuse the next handshake, with this reason or: authentication failed", run: (server, reason) => server.fault("hello-fail", reason || "authentication failed") },
  handshake: { summary: `spoil the next handshake: ${handshakeFaults.join(", ")}`, run: (server, name) => server.spoilHandshake(name) },
  kick: { summary: "close without a code", needsLink: true, run: (server, _argument, account) => server.kick(account) },
  takeover: { summary: "close with 4001, as for a newer connection of the same device", needsLink: true, run: (server, _argument, account) => server.takeOver(account) },
  "no-ack": armed("no-ack", "keep the next message and do not acknowledge it, or the next so many"),
  cut: armed("cut", "keep the next message, and drop the connection instead of an ack"),
  error: {
    summary: "refuse the next message: error not_member, error chat_not_found 3",
    run(server, argument) {
      const [code, times] = words(argument);
      server.fault("error", code ?? "chat_not_found", wholeNumber(times, 1));
    },
  },
  gap: armed("gap", "leave a dseq out before the next message"),
  "replay-twice": armed("replay-twice", "say everything twice in the next replay"),
  merged: { summary: "send a message once more, as the server's own merge of a stream; without an id the last one", needsLink: true, run: (server, id, account) => server.signals.sendMerged(id || undefined, account) },
  echo: { summary: "send the agent its own last message", needsLink: true, run: (server, _argument, account) => server.signals.echo(account) },
  rewind: { summary: "forget what was acknowledged: the next replay brings everything again", run: (server, _argument, account) => server.rewind(account) },
  truncate: { summary: "throw away what is kept for the agent: the next replay tells of it", run: (server, _argument, account) => server.truncate(account) },
  stale: { summary: "keep a message that is older than a day for the next replay: stale hello", run: (server, text, account) => void server.signals.stale(text || "hello", account) },
  event: {
    summary: "keep a frame of any event for the agent, good or not: event message.hologram {}, event message.send {}",
    run(server, argument, account) {
      const [, name = "", json = "{}"] = /^(\S*)\s*(.*)$/s.exec(argument) ?? [];
      server.signals.event(name, readPayload(json || "{}"), account);
    },
  },
  "fail-stream": { summary: "end the agent's streams for it, with message.failed", needsLink: true, run: (server, _argument, account) => server.failStreams(account) },
  permission: {
    summary: "tell the outcome of something that had to be approved: permission approved friend.add",
    run(server, argument, account) {
      const [outcome = "approved", operation = "friend.add"] = words(argument);
      server.signals.permission(outcome, operation, account);
    },
  },
  notify: {
    summary: "send a notify.signal: notify agent.config.changed, notify conversation.dissolved cnv_…",
    run(server, argument, account) {
      const [type = "agent.config.changed", entity] = words(argument);
      server.signals.notify(type, entity, account);
    },
  },
  metadata: { summary: "tell that a chat has changed: metadata title avatar", needsLink: true, run: (server, scopes, account) => server.signals.metadata(words(scopes), account) },
  typing: { summary: "the owner types, or stops: typing off", needsLink: true, run: (server, state, account) => server.signals.typing(state !== "off", account) },
  react: { summary: "the owner reacts to the agent's last message: react 👍", run: (server, emoji, account) => server.signals.react(emoji || "👍", account) },
  online: { summary: "tell those who watch the owner that he is there: online, online off", needsLink: true, run: (server, state) => server.signals.online(state !== "off") },
  settings: { summary: "set the agent's group settings to this JSON list", run: (server, json, account) => server.signals.setGroups(readRows(json), account) },
  dissolve: { summary: "dissolve this conversation and tell of it", run: (server, chat, account) => server.signals.dissolve(chat, account) },
  leave: { summary: "take the agent out of this conversation", run: (server, chat, account) => server.signals.leave(chat, account) },
  set: { summary: "change a setting from now on: set reliable=v1, set accessTtlMs=3000", run: (server, setting) => void Object.assign(server.settings, readSettings([setting])) },
  expire: { summary: "the access token dies now", run: (server, _argument, account) => server.expire(account) },
  revoke: { summary: "the login dies now, refresh token and all", run: (server, _argument, account) => server.revoke(account) },
  invite: { summary: "make one more invite code", run: (server, _argument, account) => server.note(`invite code: ${server.invite(account)}`) },
  http: {
    summary: "spoil the next calls of a path: http refresh 503, http refresh drop-after, http upload slow:500 3",
    run(server, argument) {
      const [path = "", fault = "", times] = words(argument);
      server.spoilCall(path, fault, wholeNumber(times, 1));
    },
  },
};

export function expectFault(fault: string): void {
  if (!readFault(fault)) throw new Error(`"${fault}" is no fault of a call; there are 503, 200:10003, slow:500, hang, hang-after, drop, drop-after, html and text`);
}

function readPayload(json: string): Fields {
  const payload = readJson(json);
  if (typeof payload !== "object" || payload === null || Array.isArray(payload)) throw new Error('expected a payload such as {"message_id":"m-1"}');
  return payload as Fields;
}

function readJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function readRows(json: string): Fields[] {
  const rows = readJson(json);
  if (!Array.isArray(rows)) throw new Error('expected a list such as [{"conversation_id":"cnv_…","muted":true}]');
  return rows as Fields[];
}
