import fc from "fast-check";
import { nearMisses } from "../../../../generated/websocket/arbitraries.ts";
import { type Check, expectThat } from "../check.ts";
import { describeEnd, expectClose } from "./server-doors.ts";
import { type Frame, show, type WebsocketServerSubject } from "./subject.ts";

const format = "Invalid message format. Expected: { type: 'chat.send', content: '...' }";

/** Frames that are no good, what the error is, and whose rule it is. */
const refusals: readonly (readonly [rule: string, frame: string, error: string | RegExp])[] = [
  ["WS-7", "not json", "Failed to parse message"],
  ["WS-7", "null", format],
  ["WS-7", "[]", format],
  ["WS-7", '"x"', format],
  ["WS-7", '{"type":"chat.send"}', format],
  ["WS-7", '{"type":"chat.send","content":""}', format],
  ["WS-7", '{"type":"chat.send","content":"  "}', format],
  ["WS-7", '{"type":"chat.send","content":5}', format],
  ["WS-7", '{"type":"chat.message","content":"hi"}', format],
  ["WS-7", '{"content":"hi"}', format],
  ["WS-7", '{"type":"chat.send","content":"x","chatType":"group"}', /groupId/],
  ["WS-7", '{"type":"chat.send","content":"x","chatType":"room"}', /chatType/],
  ["WS-7", '{"type":"chat.send","content":"x","messageId":""}', /messageId/],
  ["WS-8", '{"type":"chat.send","content":"x","mediaPaths":["/a","/b"],"mediaTypes":["image/png"]}', /mediaTypes/],
  ["WS-8", '{"type":"chat.send","content":"x","media":[{}]}', /media/],
  ["WS-9", '{"type":"chat.send","content":"x","customData":"vip"}', /customData/],
  ["WS-9", JSON.stringify({ type: "chat.send", content: "x", customData: { note: "x".repeat(16_385) } }), /customData/],
  ["WS-9", '{"type":"chat.send","content":"x","customData":{"1":{"2":{"3":{"4":{"5":{"6":{"7":{"8":{"9":1}}}}}}}}}}', /customData/],
];

/** Rejected frames in a row that a connection survives (WS-10). */
const patience = 10;

export const framing: readonly Check<WebsocketServerSubject>[] = [
  ...refusals.map(
    ([rule, text, error]): Check<WebsocketServerSubject> => ({
      rules: [rule],
      title: `answers ${text.length > 100 ? `${text.slice(0, 60)}…` : text} as documented and stays open`,
      async run(subject) {
        const application = await subject.enter();
        expectError(await subject.error(application, text), error);
        expectError(await subject.error(application, "still there?"), "Failed to parse message");
      },
    }),
  ),
  {
    rules: ["WS-10"],
    title: "closes after more than ten bad frames in a row, and not before",
    async run(subject) {
      const application = await subject.enter();
      for (let count = 0; count < patience; count++) application.send("not json");
      await application.until(() => (application.received.length >= patience ? true : undefined), subject.timeoutMs);
      expectThat(!application.closed && application.received.length === patience, `${patience} errors and an open connection`, () => `${application.received.length} errors and ${describeEnd(application)}`);
      application.send("not json");
      await expectClose(subject, application, { code: 4429, reason: "Rate limit exceeded" });
    },
  },
  {
    rules: ["WS-7"],
    title: "answers near-misses, each with one constraint broken, with one error each, and serves on",
    async run(subject) {
      const { maxPayload, runs: numRuns, seed } = subject.options;
      // What is larger than a frame may be is another check's business.
      const near = fc.sample(nearMisses.ChatSend, { numRuns, seed }).filter(({ value }) => Buffer.byteLength(JSON.stringify(value)) <= maxPayload);
      for (let start = 0; start < near.length; start += patience) {
        const application = await subject.enter();
        const batch = near.slice(start, start + patience);
        for (const { value } of batch) application.send(JSON.stringify(value));
        await application.until(() => (application.received.length >= batch.length ? true : undefined), subject.timeoutMs);
        const errors = application.received.filter(({ fields }) => fields?.["type"] === "chat.error").length;
        expectThat(errors === batch.length && application.received.length === errors, `${batch.length} errors for ${batch.map(({ change }) => change).join("; ")}`, () => `${errors} errors in ${application.received.length} frames`);
        await application.close();
      }
    },
  },
];

export function expectError(frame: Frame | undefined, error: string | RegExp): void {
  const text = String(frame?.["error"]);
  const isIt = typeof error === "string" ? text === error : error.test(text);
  expectThat(frame !== undefined && isIt, `chat.error ${typeof error === "string" ? `"${error}"` : `that names ${error.source}`}`, () => show(frame));
}
