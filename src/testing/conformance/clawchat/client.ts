import { type Check, expectThat, Unseen } from "../check.ts";
import { fieldsIn } from "../dialing.ts";
import { answersInOrder, answersOnce, comesBack, followsNoRedirect } from "../listening-checks.ts";
import { type FaultRules, listenFor } from "../listening-subject.ts";
import { defineSuite } from "../suite.ts";
import { hearing } from "./client-hearing.ts";
import { saying } from "./client-saying.ts";
import { ackedOn, dense, isAcknowledged, ofEvent, payloadOf, rested, type Tested } from "./client-stage.ts";
import { service } from "./client-service.ts";
import { clientUnchecked } from "./client-unchecked.ts";

export const clawchatFaults: FaultRules = [
  [/ came before hello-ok$|another nonce than the challenge|^connect came after hello-ok/, "CC-4"],
  [/ without reliable_delivery$|without the capability history_sync|, and 65536 is the limit$/, "CC-7"],
  [/, and \d+ is the limit$/, "CC-21"],
  [/ has the id .* which was another message$| of somebody else's message$/, "CC-29"],
  [/ has the id .* which was used before$/, "CC-31"],
  [/^a reply to the message /, "CC-32"],
  [/^context\.mentions /, "CC-38"],
  [/^message\.cursor_ack came on /, "CC-44"],
  [/^message\.cursor_ack has /, "CC-45"],
  [/^message\.sync_ack has the epoch /, "CC-46"],
  [/^message\.sync_ack acknowledges /, "CC-48"],
  [/ subscriptions$/, "CC-65"],
  [/without the capability delivery_receipt$/, "CC-66"],
  [/ as sequence, | as streaming\.sequence, |: the text before and delta| another text than the last message\.add$/, "CC-68"],
  [/, which began on another link$/, "CC-69"],
  [/ came after the stream | which no message\.created has begun$| in another chat than its message\.created$/, "CC-67"],
  [/ has a device_id of more than /, "CC-85"],
  [/^POST \/v1\/agents\/connect needs /, "CC-82"],
  [/^(GET|POST|PUT|PATCH|DELETE) /, "CC-89"],
];

const talk: readonly Check<Tested>[] = [
  {
    rules: ["CC-3"],
    title: "carries no credentials, query or subprotocol in its upgrade",
    async run(subject) {
      const { request } = await subject.link();
      const carried = ["authorization", "cookie", "sec-websocket-protocol"].filter((name) => name in request.headers);
      expectThat(request.query.size === 0 && carried.length === 0, "a bare upgrade", () => [...carried, ...request.query.keys()].join(", "));
    },
  },
  {
    rules: ["CC-4"],
    title: "says connect once, first, with the nonce of the challenge",
    async run(subject) {
      const { link } = await subject.dropped();
      const mine = subject.simulator.frames.filter((frame) => frame.link === link.number && frame.from === "plugin");
      expectThat(mine.filter(ofEvent("connect")).length === 1 && mine.findIndex(ofEvent("connect")) === 0, "one connect before everything else", () => mine.map(({ text }) => String(fieldsIn(text)?.["event"])).join(", "));
    },
  },
  {
    rules: ["CC-7"],
    title: "asks for the capabilities that the rule names",
    async run(subject) {
      await subject.link();
      const connect = subject.simulator.frames.findLast((frame) => frame.from === "plugin" && ofEvent("connect")(frame));
      const wanted = payloadOf(connect)["capabilities"] ?? {};
      const on = Object.entries(wanted).flatMap(([name, value]) => (value === true ? [name] : []));
      const missing = ["device_replay", "chat_meta_events", "notify_signals", "permission_events"].filter((name) => !on.includes(name));
      const undue = ["multi_device", "history_sync"].filter((name) => on.includes(name));
      expectThat(missing.length === 0 && undue.length === 0, "device_replay, chat_meta_events, notify_signals and permission_events, and neither multi_device nor history_sync", () => on.join(", "));
    },
  },
  answersOnce(["CC-29", "CC-32", "CC-38"]),
  {
    rules: ["CC-31"],
    title: "gives its answers ids of msg- and 26 letters, each once",
    async run(subject) {
      const reply = await subject.replied({ text: "hello" });
      const ids = reply.frames.map((frame) => String(payloadOf(frame)["message_id"]));
      const strange = ids.filter((id) => !/^msg-[0-9A-HJKMNP-TV-Z]{26}$/.test(id));
      expectThat(strange.length === 0, "msg- and 26 letters of Crockford's alphabet", () => strange.join(", "));
    },
  },
  {
    rules: ["CC-20"],
    title: "speaks in conversations that begin with cnv_",
    async run(subject) {
      const reply = await subject.replied({ text: "hello" });
      const chats = reply.frames.map(({ text }) => String(fieldsIn(text)?.["chat_id"]));
      expectThat(chats.every((chat) => chat.startsWith("cnv_")), "cnv_…", () => chats.join(", "));
    },
  },
  {
    rules: ["CC-42"],
    title: "says that it types, and takes it back at the end",
    async run(subject) {
      // Between two changes of typing there are 3 seconds.
      await subject.simulator.pause(3000);
      const before = subject.simulator.frames.length;
      await subject.replied({ text: "Tell me a long story of about three hundred words, please." });
      await subject.simulator.pause(500);
      const typing = subject.simulator.frames.slice(before).filter((frame) => frame.from === "plugin" && ofEvent("typing.update")(frame)).map((frame) => payloadOf(frame)["is_typing"]);
      if (typing.length === 0) throw new Unseen("the agent answered before it could type");
      expectThat(typing.at(-1) === false, "typing taken back", () => JSON.stringify(typing));
    },
  },
  {
    rules: ["CC-67", "CC-68"],
    title: "streams an answer from message.created to message.done, and says the whole of it after that",
    async run(subject) {
      const reply = await subject.replied({ text: "Tell me a story of about three hundred words, please." });
      await subject.simulator.pause(500);
      const events = reply.frames.map(({ text }) => String(fieldsIn(text)?.["event"]));
      if (!events.includes("message.created")) throw new Unseen("needs an account with streaming turned on, and an answer that takes a while");
      const end = events.findIndex((event) => event === "message.done" || event === "message.failed");
      expectThat(events[0] === "message.created" && end > 0 && events.includes("message.reply", end), "message.created, …, message.done, message.reply", () => events.join(", "));
    },
  },
  answersInOrder(["CC-22"]),
  {
    rules: ["CC-53"],
    title: "answers a message once, however often it comes",
    async run(subject) {
      const { simulator } = subject;
      await subject.replied({ text: "once" });
      await simulator.pause(500);
      const before = simulator.frames.length;
      simulator.redeliver(undefined);
      await simulator.pause(1500);
      const again = simulator.frames.slice(before).filter(({ from, text }) => from === "plugin" && /"event":"message\.(send|reply|created)"/.test(text));
      expectThat(again.length === 0, "no answer to the repeat", () => again.map(({ text }) => text).join(" "));
    },
  },
  {
    rules: ["CC-48"],
    title: "acknowledges what came, up to the last frame",
    async run(subject) {
      await subject.replied({ text: "hello" });
      const session = await dense(subject);
      expectThat(await isAcknowledged(subject, session), `message.sync_ack of ${session.dseq}`, () => `${ackedOn(subject, session)}`);
    },
  },
  {
    rules: ["CC-46"],
    title: "acknowledges by message.sync_ack alone where the second generation was granted",
    async run(subject) {
      const { frames } = subject.simulator;
      await subject.replied({ text: "hello" });
      const session = await dense(subject);
      if (!(await isAcknowledged(subject, session))) throw new Unseen("not everything was acknowledged by the second generation; see CC-48");
      const others = frames.filter((frame) => frame.link === session.link.number && frame.from === "plugin" && ofEvent("message.cursor_ack")(frame));
      expectThat(others.length === 0, "no message.cursor_ack", () => others[0]?.text ?? "");
    },
  },
  {
    rules: ["CC-47"],
    title: "gives up a connection that leaves a dseq out",
    async run(subject) {
      const before = await subject.link();
      if (subject.simulator.server.sessions.at(-1)?.mode !== "v2") throw new Unseen("the client did not ask for the second generation of reliable delivery");
      subject.simulator.control("gap");
      await subject.say({ text: "after a gap" });
      await subject.simulator.until(() => (before.open ? undefined : true), "the end", subject.timeoutMs).catch(() => undefined);
      expectThat(!before.open, "a new connection", () => "the old one");
      await subject.link(before);
    },
  },
  {
    rules: ["CC-57"],
    title: "does not answer what it has said itself",
    async run(subject) {
      const { simulator } = subject;
      await subject.replied({ text: "hello" });
      await simulator.pause(500);
      const before = simulator.frames.length;
      simulator.control("echo");
      await simulator.pause(1500);
      const answers = simulator.frames.slice(before).filter((frame) => frame.from === "plugin" && ofEvent("message.reply")(frame));
      expectThat(answers.length === 0, "no answer", () => answers.map(({ text }) => text).join(" "));
    },
  },
  {
    rules: ["CC-16"],
    title: "keeps the connection whatever a frame holds, and answers what comes after",
    async run(subject) {
      const link = await subject.link();
      // Text without a dseq is a break of another rule where dseq is granted.
      for (const kind of subject.simulator.server.sessions.at(-1)?.mode === "v2" ? [] : ["text", "json", "array", "null"]) subject.simulator.garbage(kind);
      for (const name of ["message.hologram {}", "message.send {}", "typing.update {\"is_typing\":7}"]) subject.simulator.control("event", name);
      await subject.replied({ text: "Are you still there?" });
      expectThat(link.open, "an open connection", () => `close code ${link.closed?.code ?? ""}`);
    },
  },
  {
    rules: ["CC-11"],
    title: "pings the WebSocket every 20 seconds",
    async run(subject) {
      const link = await subject.link();
      if (subject.timeoutMs < 25_000) throw new Unseen("takes 20 seconds: --timeout 30");
      const pinged = await subject.simulator.until(() => (link.pings > 0 ? true : undefined), "a ping", subject.timeoutMs).catch(() => false);
      expectThat(pinged, "a ping", () => "none");
    },
  },
  {
    rules: ["CC-8"],
    title: "refreshes once after the reason authentication failed, and comes back",
    async run(subject) {
      const { simulator } = subject;
      await subject.link();
      await rested(subject);
      const before = simulator.calls.length;
      simulator.control("hello-fail");
      await subject.dropped();
      const refreshes = simulator.calls.slice(before).filter(({ path }) => path.endsWith("/auth/refresh")).length;
      if (refreshes === 0) throw new Unseen("no refresh was seen: it may have been tried less than 30 seconds before");
      expectThat(refreshes === 1, "one refresh", () => `${refreshes}`);
    },
  },
  {
    rules: ["CC-9"],
    title: "comes back without a refresh after any other reason",
    async run(subject) {
      const { simulator } = subject;
      await subject.link();
      const before = simulator.calls.length;
      simulator.control("hello-fail", "auth service unavailable");
      await subject.dropped();
      const refreshes = simulator.calls.slice(before).filter(({ path }) => path.endsWith("/auth/refresh")).length;
      expectThat(refreshes === 0, "no refresh", () => `${refreshes}`);
    },
  },
  {
    rules: ["CC-13"],
    title: "waits 5 seconds after it was taken over, with the same token",
    async run(subject) {
      const { ms } = await subject.dropped(() => subject.simulator.control("takeover"));
      expectThat(ms >= 4500, "no new connection before 5 seconds", () => `one after ${ms} ms`);
    },
  },
  ...(["two-challenges", "stray-hello"] as const).map(
    (fault): Check<Tested> => ({
      rules: ["CC-5"],
      title: `gets through a handshake with a fault: ${fault}`,
      async run(subject) {
        subject.simulator.control("handshake", fault);
        const { link } = await subject.dropped();
        await subject.simulator.pause(500);
        expectThat(link.open, "an open connection", () => `close code ${link.closed?.code ?? ""}`);
      },
    }),
  ),
  ...([["v1", "CC-45", ["message.cursor_ack"]], ["legacy", "CC-44", []]] as const).map(
    ([mode, rule, acks]): Check<Tested> => ({
      rules: [rule],
      title: `acknowledges ${acks.length === 0 ? "nothing where nothing was granted" : "by message.cursor_ack where the first generation was granted"}`,
      async run(subject) {
        const { simulator } = subject;
        simulator.control("set", `reliable=${mode}`);
        const { link } = await subject.dropped();
        simulator.control("set", "reliable=v2");
        if (simulator.server.sessions.at(-1)?.mode !== mode) throw new Unseen("the client did not ask for reliable delivery");
        await subject.replied({ text: "hello" });
        await simulator.pause(1000);
        const events = simulator.frames.filter((frame) => frame.link === link.number && frame.from === "plugin").map(({ text }) => String(fieldsIn(text)?.["event"]));
        const seen = [...new Set(events.filter((event) => event.endsWith("_ack")))];
        expectThat(seen.join() === acks.join(), acks.join() || "no acknowledgement", () => seen.join(", ") || "none");
      },
    }),
  ),
  {
    rules: ["CC-65", "CC-66"],
    title: "follows nobody, and never sends device.cursor.reset",
    async run(subject) {
      await subject.replied({ text: "hello" });
      const events = subject.simulator.frames.filter(({ from }) => from === "plugin").map(({ text }) => String(fieldsIn(text)?.["event"]));
      const undue = events.filter((event) => /^(presence\.|device\.cursor\.reset)/.test(event));
      expectThat(undue.length === 0, "neither", () => undue.join(", "));
    },
  },
  {
    rules: ["CC-90"],
    title: "says no token anywhere but in connect and in its calls",
    async run(subject) {
      await subject.replied({ text: "hello" });
      const frames = subject.simulator.frames.filter((frame) => frame.from === "plugin" && !ofEvent("connect")(frame));
      const secrets = subject.secrets();
      if (frames.length === 0 || secrets.length === 0) throw new Unseen("no frame came after connect");
      const leak = frames.find(({ text }) => secrets.some((secret) => text.includes(secret)));
      expectThat(leak === undefined, "frames without a token", () => leak?.text ?? "");
    },
  },
  comesBack(["CC-12"], 4500),
  followsNoRedirect(["CC-3"]),
];

const checks = [...talk, ...hearing, ...saying, ...service];

/** Any client of ClawChat. */
export const clawchatClient = defineSuite<Tested>({ protocol: "clawchat", side: "client", open: async (options) => await listenFor("clawchat", options, clawchatFaults), checks, unchecked: clientUnchecked });
