import { describe, expect, it } from "vitest";
import type { CodesReceived, Part, Role, RpcReceived, RpcSentByTag } from "../../../codegen/fixtures/expected/frames/index.ts";
import type {
  ChatReceived,
  ChatReceivedByTag,
  ChatSend,
  ChatSent,
  VerifyReceived,
  WebsocketConfig,
  WebsocketConfigInput,
} from "../../../generated/websocket/index.ts";

type Same<A, B> = [A, B] extends [B, A] ? true : false;

function impossible(value: never): string {
  throw new Error(`nobody sends ${String(value)}`);
}

function nameSent(frame: ChatSent): string {
  switch (frame.type) {
    case "chat.stream":
    case "chat.thought":
      return frame.content;
    case "chat.activity":
      return frame.tool;
    case "chat.typing":
    case "chat.welcome":
      return frame.type;
    case "chat.response":
      return String(frame.done satisfies true);
    case "chat.error":
      return frame.code ?? frame.error;
    case "chat.pairing":
      return frame.code;
    case "chat.message":
    case "chat.edited":
      return frame.content;
    case "chat.media":
      return frame.url;
    case "chat.directory.result":
      return String(frame.entries.length);
    case "chat.deleted":
    case "chat.reaction":
      return frame.messageId;
    default:
      return impossible(frame);
  }
}

function namePart(part: Part): string {
  switch (part.kind) {
    case "text":
      return part.text;
    case "image":
      return part.url;
    case "quote":
      return part.parts.map(namePart).join();
    default:
      return impossible(part);
  }
}

function nameCode(frame: CodesReceived): string {
  switch (frame.op) {
    case 10:
      return String(frame.d.interval);
    case 0:
      return frame.t === "READY" ? (frame.user ?? "") : (frame.text ?? "");
    case 1:
    case 11:
      return "beat";
    default:
      return impossible(frame);
  }
}

function nameCall(frame: RpcReceived): string {
  return frame.method === "connect" ? frame.params.role : (frame.method satisfies "ping");
}

function nameUser(answer: VerifyReceived): string | undefined {
  return answer.success ? answer.data.userId : answer.error;
}

describe("the generated types", () => {
  it("narrow to nothing after the last case, by strings, numbers, booleans and two levels", () => {
    expect(nameSent({ type: "chat.error", error: "e" })).toBe("e");
    expect(namePart({ kind: "quote", parts: [{ kind: "text", text: "t" }] })).toBe("t");
    expect(nameCode({ op: 0, t: "POST", text: "p" })).toBe("p");
    expect(nameCall({ type: "req", id: "1", method: "connect", params: { role: "somebody" } })).toBe("somebody");
    expect(nameUser({ success: false })).toBeUndefined();
  });

  it("map tags to messages, and keep a role open that may be anything", () => {
    const send: Same<ChatReceivedByTag["chat.send"], ChatSend> = true;
    const all: Same<ChatReceivedByTag[keyof ChatReceivedByTag], ChatReceived> = true;
    const answers: Same<keyof RpcSentByTag, "res" | "event"> = true;
    const role: Role = "anything";
    expect([send, all, answers, role]).toEqual([true, true, true, "anything"]);
  });

  it("refuse fields nobody has, and undefined for a field that is absent", () => {
    // @ts-expect-error a message has no such field
    const unknown: ChatSend = { type: "chat.send", content: "x", contents: "y" };
    // @ts-expect-error absent is not undefined
    const absent: ChatSend = { type: "chat.send", content: "x", messageId: undefined };
    expect([unknown, absent]).toHaveLength(2);
  });

  it("ask for nothing in a configuration, and have every default in the resolved one", () => {
    const input: WebsocketConfigInput = {};
    const timeout: Same<WebsocketConfig["auth"]["timeout"], number> = true;
    const host: Same<WebsocketConfig["host"], string | undefined> = true;
    // @ts-expect-error a resolved configuration has its defaults
    const resolved: WebsocketConfig = {};
    expect([input, timeout, host, resolved]).toEqual([{}, true, true, {}]);
  });
});
