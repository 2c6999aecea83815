import { describe, expect, it } from "vitest";
import { connect, envelope } from "./gateway.ts";

describe("the session, reading a frame", () => {
  it.each([
    ["type missing", { headers: { messageId: "m1", timestamp: 1 }, data: "{}" }],
    ["headers missing", { type: "message", data: "{}" }],
    ["data that is no JSON", { type: "message", headers: { messageId: "m1", timestamp: 1 }, data: "{oops" }],
    ["data that says no object", { type: "message", headers: { messageId: "m1", timestamp: 1 }, data: "[1]" }],
    ["headers of wrong types", { type: "message", headers: { messageId: 7, timestamp: "soon" }, data: "{}" }],
    ["an empty object as data", { type: "message", headers: {}, data: "{}" }],
    ["a wrong tag in the data", { type: "message", headers: {}, data: '{"type":5}' }],
  ])("IC-6 skips %s with a warning", (_, frame) => {
    const heard = connect().frame(frame);
    expect(heard.notes).toEqual(["warn invalid-frame"]);
    expect(heard.isNothing).toBe(true);
  });

  it.each(["not json", "", "[]", '[{"type":"message"}]', "null", "7", '"x"'])("IC-6 skips %s with a warning", (text) => {
    expect(connect().frame(text).notes).toEqual(["warn not-a-frame"]);
  });

  it("IC-6 survives data that is nested deeper than the stack", () => {
    const deep = `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`;
    expect(connect().frame(`{"type":"message","headers":{},"data":${deep}}`).notes).toEqual(["warn not-a-frame"]);
    expect(connect().frame(envelope(`{"type":"response.completed","x":${deep}}`)).notes).toEqual(["warn no-response"]);
  });

  it.each([
    ["an empty text", envelope({ content: "" }, "r"), "r", /^Request content must be a non-empty string$/],
    ["a text that is none", envelope({ content: { text: "x" } }, "r"), "r", /^Request content must be a non-empty string$/],
    ["an empty input with a session", { input: [], metadata: { session_id: "s" } }, undefined, /^Request content must be a non-empty string$/],
    ["an input without text", { input: [{ type: "message", role: "user", content: [{ type: "input_text", text: "   " }] }], metadata: { session_id: "s" } }, undefined, /non-empty/],
    ["a user.message without content", envelope({ type: "user.message", userId: "u" }, "r"), "r", /non-empty/],
    ["a user's id that is none", envelope({ type: "user.message", content: "hi", userId: 5 }, "r"), "r", /userId: expected a string, got 5/],
  ])("IC-6 IC-16 answers %s where it can be told which", (_, frame, requestId, text) => {
    const heard = connect().frame(frame);
    expect(heard.types).toEqual(["in_progress", "failed"]);
    expect(heard.events.at(-1)).toMatchObject({ error: { code: "INVALID_REQUEST", message: expect.stringMatching(text) as string } });
    expect(heard.events.at(-1)?.metadata.request_message_id).toBe(requestId);
  });

  it.each([
    ["an input without text", { input: [{ role: "user", content: [{ type: "input_text", text: "   " }] }], metadata: {} }],
    ["an empty input", { input: [] }],
    ["a text without an id", { type: "message", headers: {}, data: '{"content":""}' }],
  ])("IC-6 only notes %s that nobody could be told about", (_, frame) => {
    expect(connect().frame(frame).isNothing).toBe(true);
  });

  it("IC-6 does not take a broken event for a request because of what else it holds", () => {
    expect(connect().data({ type: "response.created", response: "x", content: "y", input: "z" }).notes).toEqual(["warn invalid-frame"]);
  });

  it("IC-6 does not answer a broken request whose id is being answered", () => {
    const gateway = connect();
    const [inbound] = gateway.data({ content: "hi" }, "r").delivered;
    if (!inbound) throw new Error("nothing was delivered");
    gateway.says({ say: "typing", of: inbound });
    expect(gateway.data({ content: 5 }, "r").isNothing).toBe(true);
  });

  it.each(["Message", "MESSAGE", "message", "mEsSaGe", "REQUEST", "Callback", "EVENT"])("IC-5 reads an envelope of type %s", (type) => {
    expect(connect().frame({ type, headers: { messageId: "m1" }, data: '{"content":"hi"}' }).delivered).toMatchObject([{ content: "hi" }]);
  });

  it("IC-5 says quietly that a type is in capitals, and nothing of one that is as it should be", () => {
    expect(connect().frame({ type: "cALLBACK", headers: { messageId: "m1" }, data: '{"content":"hi"}' }).notes).toEqual(["debug type-case"]);
    expect(connect().frame({ type: "callback", headers: { messageId: "m1" }, data: '{"content":"hi"}' }).notes).toEqual([]);
    expect(connect().frame({ type: "KEEPALIVE" }).notes).toEqual(["debug unknown-type"]);
  });

  it("IC-5 makes an envelope of nothing that is none", () => {
    expect(connect().frame({ headers: { messageId: "m1" }, data: '{"content":"hi"}' }).delivered).toEqual([]);
    expect(connect().frame({ headers: { topic: "x" }, data: 5 }).delivered).toEqual([]);
    expect(connect().frame({ type: "keepalive", headers: { topic: "x" }, data: '{"content":"hi"}' }).notes).toEqual(["debug unknown-type"]);
  });

  it("IC-5 reads data that is an object, and says so", () => {
    const heard = connect().frame({ type: "message", headers: { messageId: "m1" }, data: { content: "hi" } });
    expect(heard.delivered).toMatchObject([{ content: "hi" }]);
    expect(heard.notes).toEqual(["warn data-not-text"]);
  });

  it("IC-5 reads an envelope with a topic and without a type", () => {
    const heard = connect().frame({ headers: { messageId: "m1", topic: "/v1.0/im/bot/messages" }, data: '{"msgtype":"text","text":{"content":"hi"}}' });
    expect(heard.delivered).toMatchObject([{ content: "hi" }]);
    expect(heard.notes).toEqual(["warn type-missing"]);
  });

  it.each([
    ["an unknown frame", { type: "keepalive" }],
    ["an unknown event without an envelope", { type: "response.sparkle", response_id: "r" }],
    ["an unknown event", envelope({ type: "response.sparkle", response_id: "r" })],
    ["an unknown event that has content", envelope({ type: "response.sparkle", content: "x" })],
    ["the end of a stream with room around it", envelope(" [DONE]\n")],
    ["a text of some type that has no content", envelope({ type: "text" })],
    ["an event of somebody's own", envelope({ type: "acme:thing", sequence_number: 3 })],
    ["an event we do not offer", envelope({ type: "instaclaw:poll", event_id: "evt_x1", sequence_number: 0, target_id: "resp_a" })],
    ["the end of a stream", envelope("[DONE]")],
  ])("IC-7 ignores %s without a warning", (_, frame) => {
    const heard = connect().frame(frame);
    expect(heard.notes).toEqual(["debug unknown-type"]);
    expect(heard.isNothing).toBe(true);
  });
});

describe("the session, hearing about the connection", () => {
  it.each([
    [{ type: "ping" }, { type: "pong" }],
    [{ type: "PING" }, { type: "pong" }],
    [{ type: "ping", headers: "x" }, { type: "pong" }],
    [{ type: "Ping", headers: { messageId: "p1" }, data: "{}" }, { type: "pong", headers: { messageId: "p1" }, data: "{}" }],
    [{ type: "ping", headers: { messageId: 7 } }, { type: "pong", headers: {}, data: "{}" }],
    [
      { type: "SYSTEM", headers: { messageId: "sys_1", topic: "ping", extra: 1 }, data: '{"opaque":"7"}' },
      { code: 200, headers: { messageId: "sys_1", topic: "ping", extra: 1 }, message: "OK", data: '{"opaque":"7"}' },
    ],
    [{ type: "System", headers: { topic: "PING" } }, { code: 200, headers: { topic: "PING" }, message: "OK" }],
  ])("IC-30 answers %j", (frame, answer) => {
    expect(connect().frame(frame).frames).toEqual([answer]);
  });

  it.each([
    [{ type: "SYSTEM", headers: { topic: "disconnect" }, data: "{}" }, []],
    [{ type: "system", headers: { topic: "disconnect" } }, []],
    [{ type: "SYSTEM", headers: { topic: "disconnect" }, data: 5 }, ["warn data-not-text"]],
  ])("IC-30 dials again at once on %j", (frame, notes) => {
    const heard = connect().frame(frame);
    expect(heard.effects.at(-1)).toEqual({ do: "recycle", reason: "the server asked for a new connection" });
    expect(heard.notes).toEqual(notes);
  });

  it.each([
    [{ type: "pong" }, []],
    [{ type: "PONG", headers: { messageId: "x" } }, []],
    [{ type: "SYSTEM", headers: {}, data: "{}" }, ["debug system"]],
    [{ type: "SYSTEM", headers: { topic: "KEEPALIVE" } }, ["debug system"]],
    [{ type: "control", anything: 1 }, ["debug control"]],
    [{ type: "CONTROL" }, ["debug control"]],
    [{ type: "session.auto_bound", sessions: ["e3c0"], sender_type: "assistant" }, ["debug sessions-bound"]],
    [{ type: "session.auto_bound", sessions: [{ session_id: "s", user_id: "u", assistant_id: "a" }] }, ["debug sessions-bound"]],
    [envelope({ type: "instaclaw:hello", sequence_number: 0, extensions: [] }), ["debug hello"]],
    [{ error: { type: "invalid_request", code: "bad_frame", param: null, message: "no" } }, ["warn gateway-rejection"]],
    [{ type: "error", sequence_number: 2, error: { type: "server_error", code: null, message: "busy", param: null } }, ["warn server-error"]],
    [{ type: "error", status: 401, error: { code: "unauthorized", message: "revoked" } }, ["warn auth-failed"]],
    [envelope({ type: "error", status: 403, error: { code: "x", message: "no" } }), ["warn auth-failed"]],
  ])("IC-30 changes nothing on %j", (frame, notes) => {
    const gateway = connect();
    const before = gateway.state;
    const heard = gateway.frame(frame);
    expect(heard.notes).toEqual(notes);
    expect(heard.isNothing).toBe(true);
    expect(gateway.state).toEqual(before);
  });

  it.each([
    ["an error that is a text", { type: "error", error: "x" }],
    ["an error without a message", { type: "error", error: { code: "x" } }],
    ["no error", { type: "error" }],
  ])("IC-6 skips an error event with %s", (_, frame) => {
    expect(connect().frame(frame).notes).toEqual(["warn invalid-frame"]);
  });
});
