import { describe, expect, it } from "vitest";
import type { Terminal } from "../../../../src/protocols/turn.ts";
import { type About, connect, deltas, digest, message } from "./gateway.ts";

const answer = (content: string, more: object = {}): Terminal => ({ type: "response", content, ...more });
const firstId = `resp_1000_${parseInt(digest("req_9"), 16).toString(36).padStart(10, "0")}`;

function reply(changes: Parameters<typeof connect>[0] = {}, of: About = message()) {
  const gateway = connect(changes);
  return {
    gateway,
    typing: () => gateway.says({ say: "typing", of }),
    stream: (content: string) => gateway.says({ say: "stream", of, content }),
    end: (terminal: Terminal, isRepeat = false) => gateway.says({ say: "terminal", of, terminal, isRepeat }),
  };
}

describe("a reply", () => {
  it("IC-20 IC-22 IC-24 is the documented sequence, in envelopes", () => {
    const { typing, stream, end } = reply();
    const frames = [...typing().frames, ...stream("Good ").frames, ...stream("Good evening").frames, ...end(answer("Good evening")).frames];
    const tail = firstId.slice(firstId.lastIndexOf("_") + 1);
    const about = (sequence: number) => ({ event_id: `evt_1000_${tail}${sequence}`, response_id: firstId, sequence_number: sequence, metadata: { request_message_id: "req_9" } });
    const itemId = firstId.replace("resp", "item");
    const place = { item_id: itemId, output_index: 0, content_index: 0 };
    const part = (text: string) => ({ type: "output_text", text, annotations: [] });
    const item = (status: string, text: string) => ({ id: itemId, type: "message", status, role: "assistant", content: [part(text)] });
    const events = [
      { type: "response.in_progress", ...about(0), status: "in_progress", response: { id: firstId, object: "response", status: "in_progress", output: [] } },
      { type: "response.output_item.added", ...about(1), output_index: 0, item: item("in_progress", "") },
      { type: "response.output_text.delta", ...about(2), ...place, delta: "Good " },
      { type: "response.output_text.delta", ...about(3), ...place, delta: "evening" },
      { type: "response.content_part.done", ...about(4), ...place, status: "completed", part: part("Good evening") },
      { type: "response.completed", ...about(5), status: "completed", response: { id: firstId, object: "response", status: "completed", output: [item("completed", "Good evening")] } },
    ];
    expect(frames).toEqual(events.map((data, sequence) => ({ type: "message", headers: { messageId: `msg_1000_${tail}${sequence}`, timestamp: 1000, inReplyTo: "m_9" }, data })));
  });

  it("IC-20 starts when the agent starts, and once", () => {
    const { typing, stream } = reply();
    expect(typing().types).toEqual(["in_progress"]);
    expect(typing().types).toEqual([]);
    expect(stream("x").types).toEqual(["output_item.added", "output_text.delta"]);
  });

  it("IC-20 says all there is at its end, when nothing was said before", () => {
    expect(reply().end(answer("x")).types).toEqual(["in_progress", "output_item.added", "output_text.delta", "content_part.done", "completed"]);
    expect(reply().end(answer("")).types).toEqual(["in_progress", "output_item.added", "content_part.done", "completed"]);
  });

  it("IC-20 has all events where full ones are wanted", () => {
    const { typing, stream, end } = reply({ events: "full" });
    expect([...typing().types, ...stream("x").types, ...end(answer("xy")).types]).toEqual([
      "created",
      "in_progress",
      "output_item.added",
      "content_part.added",
      "output_text.delta",
      "output_text.delta",
      "output_text.done",
      "content_part.done",
      "output_item.done",
      "completed",
    ]);
    const [, , added] = reply({ events: "full" }).end(answer("x")).events;
    expect(added).toMatchObject({ item: { content: [] } });
  });

  it.each([
    ["before any text", [], ["in_progress", "failed"]],
    ["after some text", ["x"], ["failed"]],
  ])("IC-20 may fail %s", (_, texts, types) => {
    const { stream, end } = reply();
    for (const text of texts) stream(text);
    expect(end({ type: "error", code: "agent_error", error: "x" }).types).toEqual(types);
  });

  it("IC-21 sends what is new at once, and nothing where nothing is", () => {
    const { stream } = reply();
    expect(deltas(stream("Good").events)).toBe("Good");
    expect(stream("Good").types).toEqual([]);
    expect(stream("Go").types).toEqual([]);
    expect(deltas(stream("Good evening").events)).toBe(" evening");
  });

  it("IC-21 leaves text that does not continue to the end, which wins", () => {
    const { stream, end } = reply();
    stream("Good");
    expect(stream("Well").types).toEqual([]);
    const { events } = end(answer("Well then"));
    expect(deltas(events)).toBe("");
    expect(events.map(({ type }) => type)).toEqual(["response.content_part.done", "response.completed"]);
    expect(events[0]).toMatchObject({ part: { text: "Well then" } });
    expect(events[1]).toMatchObject({ response: { output: [{ content: [{ text: "Well then" }] }] } });
  });

  it("IC-21 cuts long text into deltas of 50 code points", () => {
    const text = "😀é".repeat(60);
    const { events } = reply().stream(text);
    const pieces = events.flatMap((event) => ("delta" in event ? [event.delta as string] : []));
    expect(pieces.map((piece) => Array.from(piece).length)).toEqual([50, 50, 20]);
    expect(pieces.join("")).toBe(text);
  });

  it("IC-21 keeps half a character until its other half is there, and makes good text of bad", () => {
    const { stream, end } = reply();
    expect(deltas(stream("a\uD83D").events)).toBe("a");
    expect(deltas(stream("a\uD83D\uDE00").events)).toBe("😀");
    expect(deltas(end(answer("a\uD83D\uDE00\uD83D")).events)).toBe("\uFFFD");
  });

  it("IC-21 says deltas as objects where these are wanted", () => {
    expect(reply({ deltaShape: "object" }).stream("x").events.at(-1)).toMatchObject({ delta: { text: "x" } });
  });

  it("IC-21 puts links behind the text", () => {
    const { stream, end } = reply();
    stream("Look");
    expect(deltas(end(answer("Look", { mediaUrls: ["https://a.example/b.png"] })).events)).toBe("\n\nhttps://a.example/b.png");
    expect(deltas(reply().end(answer("", { mediaUrls: ["https://a.example/b.png"] })).events)).toBe("https://a.example/b.png");
  });

  it("IC-13 shows no thoughts", () => {
    expect(connect().says({ say: "thought", of: message(), content: "hm" }).effects).toEqual([]);
  });

  it("IC-24 says what the server has told of the message", () => {
    const origin = { framing: "envelope", requestId: "r", sessionId: "s", groupId: "g", threadId: "t" } as const;
    const { frames } = reply({}, message({ origin })).typing();
    expect(frames[0]).toMatchObject({ headers: { messageId: expect.any(String) as string }, data: { metadata: { request_message_id: "r", session_id: "s", group_id: "g", thread_id: "t" } } });
    expect(JSON.stringify(frames)).not.toContain("inReplyTo");
    expect(reply({}, message({ origin: { framing: "envelope" } })).typing().events[0]?.metadata).toEqual({});
  });

  it("IC-19 goes out as the profile says, and bare to who came bare", () => {
    const topic = reply({ framing: "topic" }).typing().frames[0];
    expect(topic).toMatchObject({ type: "MESSAGE", headers: { topic: "/v1.0/im/bot/messages", inReplyTo: "m_9" }, data: { type: "response.in_progress" } });
    expect(topic).not.toHaveProperty("headers.timestamp");
    expect(reply({ framing: "bare" }).typing().frames[0]).toMatchObject({ type: "response.in_progress" });
    expect(reply({}, message({ origin: { framing: "bare" } })).typing().frames[0]).toMatchObject({ type: "response.in_progress", response_id: firstId });
  });

  it("IC-32 is one object where no stream is wanted", () => {
    const { typing, stream, end } = reply({}, message({ origin: { framing: "bare", whole: true, requestId: "r" } }));
    expect([...typing().effects, ...stream("x").effects]).toEqual([]);
    const itemId = firstId.replace("resp", "item");
    expect(end(answer("xy")).frames).toEqual([
      {
        id: firstId,
        object: "response",
        status: "completed",
        output: [{ id: itemId, type: "message", status: "completed", role: "assistant", content: [{ type: "output_text", text: "xy", annotations: [] }] }],
        output_text: "xy",
        metadata: { request_message_id: "r" },
      },
    ]);
    const failing = reply({}, message({ origin: { framing: "bare", whole: true } }));
    expect(failing.end({ type: "error", code: "timeout", error: "x" }).frames).toMatchObject([{ status: "failed", output: [], error: { code: "TIMEOUT" } }]);
  });
});

describe("a reply that is said again", () => {
  it("IC-23 after the link was lost in the middle of it is a new one that names the first", () => {
    const { gateway, typing, stream, end } = reply();
    typing();
    stream("Good");
    gateway.reconnect();
    gateway.wait(10);
    const { events } = end(answer("Good evening"));
    expect(events.map(({ type }) => type.replace("response.", ""))).toEqual(["in_progress", "output_item.added", "output_text.delta", "content_part.done", "completed"]);
    const id = events[0]?.response_id;
    expect(id).toMatch(/^resp_1010_[0-9a-z]{10}$/);
    expect(events.map((event) => [event.response_id, event.sequence_number, event.metadata.retry_of])).toEqual([0, 1, 2, 3, 4].map((sequence) => [id, sequence, firstId]));
    expect(deltas(events)).toBe("Good evening");
  });

  it("IC-23 goes on streaming after the link is back", () => {
    const { gateway, stream } = reply();
    stream("Good");
    gateway.reconnect();
    const { events } = stream("Good evening");
    expect([events[0]?.metadata.retry_of, deltas(events)]).toEqual([firstId, "Good evening"]);
    expect(deltas(stream("Good evening!").events)).toBe("!");
  });

  it("IC-23 after it may have arrived is a new one, as often as it is said", () => {
    const { gateway, end } = reply();
    expect(end(answer("x")).events[0]?.response_id).toBe(firstId);
    gateway.reconnect();
    const ids = [end(answer("x"), true), end(answer("x"), true)].map(({ events }) => events[0]);
    expect(ids.map((event) => event?.metadata.retry_of)).toEqual([firstId, firstId]);
    expect(new Set([firstId, ...ids.map((event) => event?.response_id)]).size).toBe(3);
  });

  it("IC-23 of a process that is gone is a new one, whether the reply was on its way or not", () => {
    const of = message({ origin: { framing: "envelope", process: "another" } });
    const late = connect({}, 5000);
    expect(late.says({ say: "terminal", of, terminal: answer("x"), isRepeat: true }).events[0]?.metadata.retry_of).toBe(firstId);
    const running = connect({}, 5000);
    expect(running.says({ say: "typing", of }).events[0]?.metadata.retry_of).toBe(firstId);
    expect(running.says({ say: "terminal", of, terminal: answer("x"), isRepeat: false }).events.every(({ metadata }) => metadata.retry_of === firstId)).toBe(true);
    const own = running.says({ say: "typing", of: message({ messageId: "other", receivedAt: 5000 }) }).events[0];
    expect(own?.metadata).not.toHaveProperty("retry_of");
  });

  it("IC-23 of a process that is gone is a new one, whatever the clock was set to in between", () => {
    const of = message({ origin: { framing: "envelope", process: "another" }, receivedAt: 60_000 });
    for (const at of [100, 60_000, 90_000]) {
      const setBack = connect({}, 100);
      setBack.wait(at - 100);
      expect(setBack.says({ say: "terminal", of, terminal: answer("x"), isRepeat: false }).events[0]?.metadata.retry_of).toMatch(/^resp_60000_/);
    }
  });

  it("IC-23 is a new one however long ago it was begun", () => {
    const { gateway, stream, end } = reply();
    stream("Good");
    gateway.reconnect();
    gateway.wait(86_400_000);
    expect(end(answer("Good evening")).events[0]?.metadata.retry_of).toBe(firstId);
  });

  it("IC-23 is a new one on the same connection, too", () => {
    const { stream, end } = reply();
    stream("x");
    end(answer("x"));
    const [event] = end(answer("x"), true).events;
    expect(event).toMatchObject({ type: "response.in_progress", sequence_number: 0, metadata: { retry_of: firstId } });
  });

  it("IC-23 names the first one even when much was said since", () => {
    const { gateway, end } = reply();
    end(answer("x"));
    for (let at = 0; at < 1024; at += 1) gateway.says({ say: "typing", of: message({ messageId: `x${at}` }) });
    expect(end(answer("x"), true).events[0]?.metadata.retry_of).toBe(firstId);
  });

  it("IC-23 is none where nothing was begun before the link was lost", () => {
    const { gateway, typing } = reply();
    gateway.wait(5000);
    gateway.reconnect();
    expect(typing().events[0]).toMatchObject({ response_id: firstId });
  });

  it("IC-23 names the first response in the same way every time", () => {
    expect([reply().typing(), reply().typing()].map(({ events }) => events[0]?.response_id)).toEqual([firstId, firstId]);
  });
});

describe("a message that is not run", () => {
  const refused = (code: "agent_error" | "forbidden" | "media_rejected" | "not_stored" | "queue_full" | "rate_limited" | "shutting_down", error = "secret /etc/passwd") =>
    connect().says({ say: "refused", of: message(), refusal: { code, error } });

  it.each([
    ["queue_full", "RATE_LIMIT", "Maximum concurrent requests exceeded"],
    ["media_rejected", "INVALID_REQUEST", "An attachment was rejected."],
    ["shutting_down", "SDK_ERROR", "The gateway is restarting. Try again later."],
    ["not_stored", "SDK_ERROR", "The message could not be stored. Try again later."],
    ["agent_error", "SDK_ERROR", "The agent could not produce a reply."],
  ] as const)("IC-26 is answered: %s", (code, wire, text) => {
    const { events, types } = refused(code);
    expect(types).toEqual(["in_progress", "failed"]);
    const error = { code: wire, message: text };
    expect(events[1]).toMatchObject({ status: "failed", error, response: { status: "failed", output: [], error } });
  });

  it("IC-26 is told when to try again", () => {
    expect(refused("rate_limited", "Too many messages. Try again in 3 s").events[1]).toMatchObject({ error: { code: "RATE_LIMIT", message: "Too many messages. Try again in 3 s" } });
  });

  it("IC-26 hears nothing when its sender is not let in", () => {
    expect(refused("forbidden").effects).toEqual([]);
  });

  it("IC-26 is told how to be let in", () => {
    const { types, events } = connect().says({ say: "pairing", of: message(), text: "Code: K7QPM2XD" });
    expect(types).toEqual(["in_progress", "output_item.added", "output_text.delta", "content_part.done", "completed"]);
    expect(events.map(({ metadata }) => metadata.kind)).toEqual(Array(5).fill("pairing"));
    expect(deltas(events)).toBe("Code: K7QPM2XD");
  });

  it.each([
    ["agent_error", "SDK_ERROR", "The agent could not produce a reply."],
    ["cancelled", "SDK_ERROR", "The request was cancelled."],
    ["timeout", "TIMEOUT", "Request timed out after 60000ms"],
  ] as const)("IC-27 says nothing from inside: %s", (code, wire, text) => {
    const error = "Failed to process message: Error at /srv/agent.ts:1 with s3cret";
    expect(reply().end({ type: "error", code, error }).events.at(-1)).toMatchObject({ error: { code: wire, message: text } });
  });

  it("IC-29 that was seen before is not run, and not answered twice", () => {
    expect(connect().says({ say: "repeated", of: message() }).notes).toEqual(["debug repeated-message"]);
  });
});

describe("what nobody asked for", () => {
  it("IC-25 goes to whoever wrote last, in the session of then", () => {
    const to = message({ origin: { framing: "envelope", envelopeId: "m_9", requestId: "req_9", sessionId: "s", groupId: "g" } });
    const { frames, events } = connect().says({ say: "announce", messageId: "a_1", to, text: "Time to read", mediaUrls: ["https://a.example/b.png"] });
    expect(events.map(({ type }) => type)).toHaveLength(5);
    expect(events[0]?.metadata).toEqual({ recipient_id: "u_9", session_id: "s", group_id: "g" });
    expect(deltas(events)).toBe("Time to read\n\nhttps://a.example/b.png");
    expect(JSON.stringify(frames)).not.toContain("inReplyTo");
  });

  it("IC-25 names a thread where there is one, and never a session as one", () => {
    const gateway = connect();
    gateway.frame(JSON.stringify({ type: "instaclaw:hello", sequence_number: 0, extensions: ["threads"] }));
    const to = message({ origin: { framing: "envelope", sessionId: "s" } });
    const threadOf = (threadId: string) => gateway.says({ say: "announce", messageId: `a_${threadId}`, to, text: "x", mediaUrls: [], threadId }).events[0]?.metadata;
    expect([threadOf("t"), threadOf("s")]).toEqual([{ recipient_id: "u_9", session_id: "s", thread_id: "t" }, { recipient_id: "u_9", session_id: "s" }]);
  });

  it("IC-25 comes without an envelope to who writes without one", () => {
    const { frames } = connect().says({ say: "announce", messageId: "a_1", to: message({ origin: { framing: "bare" } }), text: "x", mediaUrls: [] });
    expect(frames[0]).toMatchObject({ type: "response.in_progress" });
  });
});

describe("the echo of our own events", () => {
  it("IC-8 is dropped, on the next connection too", () => {
    const gateway = connect();
    const texts = gateway.says({ say: "terminal", of: message(), terminal: answer("x"), isRepeat: false }).effects.flatMap((effect) => (effect.do === "send" ? [effect.text] : []));
    gateway.reconnect();
    for (const text of texts) {
      const heard = gateway.frame(text);
      expect([heard.notes, heard.isNothing]).toEqual([["debug own-event"], true]);
    }
  });

  it("IC-8 is known by the response it tells of, without an envelope and after a failure", () => {
    const gateway = connect();
    const [started, failed] = gateway.says({ say: "refused", of: message(), refusal: { code: "queue_full", error: "" } }).events;
    expect(gateway.frame({ type: "response.failed", response: { id: failed?.response_id } }).notes).toEqual(["debug own-event"]);
    expect(gateway.frame({ ...started, event_id: undefined }).notes).toEqual(["debug own-event"]);
  });

  it("IC-8 IC-28 is dropped when a former process began it, and acknowledged", () => {
    const late = connect({ ack: "intclaw" }, 5000);
    late.says({ say: "typing", of: message() });
    const heard = late.data({ type: "response.created", response_id: firstId }, "m_9");
    expect([heard.notes, heard.frames]).toEqual([["debug own-event"], [{ headers: { messageId: "m_9" }, data: { success: true } }]]);
  });

  it("IC-8 is forgotten after ten minutes, or 1024 responses", () => {
    const gateway = connect();
    const [first] = gateway.says({ say: "typing", of: message() }).events;
    gateway.wait(599_999);
    expect(gateway.frame(first).notes).toEqual(["debug own-event"]);
    gateway.wait(1);
    expect(gateway.frame(first).notes).not.toContain("debug own-event");
    const busy = connect();
    const [oldest] = busy.says({ say: "typing", of: message() }).events;
    for (let at = 0; at < 1024; at += 1) busy.says({ say: "typing", of: message({ messageId: `x${at}` }) });
    expect(busy.frame(oldest).notes).not.toContain("debug own-event");
  });
});

describe("an acknowledgement", () => {
  const acks = {
    intclaw: { headers: { messageId: "m_9" }, data: { success: true } },
    dingtalk: { code: 200, headers: { contentType: "application/json", messageId: "m_9" }, message: "OK", data: '{"response":{"success":true}}' },
  };

  it.each(["intclaw", "dingtalk"] as const)("IC-28 leaves when a message is on disk, in the form %s", (ack) => {
    const gateway = connect({ ack });
    const heard = gateway.data({ content: "hi" }, "m_9");
    expect(heard.frames).toEqual([]);
    expect(gateway.admitted(heard.delivered[0] ?? message()).frames).toEqual([acks[ack]]);
  });

  it("IC-28 leaves for refused, waiting and repeated messages, too", () => {
    const of = message();
    const first = (command: Parameters<ReturnType<typeof connect>["says"]>[0]) => connect({ ack: "intclaw" }).says(command).frames[0];
    expect(first({ say: "refused", of, refusal: { code: "forbidden", error: "" } })).toEqual(acks.intclaw);
    expect(first({ say: "pairing", of, text: "x" })).toEqual(acks.intclaw);
    expect(first({ say: "repeated", of })).toEqual(acks.intclaw);
    expect(connect({ ack: "intclaw" }).data({ content: " " }, "m_9").frames[0]).toEqual(acks.intclaw);
  });

  it("IC-28 leaves at once for all other events", () => {
    const gateway = connect({ ack: "intclaw" });
    expect(gateway.data({ type: "response.in_progress", response_id: "r" }, "m_9").frames).toEqual([acks.intclaw]);
    expect(gateway.data({ type: "response.sparkle" }, "m_9").frames).toEqual([acks.intclaw]);
    const last = gateway.data({ type: "response.completed", response_id: "r", response: { output_text: "hi" } }, "m_9");
    expect(last.frames).toEqual([]);
    expect(gateway.admitted(last.delivered[0] ?? message()).frames).toEqual([acks.intclaw]);
  });

  it.each([
    ["nothing, where it is off", "off", { type: "message", headers: { messageId: "m_9" }, data: '{"type":"response.created","response_id":"r"}' }],
    ["what has no id", "intclaw", { type: "message", headers: {}, data: '{"type":"response.created","response_id":"r"}' }],
    ["what is broken", "intclaw", { type: "message", headers: { messageId: "m_9" }, data: '{"type":"response.created","response_id":5}' }],
    ["a system frame", "intclaw", { type: "SYSTEM", headers: { messageId: "m_9", topic: "CONNECTED" } }],
    ["a pong", "intclaw", { type: "pong", headers: { messageId: "m_9" } }],
  ] as const)("IC-28 is not made for %s", (_, ack, frame) => {
    expect(connect({ ack }).frame(frame).frames).toEqual([]);
  });
});
