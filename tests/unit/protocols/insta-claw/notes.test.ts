import { describe, expect, it } from "vitest";
import { identityOf } from "../../../../src/protocols/insta-claw/identity.ts";
import { itemsIn, kindOf, mediaOf, textOf } from "../../../../src/protocols/insta-claw/parts.ts";
import { linkProfileOf } from "../../../../src/protocols/insta-claw/profile.ts";
import { connect, type Heard, message } from "./gateway.ts";

const noted = (heard: Heard) => heard.effects.flatMap((effect) => (effect.do === "note" ? [[effect.level, effect.code, effect.data]] : []));

describe("what an operator reads of a gateway", () => {
  const said = (frame: unknown) => noted(connect().frame(frame));

  it("IC-30 is what it says of itself and of the connection", () => {
    expect(said({ type: "instaclaw:hello", extensions: ["edit", "a\nb"] })).toEqual([["debug", "hello", { extensions: ["edit", "a\uFFFDb"] }]]);
    expect(said({ type: "session.auto_bound", sessions: [{}, {}] })).toEqual([["debug", "sessions-bound", { sessions: 2 }]]);
    expect(said({ type: "session.auto_bound" })).toEqual([["debug", "sessions-bound", { sessions: 0 }]]);
    expect(said({ type: "system", headers: { topic: "Weather" } })).toEqual([["debug", "system", { topic: "weather" }]]);
    expect(said({ type: "system" })).toEqual([["debug", "system", { topic: "" }]]);
    expect(said({ type: "control" })).toEqual([["debug", "control", {}]]);
  });

  it("IC-30 is what it refuses, by its words or without any", () => {
    expect(said({ type: "error", error: { code: "slow", message: "too\nmany" } })).toEqual([["warn", "server-error", { code: "slow", message: "too\uFFFDmany" }]]);
    expect(said({ type: "error", status: 401, error: { message: "who?" } })).toEqual([["warn", "auth-failed", { code: "unknown_error", message: "who?" }]]);
    expect(said({ type: "error", status: 403, error: { code: null, message: "no" } })).toEqual([["warn", "auth-failed", { code: "unknown_error", message: "no" }]]);
  });

  it("IC-30 is no answer to a ping, which gets a pong whatever case it has", () => {
    for (const type of ["ping", "PING"]) expect(connect().frame({ type }).frames).toMatchObject([{ type: "pong" }]);
    const heard = connect().frame({ type: "system", headers: { topic: "disconnect", messageId: "m" } });
    expect(heard.effects).toEqual([{ do: "recycle", reason: "the server asked for a new connection" }]);
  });

  it("IC-6 is what cannot be read, and where it came in", () => {
    expect(said("no json")).toEqual([["warn", "not-a-frame", { detail: expect.stringMatching(/./) as string }]]);
    const heard = connect().data({ type: "future.thing" }, "m7");
    expect(noted(heard)).toEqual([["debug", "unknown-type", { type: "future.thing" }]]);
    const [broken] = noted(connect().data({ type: "response.completed", response_id: 5 }, "m7"));
    expect(broken).toEqual(["warn", "invalid-frame", { messageId: "m7", detail: expect.stringMatching(/response_id/) as string }]);
  });

  it("IC-33 is that somebody did something to a message, of a server that has not named the extension", () => {
    const heard = connect({ ack: "intclaw" }).data({ type: "instaclaw:message.delete", sequence_number: 0, target_message_id: "m_9", actor_id: "u_9" }, "m7");
    expect(noted(heard)).toEqual([["debug", "ignored-change", { type: "instaclaw:message.delete" }]]);
    expect(heard.frames).toHaveLength(1);
  });

  it("IC-15 is what a drop has cut, and nothing where nothing was open", () => {
    const gateway = connect();
    expect(gateway.reconnect().effects).toEqual([]);
    gateway.data({ type: "response.in_progress", response_id: "resp_a" });
    expect(noted(gateway.reconnect())).toEqual([["warn", "responses-cut", { responses: ["resp_a"] }]]);
    expect(gateway.reconnect().effects).toEqual([]);
  });

  it("IC-14 is which event of which response did not count", () => {
    const gateway = connect();
    expect(noted(gateway.data({ type: "response.output_text.delta", delta: "x" }))).toEqual([["warn", "no-response", { type: "response.output_text.delta" }]]);
    gateway.data({ type: "response.in_progress", response_id: "resp_a" });
    gateway.data({ type: "response.completed", response_id: "resp_a" });
    expect(noted(gateway.data({ type: "response.completed", response_id: "resp_a" }))).toMatchObject([["debug", expect.any(String), { type: "response.completed", response: "resp_a" }]]);
  });

  it("IC-28 is that a message came again, and nothing of a goodbye, a thought or a tool", () => {
    const gateway = connect();
    const of = message();
    expect(noted(gateway.says({ say: "repeated", of }))).toEqual([["debug", "repeated-message", { messageId: "req_9" }]]);
    expect(gateway.says({ say: "goodbye" }).effects).toEqual([]);
    expect(gateway.says({ say: "thought", of, content: "hm" }).effects).toEqual([]);
    expect(gateway.says({ say: "activity", of, activity: { id: "1", tool: "read", status: "started" } }).effects).toEqual([]);
  });
});

describe("a part of a message", () => {
  it("IC-12 is text, a refusal, or something to be attached", () => {
    expect(["output_text", "text", "input_text", "refusal", "input_image", "reasoning"].map((type) => kindOf({ type }))).toEqual(["text", "text", "text", "refusal", "other", "other"]);
    expect(textOf({ type: "text", text: "a", refusal: "b" })).toBe("a");
    expect(textOf({ type: "refusal", text: "a", refusal: "b" })).toBe("b");
    expect([textOf({ type: "text" }), textOf({ type: "refusal" })]).toEqual(["", ""]);
  });

  it("IC-12 has a file by its address, or within it", () => {
    expect(mediaOf({ type: "input_image", image_url: "https://a.example/1", filename: "1.png" })).toStrictEqual([{ from: "url", url: "https://a.example/1", name: "1.png" }]);
    expect(mediaOf({ type: "input_video", video_url: "https://a.example/1", filename: "" })).toStrictEqual([{ from: "url", url: "https://a.example/1" }]);
    expect(mediaOf({ type: "input_file", file_url: "", file_data: "QQ==" })).toStrictEqual([{ from: "data", base64: "QQ==" }]);
    expect(mediaOf({ type: "input_file", file_data: "data:text/plain;charset=utf-8;base64,QQ==", filename: "a" })).toStrictEqual([{ from: "data", base64: "QQ==", mimeType: "text/plain", name: "a" }]);
    expect(mediaOf({ type: "input_image", image_url: "data:;base64,QQ==\nQQ==" })).toStrictEqual([{ from: "data", base64: "QQ==\nQQ==" }]);
    for (const url of ["xdata:text/plain;base64,QQ==", "data:text/plain,a;base64,QQ=="]) expect(mediaOf({ type: "input_image", image_url: url })).toStrictEqual([{ from: "url", url }]);
    for (const none of [{ type: "input_image" }, { type: "input_image", image_url: "" }, { type: "input_file", file_data: "" }, { type: "text", file_data: "QQ==" }, { type: "input_image", file_data: "QQ==" }]) expect(mediaOf(none)).toEqual([]);
  });

  it("IC-11 is in an item of a list, wherever that stands", () => {
    const item = { id: "i", type: "message" };
    expect(itemsIn({ output: [item, 5, null] })).toEqual([item]);
    expect(itemsIn({ output: { items: [item] } })).toEqual([item]);
    for (const output of [undefined, null, "x", {}, { items: 5 }]) expect(itemsIn({ output })).toBeUndefined();
    expect(itemsIn(undefined)).toBeUndefined();
  });
});

describe("who speaks, and where", () => {
  const of = (metadata: object, more: object = {}) => identityOf({ metadata, headers: {}, ...more });

  it("IC-17 is a person by the server's word, and nobody verified without it", () => {
    expect(of({ sender_id: "u", sender_name: "Ann" }).sender).toStrictEqual({ id: "u", verified: true, name: "Ann" });
    for (const sender_name of [undefined, ""]) expect(of({ user_id: "u", sender_name }).sender).toStrictEqual({ id: "u", verified: true });
    expect(of({ session_id: "s" }).sender).toStrictEqual({ id: "s", verified: false });
    expect(of({}, { headers: { senderId: "h" } }).sender).toStrictEqual({ id: "h", verified: false });
    expect(of({}).sender).toStrictEqual({ id: "default", verified: false });
  });

  it("IC-18 is a conversation of one, with a thread where the server names one or a session beside the user", () => {
    expect(of({ sender_id: "u" })).toStrictEqual({ sender: { id: "u", verified: true }, conversation: { kind: "direct", id: "u" }, origin: {} });
    expect(of({ sender_id: "u", session_id: "s" })).toStrictEqual({ sender: { id: "u", verified: true }, conversation: { kind: "direct", id: "u", threadId: "s" }, origin: { sessionId: "s" } });
    expect(of({ session_id: "s" }).conversation).toStrictEqual({ kind: "direct", id: "s" });
    expect(of({ sender_id: "u", thread_id: "t", session_id: "s" })).toMatchObject({ conversation: { threadId: "t" }, origin: { sessionId: "s", threadId: "t" } });
  });

  it("IC-18 is a group by its id, whatever else is said of it", () => {
    const group = (more: object) => of({ sender_id: "u", chat_type: "group", group_id: "g", ...more });
    expect(group({})).toStrictEqual({ sender: { id: "u", verified: true }, conversation: { kind: "group", id: "g", subject: "g" }, origin: { groupId: "g" } });
    expect([group({ group_name: "" }), group({ group_name: "G" })].map(({ conversation }) => (conversation.kind === "group" ? conversation.subject : ""))).toEqual(["g", "G"]);
    expect([true, "true", false, "false", undefined].map((mentioned) => group({ mentioned }).mentioned)).toEqual([true, true, false, false, undefined]);
    expect(of({ sender_id: "u", chat_type: "direct", group_id: "g" }).conversation.kind).toBe("direct");
    expect(of({ sender_id: "u", chat_type: "group" }).conversation.kind).toBe("direct");
  });
});

describe("a gateway that refuses an account", () => {
  it("IC-3 is told to the operator as a matter of the credentials, or of the account", () => {
    const { refusals } = linkProfileOf({ heartbeatIntervalMs: 1, reconnect: { maxAttempts: 0 }, limits: { maxPayload: 1 } } as never);
    for (const { code, fault, text } of refusals) {
      expect(text).toContain(String(code));
      expect(fault).toBe(String(code).endsWith("401") ? "credentials" : "forbidden");
      expect(text).toMatch(fault === "credentials" ? /credentials/ : /account/);
    }
  });
});
