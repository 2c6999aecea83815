import { afterEach, describe, expect, it } from "vitest";
import { decodeGatewayReceived, type SentEvent, validateConfig } from "../../../generated/insta-claw/index.ts";
import { startSimulator, type Simulator } from "../../../src/testing/simulator/simulator.ts";
import { asOffice, dialRaw, heard, type RawPlugin } from "../../support/raw-plugin.ts";

const running: Simulator[] = [];

async function connect(options: Parameters<typeof startSimulator>[1] = {}): Promise<{ sim: Simulator; plugin: RawPlugin }> {
  const sim = await startSimulator("insta-claw", options);
  running.push(sim);
  const plugin = await dialRaw(sim.url, asOffice["insta-claw"]);
  await sim.link();
  return { sim, plugin };
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((simulator) => simulator.stop()));
});

let frames = 0;

/** One event in an envelope, as the plugin sends it. */
const wrap = (event: object, inReplyTo?: string) => ({
  type: "message",
  headers: { messageId: `msg_${frames++}`, timestamp: 1, ...(inReplyTo !== undefined && { inReplyTo }) },
  data: JSON.stringify(event),
});

type Event = Readonly<Record<string, unknown>>;

/** The events of a reply to m-1, in order; each may be changed before it is sent. */
function eventsOf(text: string, { id = "resp_1", more = {}, deltas = [text] }: { id?: string; more?: Event; deltas?: readonly string[] } = {}) {
  let count = 0;
  const metadata = { request_message_id: "m-1", session_id: "s-1", ...more };
  const common = () => ({ event_id: `evt_${id}_${count}`, response_id: id, sequence_number: count++, metadata });
  const at = { item_id: "item_1", output_index: 0, content_index: 0 };
  const part = (said: string) => ({ type: "output_text", text: said, annotations: [] });
  const item = (status: string, said: string) => ({ id: "item_1", type: "message", status, role: "assistant", content: [part(said)] });
  const response = (status: string, output: unknown[]) => ({ id, object: "response", status, output });
  const started: Event = { type: "response.in_progress", ...common(), status: "in_progress", response: response("in_progress", []) };
  const added: Event = { type: "response.output_item.added", ...common(), output_index: 0, item: item("in_progress", "") };
  const said: Event[] = deltas.map((delta) => ({ type: "response.output_text.delta", ...common(), ...at, delta }));
  const ended: Event = { type: "response.content_part.done", ...common(), ...at, status: "completed", part: part(text) };
  const completed: Event = { type: "response.completed", ...common(), status: "completed", response: response("completed", [item("completed", text)]) };
  const error = { code: "SDK_ERROR", message: "The agent could not produce a reply." };
  const failed = (sequence_number: number): Event => ({ type: "response.failed", event_id: `evt_${id}_f`, response_id: id, sequence_number, metadata, status: "failed", error, response: { ...response("failed", []), error } });
  return { started, added, said, ended, completed, failed, all: [started, added, ...said, ended, completed] };
}

/** What the simulator holds against these events, when they answer one message. */
async function faultsOf(events: readonly Event[]): Promise<string[]> {
  const { sim, plugin } = await connect();
  sim.say({ text: "hello", messageId: "m-1", session: "s-1" });
  plugin.send(...events.map((event) => wrap(event)));
  await heard(sim, events.length);
  return sim.violations.map(({ text }) => text);
}

describe("links of the InstaClaw gateway", () => {
  it.each([
    [{}, 401],
    [{ "x-app-key": "office" }, 401],
    [{ "x-app-secret": "s3cret" }, 401],
    [{ "x-app-key": "office", "x-app-secret": "wrong" }, 401],
    [{ "x-app-key": "lab", "x-app-secret": "s3cret" }, 403],
  ])("are refused with %j by %i", async (headers, status) => {
    const { sim } = await connect({ accounts: { office: "s3cret" } });
    await expect(dialRaw(sim.url, { headers })).rejects.toThrow(`${status}`);
    expect(sim.refusals[0]?.why).not.toContain("s3cret");
  });

  it.each([{ "x-app-key": "office" }, { "x-app-secret": "s3cret" }, { "x-app-key": "office", "x-app-secret": "two words" }])("are refused with %j even where everybody may come", async (headers) => {
    const { sim } = await connect();
    await expect(dialRaw(sim.url, { headers })).rejects.toThrow("401");
  });

  it("are named by the key", async () => {
    const { sim } = await connect({ accounts: { office: "s3cret" } });
    expect(sim.links.map(({ account }) => account)).toEqual(["office"]);
  });
});

describe("replies of the InstaClaw connector", () => {
  it("grow with the deltas and end with the whole text", async () => {
    const { sim, plugin } = await connect();
    const id = sim.say({ text: "hello", messageId: "m-1" });
    const { all } = eventsOf("Good evening", { deltas: ["Good ", "evening"] });
    plugin.send(...all.slice(0, 3).map((event) => wrap(event)));
    await heard(sim, 3);
    expect(sim.replies).toEqual([expect.objectContaining({ messageId: id, text: "Good " })]);
    plugin.send(...all.slice(3).map((event) => wrap(event)));
    expect(await sim.reply(id)).toMatchObject({ text: "Good evening", end: { how: "completed" }, attempts: 1 });
    expect(sim.violations).toEqual([]);
    expect(sim.frames.at(-1)?.check).toEqual({ ok: true, name: "response.completed" });
  });

  it("may have all events of Open Responses, bare, with deltas that are objects", async () => {
    const { sim, plugin } = await connect();
    sim.say({ text: "hello", messageId: "m-1", shape: "g4" });
    const { started, added, ended, completed } = eventsOf("Hi");
    const at = { item_id: "item_1", output_index: 0, content_index: 0 };
    const part = { type: "output_text", text: "", annotations: [] };
    const events: Event[] = [
      { ...started, type: "response.created" },
      started,
      added,
      { ...started, type: "response.content_part.added", ...at, part },
      { ...started, type: "response.output_text.delta", ...at, delta: { text: "Hi" } },
      { ...started, type: "response.output_text.done", ...at, text: "Hi" },
      ended,
      { ...added, type: "response.output_item.done", item: (completed["response"] as { output: unknown[] }).output[0] },
      completed,
    ];
    const bare = events.map((event, index) => ({ ...event, sequence_number: index, event_id: `evt_full_${index}` }));
    plugin.send(...bare.slice(0, 5));
    await heard(sim, 5);
    expect(sim.replies[0]?.text).toBe("Hi");
    plugin.send(...bare.slice(5));
    expect(await sim.reply("m-1")).toMatchObject({ text: "Hi" });
    expect(sim.violations).toEqual([]);
  });

  it("may be one whole response", async () => {
    const { sim, plugin } = await connect();
    sim.say({ text: "hello", messageId: "m-1", shape: "g4-whole" });
    const item = { id: "item_1", type: "message", status: "completed", role: "assistant", content: [{ type: "output_text", text: "Hi", annotations: [] }] };
    plugin.send({ id: "resp_1", object: "response", status: "completed", output: [item], output_text: "Hi", metadata: { request_message_id: "m-1" } });
    expect(await sim.reply("m-1")).toMatchObject({ text: "Hi", end: { how: "completed" } });
    expect(sim.violations).toEqual([]);
  });

  it("are failures with a code", async () => {
    const { sim, plugin } = await connect();
    sim.say({ text: "hello", messageId: "m-1" });
    const { started, failed } = eventsOf("");
    plugin.send(wrap(started), wrap(failed(1)));
    expect((await sim.reply("m-1")).end).toEqual({ how: "failed", code: "SDK_ERROR", error: "The agent could not produce a reply." });
    expect(sim.violations).toEqual([]);
  });

  it("are told apart while they come at once, and belong to the message of the envelope they name", async () => {
    const { sim, plugin } = await connect();
    for (const messageId of ["m-1", "m-2", "m-3"]) sim.say({ text: messageId, messageId });
    const one = eventsOf("one", { id: "resp_1", more: { request_message_id: undefined } }).all;
    const two = eventsOf("two", { id: "resp_2", more: { request_message_id: undefined } }).all;
    const envelopeOf = (id: string) => (JSON.parse(sim.frames.findLast(({ messageId }) => messageId === id)?.text ?? "") as { headers: { messageId: string } }).headers.messageId;
    for (const [index, event] of two.entries()) plugin.send(wrap(event, envelopeOf("m-2")), wrap(one[index] ?? {}, envelopeOf("m-1")));
    await heard(sim, 10);
    expect(sim.replies.map(({ messageId, text }) => [messageId, text])).toEqual([
      ["m-2", "two"],
      ["m-1", "one"],
    ]);
    expect(sim.violations).toEqual([]);
  });

  it("are replaced by the one that says them again after a lost link", async () => {
    const { sim, plugin } = await connect();
    sim.say({ text: "hello", messageId: "m-1" });
    plugin.send(...eventsOf("Good evening").all.slice(0, 3).map((event) => wrap(event)));
    await heard(sim, 3);
    sim.drop();
    const later = await dialRaw(sim.url, asOffice["insta-claw"]);
    later.send(...eventsOf("Good night", { id: "resp_2", more: { retry_of: "resp_1" } }).all.map((event) => wrap(event)));
    expect(await sim.reply("m-1")).toMatchObject({ text: "Good night", attempts: 2 });
    expect(sim.replies).toHaveLength(1);
    expect(sim.violations).toEqual([]);
  });

  it("name their first attempt however often they are said again", async () => {
    const { sim } = await connect();
    sim.say({ text: "hello", messageId: "m-1" });
    for (const id of ["resp_2", "resp_3"]) {
      sim.drop();
      const later = await dialRaw(sim.url, asOffice["insta-claw"]);
      later.send(wrap(eventsOf("Good evening", { id, more: { retry_of: "resp_1" } }).started));
      await sim.until(() => sim.replies.find(({ frames }) => frames.at(-1)?.text.includes(id)), id);
    }
    expect(sim.replies.map(({ messageId, attempts }) => [messageId, attempts])).toEqual([["m-1", 2]]);
    expect(sim.violations).toEqual([]);
  });

  it("may come after a refusal, when the message comes again", async () => {
    const { sim, plugin } = await connect();
    sim.say({ text: "hello", messageId: "m-1" });
    const { started, failed } = eventsOf("");
    plugin.send(wrap(started), wrap(failed(1)));
    await sim.reply("m-1");
    sim.duplicate();
    plugin.send(...eventsOf("Hi", { id: "resp_2", more: { retry_of: "resp_1" } }).all.map((event) => wrap(event)));
    await heard(sim, 7);
    expect(sim.replies).toEqual([expect.objectContaining({ messageId: "m-1", text: "Hi", end: { how: "completed" } })]);
    expect(sim.violations).toEqual([]);
  });

  it("may say again what never arrived", async () => {
    const { sim, plugin } = await connect();
    sim.say({ text: "hello", messageId: "m-1" });
    plugin.send(...eventsOf("Hi", { id: "resp_2", more: { retry_of: "resp_1" } }).all.map((event) => wrap(event)));
    expect(await sim.reply("m-1")).toMatchObject({ text: "Hi" });
    expect(sim.violations).toEqual([]);
  });

  it("may be nobody's: the agent speaks by itself", async () => {
    const { sim, plugin } = await connect();
    plugin.send(...eventsOf("Closing", { more: { request_message_id: undefined, recipient_id: "u-1" } }).all.map((event) => wrap(event)));
    await heard(sim, 5);
    expect(sim.replies).toEqual([expect.objectContaining({ text: "Closing" })]);
    expect(sim.replies[0]).not.toHaveProperty("messageId");
    expect(sim.violations).toEqual([]);
  });

  it("may take text back", async () => {
    const { sim, plugin } = await connect();
    sim.say({ text: "hello", messageId: "m-1" });
    plugin.send(...eventsOf("Good night", { deltas: ["Good eve"] }).all.map((event) => wrap(event)));
    expect((await sim.reply("m-1")).text).toBe("Good night");
    expect(sim.violations).toEqual([]);
  });

  it("may answer a request without an id", async () => {
    const { sim, plugin } = await connect();
    sim.raw('{"input":"hello","metadata":{"session_id":"s-1"}}');
    plugin.send(...eventsOf("Hi", { more: { request_message_id: undefined, session_id: "s-1" } }).all.map((event) => wrap(event)));
    await heard(sim, 5);
    expect(sim.violations).toEqual([]);
  });

  it("may answer a request that was no good", async () => {
    const { sim, plugin } = await connect();
    sim.raw('{"input":[],"metadata":{"message_id":"m-1"}}');
    const { started, failed } = eventsOf("");
    plugin.send(wrap(started), wrap(failed(1)));
    expect((await sim.reply("m-1")).end?.how).toBe("failed");
    expect(sim.violations).toEqual([]);
  });
});

describe("acknowledgements of the InstaClaw connector", () => {
  it("name a frame of the server", async () => {
    const { sim, plugin } = await connect();
    sim.say({ text: "hello", messageId: "m-1", shape: "g3" });
    plugin.send({ headers: { messageId: "m-1" }, data: { success: true } });
    plugin.send({ code: 200, headers: { contentType: "application/json", messageId: "m-1" }, message: "OK", data: '{"response":{"success":true}}' });
    plugin.send({ type: "pong" }, { code: 200, headers: { messageId: "sys" }, message: "OK", data: "" });
    await heard(sim, 4);
    expect(sim.violations).toEqual([]);
    plugin.send({ headers: { messageId: "m-9" }, data: { success: true } });
    plugin.send({ code: 200, headers: { contentType: "application/json", messageId: "m-8" }, message: "OK", data: '{"response":{"success":true}}' });
    await heard(sim, 6);
    expect(sim.violations.map(({ text }) => text)).toEqual(["it acknowledges m-9, which was not sent", "it acknowledges m-8, which was not sent"]);
  });
});

describe("violations of the InstaClaw connector", () => {
  const { started, added, said, ended, completed, failed } = eventsOf("Hi");
  const delta = said[0] ?? {};
  const again = { ...delta, event_id: "evt_again", sequence_number: 5 };

  it.each<[string, Event[], string[]]>([
    ["no beginning", [{ ...added, sequence_number: 0 }], ["response.output_item.added came first, expected response.in_progress or response.created"]],
    ["no item", [started, { ...delta, sequence_number: 1 }], ["response.output_text.delta came after response.in_progress, expected response.output_item.added"]],
    ["a late delta", [started, added, delta, ended, { ...again, sequence_number: 4 }], ["response.output_text.delta came after response.content_part.done, expected response.completed"]],
    ["an early end", [started, added, delta, { ...completed, sequence_number: 3 }], ["response.completed came after response.output_text.delta, expected response.output_text.delta or response.content_part.done", "response.completed has another text than response.content_part.done"]],
    ["an event after the end", [started, added, delta, ended, completed, again], ["response.output_text.delta came after response.completed of resp_1"]],
    ["two ends", [started, failed(1), failed(2)].map((event, index) => ({ ...event, event_id: `evt_${index}` })), ["response.failed came after response.failed of resp_1"]],
    ["a failure before the beginning", [failed(0)], ["response.failed came before response.in_progress"]],
    ["a gap in the numbers", [started, { ...added, sequence_number: 2 }], ["response.output_item.added has 2 as sequence_number, expected 1"]],
    ["an id used twice", [started, { ...added, event_id: started["event_id"] }], ["event_id evt_resp_1_0 was used before"]],
    ["another item", [started, added, { ...delta, item_id: "item_2" }], ["response.output_text.delta is about the item item_2, expected item_1"]],
    ["two ids of one response", [{ ...started, response: { id: "resp_2", object: "response", status: "in_progress", output: [] } }], ["response.in_progress has response_id resp_1 and response.id resp_2"]],
    ["a lost delta", [started, added, { ...delta, delta: "H" }, ended, completed], ["response.content_part.done has 1 more characters than the deltas before it"]],
    ["no delta at all", [started, added, { ...ended, sequence_number: 2 }, { ...completed, sequence_number: 3 }], ["response.content_part.done has 2 more characters than the deltas before it"]],
    ["half a character", [started, added, { ...delta, delta: "\ud83d" }], ["response.output_text.delta splits a character"]],
    ["an end of another text", [started, added, delta, ended, { ...completed, response: { id: "resp_1", object: "response", status: "completed", output: [] } }], ["response.completed has another text than response.content_part.done"]],
    ["an unknown message", [{ ...started, metadata: { request_message_id: "m-9" } }], ["resp_1 answers the message m-9, and there was none"]],
    ["no message", [{ ...started, metadata: {} }], ["resp_1 names neither the message it answers nor a recipient"]],
    ["another session", [{ ...started, metadata: { request_message_id: "m-1", session_id: "s-9" } }], ["resp_1 has s-9 as session_id, its message had s-1"]],
    ["a second response", [...eventsOf("Hi").all, ...eventsOf("Ho", { id: "resp_2" }).all.slice(0, 1)], ["resp_2 is a second response for the message m-1"]],
    ["a repeat on the same link", [...eventsOf("Hi").all, ...eventsOf("Hi", { id: "resp_2", more: { retry_of: "resp_1" } }).all.slice(0, 1)], ["resp_2 says resp_1 again, on the same link"]],
  ])("are found: %s", async (_what, events, texts) => {
    expect(await faultsOf(events)).toEqual(texts);
  });

  it("leave a reply that is complete as it was", async () => {
    const { sim, plugin } = await connect();
    sim.say({ text: "hello", messageId: "m-1" });
    plugin.send(...[...eventsOf("Hi").all, failed(5)].map((event) => wrap(event)));
    await heard(sim, 6);
    expect(sim.replies).toEqual([expect.objectContaining({ text: "Hi", end: { how: "completed" } })]);
    expect(sim.violations).toHaveLength(1);
  });

  it("are found: a frame's id used twice", async () => {
    const { sim, plugin } = await connect();
    sim.say({ text: "hello", messageId: "m-1" });
    const first = wrap(started);
    plugin.send(first, { ...wrap(added), headers: first.headers });
    await heard(sim, 2);
    expect(sim.violations.map(({ text }) => text)).toEqual([`headers.messageId ${first.headers.messageId} was used before`]);
  });

  it("are found: a response that goes on over another link", async () => {
    const { sim, plugin } = await connect();
    sim.say({ text: "hello", messageId: "m-1" });
    plugin.send(wrap(started));
    await heard(sim, 1);
    sim.drop();
    const later = await dialRaw(sim.url, asOffice["insta-claw"]);
    later.send(wrap(added));
    await heard(sim, 2);
    expect(sim.violations.map(({ text }) => text)).toEqual(["response.output_item.added goes on with resp_1, which began on another link"]);
  });

  it.each<[string, object, string]>([
    ["a delta that is too long", { ...delta, delta: "x".repeat(51) }, "delta"],
    ["a bare event without what every event says", { type: "response.in_progress", response_id: "resp_1" }, "event_id"],
    ["an error with more than a code and a text", { ...failed(1), error: { code: "SDK_ERROR", message: "no", stack: "at f" } }, "error.stack"],
    ["a whole response with an unknown field", { id: "r", object: "response", status: "completed", output: [], metadata: {}, usage: {} }, "usage"],
  ])("are found: %s", async (_what, frame, path) => {
    const { sim, plugin } = await connect();
    plugin.send(frame);
    await heard(sim, 1);
    const { check } = sim.frames[0] ?? {};
    expect(check).toMatchObject({ ok: false, path });
    expect(sim.violations).toHaveLength(1);
  });
});

describe("what the simulator of the InstaClaw gateway sends", () => {
  it("is what the plugin's decoder takes", async () => {
    const { sim, plugin } = await connect({ extensions: ["groups"] });
    const { shapes, controls } = sim.protocol;
    for (const shape of shapes) sim.say({ text: `héllo 👋 ${"word ".repeat(40)}`, user: "u-1", session: "s-1", conversation: "g-1", shape, more: { thread_id: "t" } });
    for (const shape of shapes) sim.say({ text: "x", shape });
    for (const name of Object.keys(controls)) sim.control(name, "401");
    await plugin.frames(sim.frames.length);
    expect(plugin.got.map((text) => decodeGatewayReceived(text)).filter(({ ok }) => !ok)).toEqual([]);
    expect(sim.frames.filter(({ check }) => !check.ok)).toEqual([]);
  });

  it("says a message as the events of a response, in pieces of at most fifty characters", async () => {
    const { sim, plugin } = await connect();
    const text = `${"🎈".repeat(60)} and more`;
    sim.say({ text, messageId: "m-1", user: "u-1", session: "s-1" });
    const events = (await plugin.frames(6)).map((frame) => JSON.parse((JSON.parse(frame) as { data: string }).data) as SentEvent);
    expect(events.map(({ type }) => type)).toEqual(["response.in_progress", "response.output_item.added", "response.output_text.delta", "response.output_text.delta", "response.content_part.done", "response.completed"]);
    const deltas = events.flatMap((event) => (event.type === "response.output_text.delta" ? [event.delta as string] : []));
    expect([deltas.join(""), deltas.map((delta) => Array.from(delta).length)]).toEqual([text, [50, 19]]);
    expect(events.map(({ response_id, sequence_number, metadata }) => [response_id, sequence_number, metadata])).toEqual([0, 1, 2, 3, 4, 5].map((count) => ["m-1", count, { sender_id: "u-1", session_id: "s-1" }]));
  });

  it.each<[string, object]>([
    ["g1", { type: "MESSAGE", data: { msgtype: "text", msgId: "m-1", senderStaffId: "u-1", text: { content: "hello" } } }],
    ["g2", { type: "request", headers: { requestId: "m-1" }, data: { type: "user.message", content: "hello", userId: "u-1" } }],
    ["g3", { type: "MESSAGE", headers: { messageId: "m-1" }, data: { content: "hello" } }],
    ["g4", { stream: true, input: [{ content: [{ text: "hello" }] }], metadata: { message_id: "m-1", sender_id: "u-1" } }],
    ["g4-whole", { stream: false }],
    ["create", { type: "response.create", input: "hello" }],
  ])("says it as older and other servers do: %s", async (shape, frame) => {
    const { sim, plugin } = await connect();
    sim.say({ text: "hello", messageId: "m-1", user: "u-1", shape });
    const decoded = decodeGatewayReceived((await plugin.frames(1))[0] ?? "");
    expect(decoded).toMatchObject({ ok: true, value: frame });
  });

  it.each([undefined, { office: "s3cret" }, { office: "s3cret", lab: "s4cret" }])("comes with a configuration that is valid: %j", async (accounts) => {
    const sim = await startSimulator("insta-claw", accounts ? { accounts } : {});
    running.push(sim);
    expect([validateConfig(sim.config["insta-claw-connector"]), validateConfig.errors]).toEqual([true, null]);
  });
});
