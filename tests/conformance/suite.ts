import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { arbitraries, nearMisses } from "../../generated/websocket/arbitraries.ts";
import { validateChatError, validateChatResponse, validateChatStream, validateChatTyping } from "../../generated/websocket/index.ts";
import { connectClient, type Frame } from "../support/client.ts";

/** A server under test: it answers every message, needs no token, and lets everybody in. */
export interface Subject {
  url: string;
  /** Largest frame it takes, in bytes. */
  maxPayload: number;
  /** An origin it allows. */
  allowedOrigin: string;
  stop(): Promise<void>;
}

const FORMAT = "Invalid message format. Expected: { type: 'chat.send', content: '...' }";

const validators = { "chat.typing": validateChatTyping, "chat.stream": validateChatStream, "chat.response": validateChatResponse, "chat.error": validateChatError };

function expectDocumented(frames: readonly Frame[]): void {
  for (const frame of frames) {
    const validate = validators[frame.type as keyof typeof validators];
    expect(validate?.(frame), JSON.stringify(frame)).toBe(true);
  }
}

/** The black-box rules of the websocket wire, for any server that `start` brings up. */
export function describeWebsocketConformance(name: string, start: () => Promise<Subject>, { answerMs = 5000 } = {}): void {
  describe(name, () => {
    let subject: Subject;
    beforeAll(async () => void (subject = await start()), 120_000);
    afterAll(async () => subject.stop(), 60_000);
    let counter = 0;
    const newId = () => `conformance-${process.pid}-${counter++}`;
    const dial = (options: Parameters<typeof connectClient>[1] = { senderId: newId() }) => connectClient(subject.url, options);

    describe("handshake", () => {
      it("WS-1 answers another path with HTTP 400", async () => {
        await expect(connectClient(`${subject.url}-elsewhere`)).rejects.toThrow(/400/);
      });

      it("WS-2 closes a foreign origin with 1008", async () => {
        const { closed } = await dial({ origin: "https://evil.example" });
        expect(await closed).toEqual({ code: 1008, reason: "Origin not allowed" });
      });

      it("WS-2 lets an allowed origin in", async () => {
        const application = await dial({ origin: subject.allowedOrigin, senderId: newId() });
        application.send({ type: "chat.send", messageId: "o-1", content: "hello" });
        expect(await application.answer("o-1", answerMs)).toMatchObject({ type: "chat.response" });
        await application.close();
      });

      it.each(["senderId=a&senderId=b", "senderName=a&senderName=a", "token=a&token=b", "senderId=a%00b", "senderId=", `senderId=${"x".repeat(129)}`])("WS-2 closes %s with 4400", async (query) => {
        const { closed } = await dial({ query });
        expect(await closed).toEqual({ code: 4400, reason: "Bad connection parameters" });
      });

      it("WS-3 echoes the chat subprotocol and never a token", async () => {
        const application = await dial({ protocols: ["openclaw.chat.v1", "bearer.secret"] });
        expect(application.socket.protocol).toBe("openclaw.chat.v1");
        await application.close();
      });
    });

    describe("frames", () => {
      it("WS-6 closes a binary frame with 1003", async () => {
        const application = await dial();
        application.socket.send(Buffer.from("{}"));
        expect(await application.closed).toEqual({ code: 1003, reason: "Text frames only" });
      });

      it("WS-6 closes a frame that is too big with 1009", async () => {
        const application = await dial();
        application.send("x".repeat(subject.maxPayload + 1));
        expect((await application.closed).code).toBe(1009);
      });

      it.each([
        ["not json", "Failed to parse message"],
        ["null", FORMAT],
        ["[]", FORMAT],
        ["\"x\"", FORMAT],
        ['{"type":"chat.send"}', FORMAT],
        ['{"type":"chat.send","content":""}', FORMAT],
        ['{"type":"chat.send","content":5}', FORMAT],
        ['{"type":"chat.message","content":"hi"}', FORMAT],
        ['{"content":"hi"}', FORMAT],
        ['{"type":"chat.send","content":"x","chatType":"group"}', /groupId/],
        ['{"type":"chat.send","content":"x","chatType":"room"}', /chatType/],
        ['{"type":"chat.send","content":"x","mediaPaths":["/a","/b"],"mediaTypes":["image/png"]}', /mediaTypes/],
        ['{"type":"chat.send","content":"x","customData":"vip"}', /customData/],
        ['{"type":"chat.send","content":"x","messageId":""}', /messageId/],
      ])("WS-7 WS-8 answers %s as documented and stays open", async (text, error) => {
        const application = await dial();
        application.send(text);
        const frame = await application.waitFor(({ type }) => type === "chat.error");
        expect(frame.error).toEqual(typeof error === "string" ? error : expect.stringMatching(error));
        application.send({ type: "chat.send", messageId: newId(), content: "still there?" });
        await application.waitFor(({ type }) => type === "chat.typing");
        await application.close();
      });

      it("WS-10 closes after more than ten bad frames in a row", async () => {
        const application = await dial();
        for (let i = 0; i < 11; i++) application.send("not json");
        expect(await application.closed).toEqual({ code: 4429, reason: "Rate limit exceeded" });
        expect(application.frames).toHaveLength(10);
      });
    });

    describe("answers", () => {
      it("WS-13 gives every valid message typing, then partial texts, then one terminal frame", async () => {
        const application = await dial();
        const messageId = newId();
        application.send({ type: "chat.send", messageId, content: "hello there" });
        const terminal = await application.answer(messageId, answerMs);
        expect(terminal).toMatchObject({ type: "chat.response", done: true });
        expect(application.frames[0]?.type).toBe("chat.typing");
        expect(application.frames.filter(({ type }) => type === "chat.stream").length).toBeGreaterThan(0);
        expectDocumented(application.frames);
        expect(application.frames.at(-1)).toEqual(terminal);
        await application.close();
      });

      it("WS-14 answers a repeat with the same terminal frame", async () => {
        const application = await dial();
        const messageId = newId();
        application.send({ type: "chat.send", messageId, content: "once" });
        const first = await application.answer(messageId, answerMs);
        const before = application.frames.length;
        application.send({ type: "chat.send", messageId, content: "once" });
        await application.waitFor((frame) => frame.messageId === messageId && application.frames.indexOf(frame) >= before);
        expect(application.frames.slice(before)).toEqual([first]);
        await application.close();
      });

      it("answers any valid chat.send, whatever optional fields it has", async () => {
        // Attachments need files or the network, and have tests of their own.
        const without = { mediaPath: undefined, mediaPaths: undefined, mediaType: undefined, mediaTypes: undefined, media: undefined, senderId: undefined };
        const simple = arbitraries.ChatSend.map((frame) => ({ ...frame, ...without, content: `x${frame.content.slice(0, 1000)}` }));
        for (const frame of fc.sample(simple, 5)) {
          const application = await dial();
          const messageId = newId();
          application.send({ ...frame, chatType: "direct", messageId });
          const terminal = await application.answer(messageId, answerMs);
          expect(terminal.type, JSON.stringify({ frame, terminal })).toMatch(/chat\.(response|error)/);
          expectDocumented(application.frames);
          await application.close();
        }
      });

      it("answers every near-miss frame with one error, and serves on", async () => {
        // What is larger than a frame may be is another test's business.
        const near = fc.sample(nearMisses.ChatSend, 300).map(({ value }) => JSON.stringify(value)).filter((text) => Buffer.byteLength(text) <= subject.maxPayload);
        for (let start = 0; start < near.length; start += 10) {
          const application = await dial();
          const batch = near.slice(start, start + 10);
          for (const text of batch) application.send(text);
          await application.waitFor(() => application.frames.filter(({ type }) => type === "chat.error").length === batch.length);
          expectDocumented(application.frames);
          await application.close();
        }
      });
    });
  });
}
