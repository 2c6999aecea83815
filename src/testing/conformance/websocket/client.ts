import { type Check, expectThat, type Unchecked, Unseen } from "../check.ts";
import { defineSuite } from "../suite.ts";
import { ApplicationSubject } from "./played-server.ts";

/** ms in which an application that minds something would have gone. */
const patienceMs = 500;

const checks: readonly Check<ApplicationSubject>[] = [
  {
    rules: ["WS-1"],
    title: "dials the configured path",
    run: async (subject) => void (await subject.application()),
  },
  {
    rules: ["WS-2"],
    title: "gives senderId, senderName and token once, and none that is empty",
    async run(subject) {
      const { query } = (await subject.application()).request;
      const bad = ["senderId", "senderName", "token"].filter((name) => query.getAll(name).length > 1 || query.get(name) === "");
      expectThat(bad.length === 0, "each once", () => bad.join(", "));
    },
  },
  {
    rules: ["WS-3"],
    title: "offers a token as a subprotocol only beside openclaw.chat.v1",
    async run(subject) {
      const offered = ((await subject.application()).request.headers["sec-websocket-protocol"] ?? "").split(/,\s*/).filter((name) => name !== "");
      if (!offered.some((name) => name.startsWith("bearer."))) throw new Unseen("the application offers no token as a subprotocol");
      expectThat(offered.includes("openclaw.chat.v1"), "openclaw.chat.v1", () => `${offered.length} subprotocols without it`);
    },
  },
  {
    rules: ["WS-30"],
    title: "answers a ping",
    async run(subject) {
      const application = await subject.application();
      application.socket.ping();
      const pong = await subject.until(() => (application.pongs > 0 ? true : undefined));
      expectThat(pong !== undefined, "a pong", () => "nothing");
    },
  },
  {
    rules: ["WS-6"],
    title: "sends text frames only",
    async run(subject) {
      await subject.messages();
      expectThat(!subject.said.some(({ binary }) => binary), "text frames", () => "a binary frame");
    },
  },
  {
    rules: ["WS-8"],
    title: "gives as many mediaTypes as mediaPaths",
    async run(subject) {
      const withMedia = (await subject.messages()).map(({ fields }) => fields).filter((fields) => "mediaPaths" in fields && "mediaTypes" in fields);
      if (withMedia.length === 0) throw new Unseen("needs a message with mediaPaths and mediaTypes");
      const uneven = withMedia.find(({ mediaPaths, mediaTypes }) => Array.isArray(mediaPaths) && Array.isArray(mediaTypes) && mediaPaths.length !== mediaTypes.length);
      expectThat(uneven === undefined, "one type for each path", () => JSON.stringify(uneven));
    },
  },
  {
    rules: ["WS-9"],
    title: "keeps customData within 16,384 bytes",
    async run(subject) {
      const sizes = (await subject.messages()).flatMap(({ fields }) => ("customData" in fields ? [Buffer.byteLength(JSON.stringify(fields["customData"]))] : []));
      if (sizes.length === 0) throw new Unseen("needs a message with customData");
      expectThat(Math.max(...sizes) <= 16_384, "at most 16,384 bytes", () => `${Math.max(...sizes)} bytes`);
    },
  },
  {
    rules: ["WS-14"],
    title: "uses a messageId for one message only",
    async run(subject) {
      const messages = await subject.messages();
      const twice = messages.find(({ fields, text }, index) => fields["messageId"] !== undefined && messages.slice(0, index).some((other) => other.fields["messageId"] === fields["messageId"] && other.text !== text));
      expectThat(twice === undefined, "another messageId for another message", () => twice?.text ?? "");
    },
  },
  {
    rules: ["WS-28"],
    title: "sends no message of an extension that chat.welcome did not list",
    async run(subject) {
      await subject.messages();
      const undue = subject.said.find(({ fields }) => !["chat.send", "chat.hello", undefined].includes(fields["type"] as string | undefined));
      expectThat(undue === undefined, "chat.send and chat.hello", () => undue?.text ?? "");
    },
  },
  ...(
    [
      ["WS-10", "stays when a frame of its own was refused", { type: "chat.error", error: "Invalid message format. Expected: { type: 'chat.send', content: '...' }" }],
      ["WS-11", "stays when a frame has a field that it does not know", { type: "chat.typing", "x-of-later": { any: ["thing"] } }],
      ["WS-27", "takes an answer that it did not ask for", { type: "chat.response", messageId: "srv_conformance", content: "Good morning!", done: true }],
    ] as const
  ).map(
    ([rule, title, frame]): Check<ApplicationSubject> => ({
      rules: [rule],
      title,
      async run(subject) {
        const application = await subject.application();
        subject.send(application, frame);
        await subject.pause(patienceMs);
        expectThat(!application.closed, "an open connection", () => `close code ${application.closed?.code ?? ""}`);
      },
    }),
  ),
];

const checked = new Set(checks.flatMap(({ rules }) => rules));
const others = Array.from({ length: 38 }, (_, index) => `WS-${index + 1}`).filter((rule) => !checked.has(rule));
const unchecked: readonly Unchecked[] = [{ verdict: "not applicable", why: "binds the side that listens", rules: others }];

/** Any application of the websocket wire. */
export const websocketClient = defineSuite({ protocol: "websocket", side: "client", open: async (options) => await new ApplicationSubject(options).open(), checks, unchecked });
