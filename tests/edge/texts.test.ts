import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { safeName } from "../../src/channel/agent-plan.ts";
import { hostForm, scopedForm, writeSessionKey } from "../../src/channel/session-keys.ts";
import { jsonForLog } from "../../src/core/redact.ts";
import type { Inbound } from "../../src/protocols/inbound.ts";
import type { Effect } from "../../src/protocols/session.ts";
import { type ProtocolName, receivedTypes, textFields, withTextInEach } from "../support/schema-fields.ts";
import { sessions } from "../support/sessions.ts";
import { message } from "../unit/protocols/clawchat/hub.ts";
import { envelope } from "../unit/protocols/insta-claw/gateway.ts";

const CONTROLS = "a\u0000\u0007\r\n\u001b[2J\u007f\u009b\u202e\u2028b";
const texts = [CONTROLS, "../../../etc/passwd", "/etc/passwd", "..", "C:\\x", "file:///etc/passwd", "agent:main:main"];
/** What a terminal would obey, or would turn a line around. */
const OBEYED = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u;
const forms = { host: hostForm, scoped: scopedForm(["user", "session"]) };
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** Messages as people send them, where hardly a made-up one is delivered. */
const usual: Readonly<Record<string, object[]>> = {
  ChatSend: [{ type: "chat.send", content: "hello", messageId: "m1", senderId: "mara", senderName: "Mara", chatType: "group", groupId: "club", groupSubject: "Club", replyToMessageId: "m0", replyToBody: "well?", media: [{ url: "https://example.org/a.png", name: "a.png" }], customData: { a: "b" } }],
  MessageSendReceived: [message(), message({ type: "group", chat: "grp_1", mentions: [{ id: "usr_agent", name: "Agent" }] })],
};

/** The lines that the shells log for these effects. */
function linesOf(effects: readonly Effect<unknown>[]): string[] {
  return effects.flatMap((effect) => {
    if (effect.do === "note") return [`${effect.code} ${jsonForLog(effect.data ?? {})}`];
    return effect.do === "close" || effect.do === "recycle" ? [effect.reason] : [];
  });
}

function messagesIn(effects: readonly Effect<unknown>[]): Inbound[] {
  return effects.flatMap((effect) => {
    const request = effect.do === "deliver" ? (effect.inbound as { ask: string; inbound?: Inbound }) : undefined;
    return request?.ask === "turn" && request.inbound ? [request.inbound] : [];
  });
}

/** The ids that a message gives to what is ours. */
function idsOf({ messageId, sender, conversation, quote }: Inbound): string[] {
  const { threadId = "" } = conversation;
  return [messageId, sender.id, conversation.id, threadId, quote?.messageId ?? ""];
}

/** The keys of its session, which may hold a slash: the host makes no path of them. */
function keysOf({ conversation }: Inbound): string[] {
  const owner = { agentId: "main", channelId: "channel", accountId: "sales", plainAccount: "default" };
  return Object.values(forms).map((form) => writeSessionKey(form, owner, conversation));
}

describe.each(Object.entries(sessions))("a text in any frame of %s that is a path, or holds control characters", (name, { values, open }) => {
  const protocol = name as ProtocolName;
  /** Whether the document keeps the ids of messages free of control characters. */
  const isGuarded = textFields(protocol).some(({ pattern }) => pattern?.includes("\\u0000-\\u001f"));
  const delivered: Inbound[] = [];

  it.each(receivedTypes(protocol))("is no line of a log, no key of a session and no name of a file by itself: $message", ({ type }) => {
    const arbitrary = values[type];
    if (!arbitrary) throw new Error(`no values of ${type}`);
    const read = open();
    for (const value of [...fc.sample(arbitrary, { numRuns: 4, seed: 11 }), ...(usual[type] ?? [])]) {
      for (const text of texts) {
        for (const changed of withTextInEach(value, text)) {
          for (const frame of protocol === "insta-claw" ? [changed, envelope(changed)] : [changed]) {
            const effects = read(JSON.stringify(frame));
            const messages = messagesIn(effects);
            delivered.push(...messages);
            expect(linesOf(effects).filter((line) => OBEYED.test(line))).toEqual([]);
            // oxlint-disable-next-line no-control-regex
            if (isGuarded) expect(messages.flatMap(idsOf).filter((id) => /[\u0000-\u001f\u007f]/.test(id))).toEqual([]);
            expect(messages.flatMap(keysOf).filter((key) => OBEYED.test(key))).toEqual([]);
            expect(messages.filter(({ sender }) => !/^[a-z0-9_-]+$/.test(safeName("sales", sender.id, sha256)))).toEqual([]);
            // A server names no file of this machine; on the listener the account judges it (WS-26).
            if (protocol !== "websocket") expect(messages.flatMap(({ media }) => media).filter(({ from }) => from === "path")).toEqual([]);
          }
        }
      }
    }
  });

  it("is tried in messages that are delivered", () => {
    expect(delivered.length).toBeGreaterThan(20);
    expect(delivered.flatMap((message) => [...idsOf(message), message.sender.name ?? "", message.content]).some((text) => texts.includes(text))).toBe(true);
  });
});
