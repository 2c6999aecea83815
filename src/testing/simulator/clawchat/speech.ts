import type { Saying } from "../protocol.ts";
import { type Fields, fieldsOf, sealed } from "./frames.ts";
import { broadcast, readySessions, type Realm, store } from "./realm.ts";
import type { Agent, Conversation, User } from "./world.ts";

export const shapes = ["send", "reply", "stream", "merged"] as const;

/** Where something is said, and who says it. */
interface Place {
  chat: Conversation;
  sender: User;
}

/** What the people say: kept for the agents, and brought to those that are there. */
export class Speech {
  readonly #realm: Realm;
  readonly #said: string[] = [];

  constructor(realm: Realm) {
    this.#realm = realm;
  }

  get last(): string | undefined {
    return this.#said.at(-1);
  }

  /** The oldest message without a complete answer. */
  get unanswered(): string | undefined {
    const answered = new Set(this.#realm.replies.flatMap(({ messageId, end }) => (messageId !== undefined && end ? [messageId] : [])));
    return this.#said.find((id) => !answered.has(id));
  }

  /** The one that was connected last, unless it is named. */
  agent(account: string | undefined): Agent {
    return account === undefined ? (readySessions(this.#realm).at(-1)?.agent ?? this.#realm.world.agent(undefined)) : this.#realm.world.agent(account);
  }

  /** A direct conversation unless one is named; whoever speaks in a group is a member of it. */
  place(agent: Agent, user: string | undefined, conversation: string | undefined): Place {
    const { world } = this.#realm;
    const sender = user === undefined ? world.owner : world.user(user);
    const chat = conversation === undefined ? world.direct(agent, sender) : world.group(conversation);
    if (chat.type === "group") chat.members.add(sender.id);
    return { chat, sender };
  }

  say({ text, messageId = this.#realm.pen.messageId(), account, user, conversation, shape = "send", more = {} }: Saying): string {
    const place = this.place(this.agent(account), user, conversation);
    const { message, ...payload } = this.#written(text, more, place, shape);
    this.#said.push(messageId);
    this.#realm.view.write(messageId, { ...place, message, mode: "normal", provisional: shape === "merged" });
    if (shape === "stream") this.#stream(messageId, text, place);
    const put = (event: string, extra: Fields): void =>
      store(this.#realm, place.chat, messageId, this.#realm.pen.business(event, { message_id: messageId, message_mode: "normal", message: { ...message, streaming: sealed }, ...payload, ...extra }, place));
    if (shape === "stream" || shape === "merged") put("message.reply", { stream_merged: true });
    if (shape !== "merged") put(shape === "send" ? "message.send" : "message.reply", {});
    return messageId;
  }

  /** Something about a message that the server has to say itself. */
  notice(agent: Agent, text: string, metadata: Fields): string {
    const messageId = `sys-${this.#realm.host.system.uuid()}`;
    const message = { body: { fragments: [{ kind: "text", text }] }, context: { mentions: null, reply: null }, streaming: sealed };
    const place = { chat: agent.home, sender: { id: "system", nickName: "ClawChat" } };
    store(this.#realm, agent.home, messageId, this.#realm.pen.business("message.send", { message_id: messageId, message_mode: "normal", message, metadata }, place));
    return messageId;
  }

  /** `fragments`, `mentions` and `reply` of `more` go into the message, the rest beside it. */
  #written(text: string, { fragments, mentions, reply, ...rest }: Fields, { chat }: Place, shape: string): Fields & { message: Fields } {
    const parts = Array.isArray(fragments) ? fragments : this.#fragmentsOf(text);
    const named = parts.map(fieldsOf).filter((fragment) => fragment["kind"] === "mention");
    const target = typeof reply === "string" ? reply : shape === "reply" ? this.#lastOfAgents(chat) : undefined;
    const context = { mentions: mentions ?? named, reply: target === undefined ? (reply ?? null) : this.#replyContext(target) };
    return { ...rest, message: { body: { fragments: parts }, context } };
  }

  /** `@` and the name of an account, or `@all`, is a mention. */
  #fragmentsOf(text: string): Fields[] {
    const names = new Map([...this.#realm.world.agents.map(({ account, id }): [string, string] => [account, id]), ["all", "all"]]);
    const parts = text.split(/(@[\w-]+)/).filter((part) => part !== "");
    const fragments = parts.map((part): Fields => {
      const userId = part.startsWith("@") ? names.get(part.slice(1)) : undefined;
      return userId === undefined ? { kind: "text", text: part } : { kind: "mention", user_id: userId, display: part.slice(1) };
    });
    return fragments.some((fragment) => fragment["kind"] === "mention") ? fragments : [{ kind: "text", text }];
  }

  #lastOfAgents(chat: Conversation): string | undefined {
    return this.#realm.view.in(chat.id).findLast(({ senderId }) => this.#realm.world.agentOf(senderId))?.messageId;
  }

  #replyContext(target: string): Fields {
    const shown = this.#realm.view.messages.get(target);
    const author = shown && this.#realm.world.find(shown.senderId);
    return { reply_to_msg_id: target, reply_preview: shown && author ? { id: author.id, nick_name: author.nickName, fragments: [{ kind: "text", text: shown.text }] } : null };
  }

  #stream(messageId: string, text: string, place: Place): void {
    const { pen } = this.#realm;
    const say = (event: string, payload: Fields): void => broadcast(this.#realm, place.chat, pen.business(event, { message_id: messageId, ...payload }, place));
    const state = { mutation_policy: "append_text_only", started_at: null };
    const points = Array.from(text);
    const size = Math.max(1, Math.ceil(points.length / 4));
    say("message.created", { message_mode: "normal" });
    let sequence = 0;
    for (let at = 0; at < points.length; at += size) {
      const fragment = { kind: "text", text: points.slice(0, at + size).join(""), delta: points.slice(at, at + size).join("") };
      say("message.add", { sequence, mutation: { type: "append", target_fragment_index: 0 }, fragments: [fragment], streaming: { ...state, status: "streaming", sequence, completed_at: null }, added_at: pen.now });
      sequence += 1;
    }
    say("message.done", { fragments: [{ kind: "text", text }], streaming: { ...state, status: "done", sequence: Math.max(0, sequence - 1), completed_at: pen.now }, completed_at: pen.now });
  }
}
