import { type Check, expectThat, Unseen } from "../check.ts";
import { expectError } from "./server-frames.ts";
import { isTerminal, show, type WebsocketServerSubject } from "./subject.ts";

const documented = ["chat.typing", "chat.stream", "chat.response", "chat.error", "chat.pairing"];
/** Fields of the documented types that are there after `chat.hello` only. */
const later = ["delta", "seq", "code", "groupId", "threadId", "mediaUrls", "replyToMessageId"];

export const extensions: readonly Check<WebsocketServerSubject>[] = [
  {
    rules: ["WS-28"],
    title: "sends documented types without extension fields before chat.hello",
    async run(subject) {
      const application = await subject.enter();
      await subject.answered(application, subject.newId(), { content: "hello" });
      const early = application.received.flatMap(({ fields = {} }) => [...(documented.includes(String(fields["type"])) ? [] : [String(fields["type"])]), ...later.filter((field) => field in fields)]);
      const typing = application.received.find(({ fields }) => fields?.["type"] === "chat.typing" && "messageId" in fields);
      expectThat(early.length === 0 && !typing, "documented types and fields", () => (typing ? show(typing.fields) : early.join(", ")));
    },
  },
  {
    rules: ["WS-28"],
    title: "takes a message of an extension for an unknown type before chat.hello",
    async run(subject) {
      const application = await subject.enter();
      expectError(await subject.error(application, { type: "chat.cancel", messageId: subject.newId() }), /^Invalid message format/);
    },
  },
  {
    rules: ["WS-28"],
    title: "answers a message of an extension that it does not list with unsupported",
    async run(subject) {
      const application = await subject.enter();
      const on = await subject.hello(application, []);
      if (on.includes("cancel")) throw new Unseen("the server turned on what was not asked for");
      const error = await subject.error(application, { type: "chat.cancel", messageId: subject.newId() });
      expectThat(error?.["code"] === "unsupported", "chat.error with the code unsupported", () => show(error));
    },
  },
  {
    rules: ["WS-16"],
    title: "counts partial texts from 0 after chat.hello, and its deltas add up",
    async run(subject) {
      const application = await subject.enter();
      await subject.hello(application, []);
      const messageId = subject.newId();
      await subject.response(application, messageId, { content: "Tell me a story of about three hundred words, please." });
      const streams = subject.framesOf(application, messageId).filter(({ fields }) => fields["type"] === "chat.stream").map(({ fields }) => fields);
      if (streams.length === 0) throw new Unseen("needs an answer with a partial text; the server sent none");
      const numbers = streams.map(({ seq }) => seq);
      expectThat(numbers.every((seq, index) => seq === index), "seq 0, 1, 2…", () => JSON.stringify(numbers));
      for (const [index, { delta, content }] of streams.entries()) {
        const before = index === 0 ? "" : String(streams[index - 1]?.["content"]);
        expectThat(delta === undefined || (typeof delta === "string" && content === before + delta), "content that is the content before and delta", () => show(streams[index]));
      }
    },
  },
  {
    rules: ["WS-29"],
    title: "ends a message that its sender cancels with one terminal frame",
    async run(subject) {
      const application = await subject.enter();
      if (!(await subject.hello(application, ["cancel"])).includes("cancel")) throw new Unseen("the server does not have the extension cancel");
      const messageId = subject.newId();
      application.send({ type: "chat.send", messageId, content: "Tell me a story of about three hundred words, please." });
      application.send({ type: "chat.cancel", messageId });
      const terminal = await subject.terminal(application, messageId);
      if (!terminal) throw new Unseen(`a message was not answered within ${subject.timeoutMs} ms; see WS-13`);
      const isEnd = terminal["type"] === "chat.response" || terminal["code"] === "cancelled";
      expectThat(isEnd, "chat.response with the text so far, or chat.error cancelled", () => show(terminal));
    },
  },
  {
    rules: ["WS-35"],
    title: "answers a reaction with nothing, or with an error that has no messageId",
    async run(subject) {
      const application = await subject.enter();
      if (!(await subject.hello(application, ["reactions"])).includes("reactions")) throw new Unseen("the server does not have the extension reactions");
      const messageId = subject.newId();
      await subject.response(application, messageId, { content: "hello" });
      const before = application.received.length;
      application.send({ type: "chat.react", messageId, emoji: "👍", op: "add" });
      await application.pause(500);
      const ends = application.received.slice(before).filter(({ fields }) => fields && isTerminal(fields) && "messageId" in fields);
      expectThat(ends.length === 0, "no answer to a reaction", () => ends.map(({ text }) => text).join(" "));
    },
  },
  {
    rules: ["WS-36"],
    title: "confirms an edit of the sender's own message",
    async run(subject) {
      const application = await subject.enter();
      if (!(await subject.hello(application, ["edit"])).includes("edit")) throw new Unseen("the server does not have the extension edit");
      const messageId = subject.newId();
      await subject.response(application, messageId, { content: "tea" });
      application.send({ type: "chat.edit", messageId, content: "coffee" });
      const answer = await application.until(() => application.received.find(({ fields }) => fields?.["type"] === "chat.edited")?.fields, subject.timeoutMs);
      expectThat(answer !== undefined, "chat.edited", () => show(application.received.at(-1)?.fields));
    },
  },
];
