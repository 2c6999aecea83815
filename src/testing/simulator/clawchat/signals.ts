import { type Envelope, type Fields, sealed } from "./frames.ts";
import { post, readySessions, type Realm } from "./realm.ts";
import type { Rest } from "./rest.ts";
import type { ReadySession } from "./session.ts";
import type { Speech } from "./speech.ts";
import type { Agent, Conversation } from "./world.ts";

const staleMs = 25 * 60 * 60 * 1000;

/** What the server and the people can tell an agent, beside messages. */
export class Signals {
  readonly #realm: Realm;
  readonly #speech: Speech;
  readonly #rest: Rest;

  constructor(realm: Realm, speech: Speech, rest: Rest) {
    this.#realm = realm;
    this.#speech = speech;
    this.#rest = rest;
  }

  /** The links of an agent, or of all. */
  ready(account?: string): ReadySession[] {
    return readySessions(this.#realm, account === undefined ? undefined : this.#agent(account).id);
  }

  /** Sends a message of the inbox once more, on the newest link. */
  again(messageId: string | undefined, account?: string, change = (frame: Envelope): Envelope => frame): void {
    const { host, delivery } = this.#realm;
    if (messageId === undefined) throw new Error("nothing was said yet");
    const link = host.connected(account);
    const session = readySessions(this.#realm).find((ready) => ready.link === link);
    const row = session && delivery.inbox(session.agent).row(messageId);
    if (!row) throw new Error(`there was no message "${messageId}"`);
    delivery.deliver(session, { ...row, frame: change(row.frame) });
  }

  /** Sends a message once more, as if the server had put it together from a stream. */
  sendMerged(messageId = this.#speech.last, account?: string): void {
    this.again(messageId, account, (frame) => ({ ...frame, event: "message.reply", payload: { ...frame.payload, stream_merged: true } }));
  }

  echo(account?: string): void {
    const agent = this.#agent(account);
    const last = [...this.#realm.view.messages.values()].findLast(({ senderId }) => senderId === agent.id);
    const chat = last && this.#realm.world.conversations.get(last.chatId);
    if (!last || !chat) throw new Error("the agent has said nothing yet");
    const message = { body: { fragments: last.fragments }, context: { mentions: [], reply: null } };
    const frame = this.#realm.pen.business("message.reply", { message_id: last.messageId, message_mode: "normal", message }, { chat, sender: agent });
    const row = this.#realm.delivery.inbox(agent).put(last.messageId, frame);
    for (const session of this.ready(agent.account)) this.#realm.delivery.deliver(session, row);
  }

  /** Keeps a frame of any event with any payload for the agent, with all that goes with a message: good, unknown or malformed. */
  event(event: string, payload: Fields, account?: string): void {
    const agent = this.#agent(account);
    const { pen, host, delivery } = this.#realm;
    const row = delivery.inbox(agent).put(host.system.uuid(), pen.business(event, payload, { chat: agent.home, sender: agent.owner }));
    for (const session of this.ready(agent.account)) delivery.deliver(session, row);
  }

  /** Keeps a message of the owner that is older than a day for the agent, and brings it with the next replay. */
  stale(text: string, account?: string): string {
    const agent = this.#agent(account);
    const { pen, delivery } = this.#realm;
    const messageId = pen.messageId();
    const message = { body: { fragments: [{ kind: "text", text }] }, context: { mentions: [], reply: null }, streaming: sealed };
    const frame = pen.business("message.send", { message_id: messageId, message_mode: "normal", message }, { chat: agent.home, sender: agent.owner });
    delivery.inbox(agent).put(messageId, { ...frame, emitted_at: pen.now - staleMs });
    return messageId;
  }

  permission(outcome: string, operation: string, account?: string): string {
    const metadata = { kind: "permission_result", operation, outcome, reason: outcome === "denied" ? "owner_denied" : "owner_allowed", request_id: `req_${this.#realm.host.system.uuid()}` };
    return this.#speech.notice(this.#agent(account), `${operation}: ${outcome}`, metadata);
  }

  notify(type: string, entity?: string, account?: string): void {
    const agent = this.#agent(account);
    const { pen, host, delivery } = this.#realm;
    const entityId = entity ?? (type.startsWith("conversation.") ? agent.home.id : agent.agentId);
    const key = `notify:${type}:${entityId}`;
    const frame = pen.frame("notify.signal", { type, entity_id: entityId, version: pen.now, event_id: `ntf_${host.system.uuid()}`, message_id: key });
    const row = delivery.inbox(agent).put(key, frame, "notify_signals");
    for (const session of this.ready(agent.account)) delivery.deliver(session, row);
  }

  metadata(scope: readonly string[], account?: string, chat: Conversation = this.#agent(account).home): void {
    const { pen } = this.#realm;
    const { payload, ...head } = pen.frame("chat.metadata.invalidated", { ...(scope.length > 0 && { scope }), version: pen.now, updated_at: pen.now });
    for (const session of this.ready(account)) if (session.capabilities.has("chat_meta_events")) post(this.#realm, session, { ...head, chat_id: chat.id, chat_type: chat.type, payload });
  }

  typing(isTyping: boolean, account?: string): void {
    const { home } = this.#agent(account);
    for (const session of this.ready(account)) post(this.#realm, session, this.#realm.pen.business("typing.update", { is_typing: isTyping }, { chat: home, sender: this.#realm.world.owner }));
  }

  react(emoji: string, account?: string): void {
    const agent = this.#agent(account);
    const target = [...this.#realm.view.messages.values()].findLast(({ senderId }) => senderId === agent.id);
    const chat = target && this.#realm.world.conversations.get(target.chatId);
    if (!target || !chat) throw new Error("the agent has said nothing yet");
    const messageId = `rxn:${target.messageId}:${this.#realm.world.owner.id}`;
    const payload = { target_message_id: target.messageId, emoji, removed: false, message_id: messageId, reactor_user_id: this.#realm.world.owner.id };
    const row = this.#realm.delivery.inbox(agent).put(messageId, this.#realm.pen.business("message.reaction", payload, { chat, sender: this.#realm.world.owner }));
    this.#realm.view.react(target.messageId, this.#realm.world.owner.id, emoji, false);
    for (const session of this.ready(agent.account)) this.#realm.delivery.deliver(session, row);
  }

  online(online: boolean): void {
    const { owner } = this.#realm.world;
    const lastSeen = { last_seen_at: new Date(this.#realm.pen.now).toISOString() };
    for (const session of this.ready()) if (session.subscriptions.has(owner.id)) post(this.#realm, session, this.#realm.pen.frame("presence.update", { user_id: owner.id, online, ...(!online && lastSeen) }));
  }

  /** Replaces the group settings of an agent and tells it. */
  setGroups(groups: readonly Fields[], account?: string): void {
    const agent = this.#agent(account);
    this.#rest.settings.set(agent.account, { permissions: {}, ...this.#rest.settings.get(agent.account), groups });
    this.notify("agent.config.changed", undefined, agent.account);
  }

  setPermissions(permissions: Fields, account?: string): void {
    const agent = this.#agent(account);
    this.#rest.settings.set(agent.account, { groups: [], ...this.#rest.settings.get(agent.account), permissions });
    this.notify("agent.permission.changed", undefined, agent.account);
  }

  dissolve(chat: string, account?: string): void {
    const found = this.#conversation(chat);
    found.dissolved = true;
    this.notify("conversation.dissolved", found.id, account);
  }

  leave(chat: string, account?: string): void {
    this.#conversation(chat).members.delete(this.#agent(account).id);
  }

  #agent(account: string | undefined): Agent {
    return this.#speech.agent(account);
  }

  #conversation(name: string): Conversation {
    const { conversations } = this.#realm.world;
    const found = conversations.get(name) ?? [...conversations.values()].find(({ title }) => title !== "" && title === name);
    if (!found) throw new Error(`there is no conversation "${name}"`);
    return found;
  }
}
