import { describe, expect, it } from "vitest";
import { limits } from "../../../../generated/insta-claw/index.ts";
import { connect, PROCESS } from "./gateway.ts";

const of = (type: string, fields: object = {}) => ({ type: `response.${type}`, response_id: "resp_a", ...fields });
const start = of("in_progress");
const added = of("output_item.added", { output_index: 0, item: { id: "item_a", type: "message", content: [{ type: "output_text", text: "", annotations: [] }] } });
const delta = (text: unknown, fields: object = {}) => of("output_text.delta", { item_id: "item_a", content_index: 0, delta: text, ...fields });
const done = of("completed");

/** Feeds events one after the other; the last answer counts. */
function feed(...events: object[]) {
  const gateway = connect();
  const heard = events.map((event) => gateway.data(event));
  const last = heard.at(-1);
  return { gateway, notes: heard.flatMap(({ notes }) => notes), delivered: heard.flatMap(({ delivered }) => delivered), content: last?.delivered[0]?.content, last };
}

describe("a user's message as events", () => {
  it("IC-13 is delivered when its response is complete, with the response as its id", () => {
    const { delivered, notes } = feed(start, added, delta("Good "), delta("evening"), of("content_part.done", { item_id: "item_a", content_index: 0, part: { type: "output_text", text: "Good evening", annotations: [] } }), done);
    expect(delivered).toEqual([
      {
        messageId: "resp_a",
        origin: { framing: "envelope", envelopeId: "m1", requestId: "resp_a", process: PROCESS },
        sender: { id: "default", verified: false },
        conversation: { kind: "direct", id: "default" },
        content: "Good evening",
        media: [],
        receivedAt: 1000,
      },
    ]);
    expect(notes).toEqual([]);
  });

  it("IC-13 joins parts by item and part, with nothing in between, whatever came first", () => {
    const item = (id: string, index: number) => of("output_item.added", { output_index: index, item: { id, type: "message" } });
    const say = (id: string, at: number, text: string) => delta(text, { item_id: id, content_index: at });
    expect(feed(start, item("b", 1), item("a", 0), say("b", 0, "3"), say("a", 0, "1"), say("a", 1, "2"), say("b", 0, "4"), done).content).toBe("1234");
  });

  it.each([
    ["the older name of the index", [start, of("output_item.added", { index: 1, item: { id: "b", type: "message" } }), of("output_item.added", { index: 0, item: { id: "a", type: "message" } }), delta("y", { item_id: "b" }), delta("x", { item_id: "a" }), done], "xy"],
    ["deltas that name no item", [start, added, delta("x", { item_id: undefined }), done], "x"],
    ["deltas that name none of several items", [start, added, of("output_item.added", { output_index: 1, item: { id: "b", type: "message" } }), delta("x", { item_id: undefined }), delta("y"), done], "yx"],
    ["deltas before any item that name none", [start, delta("x", { item_id: undefined }), delta("y", { item_id: undefined }), done], "xy"],
    ["an item before the start", [added, delta("x"), done], "x"],
    ["deltas that are objects", [start, added, delta({ text: "x" }), delta("y"), done], "xy"],
    ["empty deltas", [start, added, delta(""), delta("x"), delta({ text: "" }), done], "x"],
    ["parts of type text", [start, of("output_item.added", { item: { id: "item_a", type: "message", content: [{ type: "text", text: "" }] } }), delta("x"), done], "x"],
    ["the whole response only", [start, of("completed", { response: { id: "resp_a", output: [{ id: "i", type: "message", content: [{ type: "output_text", text: "x" }] }] } })], "x"],
    ["the whole response under items", [start, of("completed", { response: { output: { items: [{ id: "i", type: "message", content: [{ type: "input_text", text: "x" }] }] } } })], "x"],
    ["output_text only", [start, of("completed", { response: { id: "resp_a", output: [], output_text: "x" } })], "x"],
    ["output_text that says other", [start, added, delta("x"), of("completed", { response: { output: [], output_text: "z" } })], "z"],
    ["output_text beside items", [start, of("completed", { response: { output: [{ id: "i", type: "message", content: [{ type: "text", text: "x" }] }], output_text: "z" } })], "x"],
    ["output_text that is null", [start, added, delta("x"), of("completed", { response: { output_text: null } })], "x"],
    ["an output that is none", [start, added, delta("x"), of("completed", { response: { id: "resp_a", output: "text" } })], "x"],
    ["created and queued", [of("created"), of("queued"), of("in_progress"), added, delta("x"), done], "x"],
    ["queued alone", [of("queued", { response: { id: "resp_a", status: "queued" } }), added, delta("x"), done], "x"],
    ["a refusal", [start, added, of("refusal.delta", { item_id: "item_a", delta: "I ca" }), of("refusal.done", { item_id: "item_a", refusal: "I cannot" }), done], "I cannot"],
    ["a text beside a refusal", [start, added, delta("x"), of("refusal.delta", { item_id: "item_a", content_index: 1, delta: "no" }), done], "x"],
    ["a text's end that says more", [start, added, delta("x"), of("output_text.done", { item_id: "item_a", text: "xy" }), done], "xy"],
    ["a part's end that says more", [start, added, delta("x"), of("content_part.done", { item_id: "item_a", part: { type: "output_text", text: "xy" } }), done], "xy"],
    ["a part's end that says nothing", [start, added, delta("x"), of("content_part.done", { item_id: "item_a", status: "completed" }), done], "x"],
    ["an item's end that says more", [start, added, delta("x"), of("output_item.done", { item: { id: "item_a", type: "message", content: [{ type: "output_text", text: "xy" }] } }), done], "xy"],
    ["an item's end that says nothing", [start, added, delta("x"), of("output_item.done", { item: { id: "item_a", type: "message", content: [] } }), done], "x"],
    ["a response that says other", [start, added, delta("x"), of("completed", { response: { output: [{ id: "item_a", type: "message", content: [{ type: "output_text", text: "z" }] }] } })], "z"],
  ])("IC-10 IC-12 IC-13 may be told by %s", (_, events, content) => {
    expect(feed(...events).content).toBe(content);
  });

  it("IC-13 keeps a file that a part brings later, and what its message answers", () => {
    const file = of("content_part.added", { item_id: "item_a", content_index: 1, part: { type: "input_image", image_url: "https://a.example/b.png" } });
    const { delivered } = feed({ ...start, metadata: { reply_to: "resp_1" } }, added, delta("x"), file, done);
    expect(delivered).toMatchObject([{ content: "x", media: [{ from: "url", url: "https://a.example/b.png" }], quote: { messageId: "resp_1" } }]);
  });

  it("IC-13 shows nothing of a part of another kind, and the end of a part that says a refusal", () => {
    const other = of("content_part.added", { item_id: "item_a", content_index: 1, part: { type: "summary_text", text: "hidden" } });
    expect(feed(start, added, delta("x"), other, done).content).toBe("x");
    expect(feed(start, added, of("content_part.done", { item_id: "item_a", part: { type: "refusal", refusal: "I cannot" } }), done).content).toBe("I cannot");
  });

  it("IC-12 takes the end of a part without text as no text", () => {
    expect(feed(start, added, of("content_part.done", { item_id: "item_a", part: { type: "output_text" } }), delta("x", { content_index: 1 }), done).content).toBe("x");
    expect(feed(start, of("output_item.added", { item: { id: "item_a", type: "message" } }), of("content_part.done", { item_id: "item_a", part: { type: "output_text" } }), delta("x", { content_index: 1 }), done).content).toBe("x");
  });

  it("IC-12 says so when an end differs from what came before", () => {
    expect(feed(start, added, delta("x"), of("content_part.done", { item_id: "item_a", part: { type: "output_text", text: "y" } })).notes).toEqual(["warn part-differs"]);
    expect(feed(start, added, delta("x"), of("completed", { response: { output: [{ id: "i", type: "message", content: [{ type: "text", text: "y" }] }] } })).notes).toEqual(["warn snapshot-differs"]);
  });

  it("IC-13 delivers what an incomplete response came to, marked", () => {
    const details = { response: { id: "resp_a", status: "incomplete", incomplete_details: { reason: "max_output_tokens" } } };
    expect(feed(start, added, delta("x"), of("incomplete", details)).delivered).toMatchObject([{ content: "x", customData: { truncated: true, reason: "max_output_tokens" } }]);
    expect(feed(start, added, delta("x"), of("incomplete", { response: { incomplete_details: "x" } })).delivered).toMatchObject([{ customData: { truncated: true } }]);
  });

  it.each([
    ["a code of its own", of("failed", { error: { code: "SDK_ERROR", message: "no" } })],
    ["one in the response", of("failed", { response: { id: "resp_a", error: { code: "SDK_ERROR", message: "no" } } })],
  ])("IC-13 delivers nothing of a failed one with %s", (_, event) => {
    const { delivered, last } = feed(start, added, delta("x"), event);
    expect(delivered).toEqual([]);
    expect(last?.effects).toEqual([{ do: "note", level: "warn", code: "response-failed", data: { response: "resp_a", code: "SDK_ERROR" } }]);
  });

  it("IC-13 notes a failure without an error as unknown, and IC-10 a completed one that tells of a failure", () => {
    expect(feed(start, of("failed")).last?.effects).toMatchObject([{ data: { code: "unknown_error" } }]);
    const { delivered, notes } = feed(start, added, delta("x"), of("completed", { response: { id: "resp_a", status: "failed" } }));
    expect([delivered, notes]).toEqual([[], ["warn status-contradicts", "warn response-failed"]]);
  });

  it("IC-13 shows no thoughts, notes or tool calls, and delivers nothing of a response that has only these", () => {
    const tool = of("output_item.added", { output_index: 1, item: { id: "fc", type: "function_call", name: "rm", arguments: "" } });
    const events = [
      of("output_text.annotation.added", { item_id: "item_a", annotation_index: 0, annotation: null }),
      of("reasoning.delta", { item_id: "fc", delta: "hm" }),
      of("reasoning_text.done", { item_id: "fc", text: "hm" }),
      of("reasoning_summary_part.added", { item_id: "fc", summary_index: 0, part: { type: "summary_text", text: "" } }),
      of("reasoning_summary_text.delta", { item_id: "fc", summary_index: 0, delta: "hm" }),
      of("reasoning_summary.done", { item_id: "fc", summary_index: 0, text: "hm" }),
      of("function_call_arguments.delta", { item_id: "fc", delta: "{" }),
      of("function_call_arguments.done", { item_id: "fc", arguments: "{}" }),
    ];
    const told = feed(start, added, tool, ...events, delta("x"), done);
    expect([told.content, told.notes]).toEqual(["x", []]);
    const silent = feed(start, tool, of("function_call_arguments.done", { item_id: "fc", arguments: "{}" }), done);
    expect(silent.last?.effects).toEqual([]);
  });

  it("IC-13 shows nothing that an item of another kind holds", () => {
    const hidden = { id: "rs", type: "reasoning", content: [{ type: "text", text: "hidden" }] };
    expect(feed(start, added, of("output_item.added", { item: hidden }), delta("x"), done).content).toBe("x");
    expect(feed(start, of("completed", { response: { output: [hidden, { id: "i", type: "message", content: [{ type: "text", text: "x" }] }] } })).content).toBe("x");
    expect(feed(start, of("output_item.added", { item: hidden }), done).delivered).toEqual([]);
  });

  it("IC-12 passes over what is no item in a response as a whole", () => {
    const output = [5, null, { type: "message", content: [{ type: "text", text: "y" }] }, { id: "i", type: "message", content: [{ type: "text", text: "x" }] }];
    expect(feed(start, of("completed", { response: { output } })).content).toBe("x");
  });

  it("IC-16 answers a message that says nothing", () => {
    const { last } = feed(start, added, delta(" \n"), done);
    expect(last?.types).toEqual(["in_progress", "failed"]);
    expect(last?.events[0]?.metadata).toEqual({ request_message_id: "resp_a" });
  });

  it("IC-13 attaches files", () => {
    const content = [
      { type: "input_image", image_url: "data:image/png;base64,AAAA" },
      { type: "input_image", image_url: "https://a.example/b.png" },
      { type: "input_file", filename: "a.pdf", file_data: "BBBB" },
      { type: "input_file", filename: "b.pdf", file_url: "https://a.example/b.pdf" },
      { type: "input_video", video_url: "https://a.example/c.mp4" },
      { type: "input_file", file_id: "f_1" },
    ];
    expect(feed(start, of("output_item.added", { item: { id: "i", type: "message", content } }), done).delivered[0]?.media).toEqual([
      { from: "data", base64: "AAAA", mimeType: "image/png" },
      { from: "url", url: "https://a.example/b.png" },
      { from: "data", base64: "BBBB", name: "a.pdf" },
      { from: "url", url: "https://a.example/b.pdf", name: "b.pdf" },
      { from: "url", url: "https://a.example/c.mp4" },
    ]);
  });
});

describe("an event that does not fit", () => {
  it.each([
    ["no identity at all", [{ type: "response.in_progress", event_id: "evt_a1" }], "warn no-response"],
    ["two ids that differ", [of("in_progress", { response: { id: "resp_b" } })], "warn two-response-ids"],
    ["two open responses and no id", [start, { ...start, response_id: "resp_b" }, { type: "response.completed" }], "warn no-response"],
    ["a completed response that never began", [of("completed")], "warn unknown-response"],
    ["an incomplete response that never began", [of("incomplete")], "warn unknown-response"],
    ["a delta of a response that never began", [delta("x")], "warn unknown-response"],
    ["a start that tells of an end", [of("queued", { response: { id: "resp_a", status: "completed" } })], "warn status-contradicts"],
    ["an item that is null", [start, of("output_item.added", { item: null })], "debug no-item"],
    ["the end of an item that is null", [start, of("output_item.done", { item: null })], "debug no-item"],
    ["an item twice", [start, added, added], "debug item-is-open"],
    ["the end of an unknown item", [start, of("output_item.done", { item: { id: "nope", type: "message" } })], "warn unknown-item"],
    ["a delta of an unknown item", [start, added, delta("x", { item_id: "nope" })], "warn unknown-item"],
    ["a refusal of an unknown item", [start, added, of("refusal.delta", { item_id: "nope", delta: "x" })], "warn unknown-item"],
    ["a text's end of an unknown item", [start, added, of("output_text.done", { item_id: "nope", text: "x" })], "warn unknown-item"],
    ["an annotation of an unknown item", [start, added, of("output_text.annotation.added", { item_id: "nope" })], "warn unknown-item"],
    ["arguments of an unknown item", [start, of("function_call_arguments.delta", { item_id: "nope", delta: "x" })], "warn unknown-item"],
    ["a summary of an unknown item", [start, of("reasoning_summary_part.added", { item_id: "nope", summary_index: 0, part: { type: "summary_text" } })], "warn unknown-item"],
    ["the end of a part that never began", [start, added, of("content_part.done", { item_id: "item_a", content_index: 3 })], "warn unknown-part"],
    ["the end of a part that never began and says nothing", [start, of("output_item.added", { item: { id: "i", type: "message" } }), of("content_part.done", { item_id: "i" })], "warn unknown-part"],
    ["a part that is open", [start, added, of("content_part.added", { item_id: "item_a", content_index: 0, part: { type: "output_text", text: "x" } })], "debug part-is-open"],
    ["a part that skips one", [start, added, of("content_part.added", { item_id: "item_a", content_index: 2, part: { type: "output_text", text: "" } })], "warn unknown-part"],
    ["a delta after the part", [start, added, of("content_part.done", { item_id: "item_a" }), delta("x")], "warn part-is-done"],
    ["a text's end after the part", [start, added, of("content_part.done", { item_id: "item_a" }), of("output_text.done", { item_id: "item_a", text: "x" })], "warn part-is-done"],
    ["the end of an item twice", [start, added, delta("x"), of("output_item.done", { item: { id: "item_a", type: "message" } }), of("output_item.done", { item: { id: "item_a", type: "message" } })], "debug item-is-done"],
    ["the end of a part twice", [start, added, delta("x"), of("content_part.done", { item_id: "item_a" }), of("content_part.done", { item_id: "item_a" })], "debug part-is-done"],
    ["a refusal in a part that holds a text", [start, added, delta("x"), of("refusal.delta", { item_id: "item_a", delta: "no" })], "warn part-is-another"],
    ["a delta after the item", [start, added, of("output_item.done", { item: { id: "item_a", type: "message" } }), delta("x")], "warn item-is-done"],
    ["a delta after the end", [start, added, delta("x"), done, delta("y")], "debug late-event"],
    ["a second end", [start, added, delta("x"), done, of("failed")], "debug late-event"],
    ["a thought after the end", [start, added, delta("x"), done, of("reasoning.delta", { item_id: "item_a", delta: "x" })], "debug late-event"],
  ])("IC-9 IC-10 IC-12 is noted and changes nothing: %s", (_, events, note) => {
    const gateway = connect();
    for (const event of events.slice(0, -1)) gateway.data(event);
    const open = [...gateway.state.responses.open.values()].map(({ items, status }) => ({ items, status }));
    const heard = gateway.data(events.at(-1));
    expect(heard.notes).toEqual([note]);
    expect(heard.isNothing).toBe(true);
    expect([...gateway.state.responses.open.values()].map(({ items, status }) => ({ items, status }))).toEqual(open);
  });

  it.each([
    ["an id that is no text", { type: "response.in_progress", response_id: 42 }],
    ["a response that is no object", of("created", { response: "resp_d" })],
    ["a response that is null", of("queued", { response: null })],
    ["a negative number", of("created", { sequence_number: -1 })],
    ["no item", of("output_item.added", { output_index: 0 })],
    ["an item without an id", of("output_item.added", { item: { type: "message" } })],
    ["a negative index", of("output_item.added", { output_index: -1, item: { id: "i", type: "message" } })],
    ["content that is no list", of("output_item.done", { item: { id: "i", type: "message", content: "ok" } })],
    ["no delta", of("output_text.delta", { item_id: "item_a", content_index: 0 })],
    ["a delta that is a number", delta(5)],
    ["an index that is text", delta("x", { content_index: "0" })],
    ["no item_id", of("content_part.done", { content_index: 0 })],
    ["a part that is text", of("content_part.done", { item_id: "item_a", part: "Good evening" })],
    ["no part", of("content_part.added", { item_id: "item_a", content_index: 0 })],
    ["a text that is null", of("output_text.done", { item_id: "item_a", text: null })],
    ["an error that is text", of("failed", { error: "broken" })],
    ["an error code that is a number", of("failed", { error: { code: 500, message: "x" } })],
    ["indexes that are text", of("output_text.annotation.added", { item_id: "item_a", annotation_index: "0" })],
    ["an annotation that is text", of("output_text.annotation.added", { item_id: "item_a", annotation: "x" })],
    ["a refusal that is a number", of("refusal.delta", { item_id: "item_a", delta: 5 })],
    ["a refusal's end without text", of("refusal.done", { item_id: "item_a" })],
    ["a thought that is an object", of("reasoning.delta", { item_id: "item_a", delta: { text: "x" } })],
    ["a thought at a negative index", of("reasoning.done", { item_id: "item_a", content_index: -1, text: "x" })],
    ["a summary without an index", of("reasoning_summary_text.delta", { item_id: "item_a", content_index: 0, delta: "x" })],
    ["a summary without a part", of("reasoning_summary_part.added", { item_id: "item_a", summary_index: 0 })],
    ["a summary that is null", of("reasoning_summary_text.delta", { item_id: "item_a", summary_index: 0, delta: null })],
    ["arguments that are an object", of("function_call_arguments.done", { item_id: "item_a", arguments: {} })],
  ])("IC-6 is skipped with a warning, and the connection lives: %s", (_, event) => {
    const gateway = connect();
    for (const before of [start, added]) gateway.data(before);
    const { state } = gateway;
    const heard = gateway.data(event);
    expect(heard.notes).toEqual(["warn invalid-frame"]);
    expect(heard.isNothing).toBe(true);
    expect(gateway.state).toBe(state);
    gateway.data(delta("x"));
    expect(gateway.data(done).delivered).toMatchObject([{ content: "x" }]);
  });

  it("IC-10 does not begin a response anew", () => {
    expect(feed(start, added, delta("x"), start, of("created"), of("queued"), done).content).toBe("x");
  });

  it("IC-9 finds the response by its item, or by being the only one", () => {
    const anonymous = (event: object) => ({ ...event, response_id: undefined });
    expect(feed(start, { ...start, response_id: "resp_b" }, added, anonymous(delta("x")), done).content).toBe("x");
    expect(feed(start, anonymous(added), anonymous(delta("x")), anonymous(done)).content).toBe("x");
    expect(feed({ type: "response.created", response: { id: "resp_a" } }, added, delta("x"), { type: "response.completed", response: { id: "resp_a" } }).content).toBe("x");
  });

  it("IC-11 ignores repeats and old events, and notes gaps", () => {
    const numbered = (event: object, sequence_number: number) => ({ ...event, sequence_number });
    const told = feed(numbered(start, 0), numbered(added, 1), numbered(delta("x"), 2), numbered(delta("x"), 2), numbered(delta("w"), 1), numbered(delta("y"), 4), numbered(done, 5));
    expect([told.content, told.notes]).toEqual(["xy", ["debug repeated-event", "debug repeated-event", "warn sequence-gap"]]);
  });

  it("IC-11 counts events without numbers as they come", () => {
    expect(feed(start, added, delta("x"), delta("x"), done).content).toBe("xx");
  });
});

describe("the bounds of what comes in", () => {
  it("IC-14 lets the oldest of too many open responses go", () => {
    const gateway = connect();
    const begin = (at: number) => gateway.data({ ...start, response_id: `r${at}` });
    for (let at = 0; at < limits.openResponses; at += 1) begin(at);
    expect(begin(limits.openResponses).notes).toEqual(["warn too-many-responses"]);
    expect(gateway.state.responses.open.size).toBe(limits.openResponses);
    expect(gateway.data({ ...added, response_id: "r0" }).notes).toContain("warn no-start");
  });

  it("IC-14 cuts what is too long between characters, and says so", () => {
    const long = "😀".repeat(100_000);
    const { delivered, notes } = feed(start, added, delta(`a${long}`), delta(long), done);
    expect(delivered[0]?.content).toBe(`a${"😀".repeat((limits.responseUnits - 2) / 2)}`);
    expect(delivered[0]?.customData).toEqual({ truncated: true });
    expect(notes).toEqual(["warn text-cut"]);
  });

  it("IC-14 bounds what a response as a whole says, too", () => {
    const text = "x".repeat(limits.responseUnits);
    const output = ["a", "b"].map((id) => ({ id, type: "message", content: [{ type: "output_text", text }] }));
    for (const response of [{ output }, { output_text: `${text}x` }]) {
      const { content, delivered, notes } = feed(start, of("completed", { response }));
      expect(content).toHaveLength(limits.responseUnits);
      expect([delivered[0]?.customData, notes]).toEqual([{ truncated: true }, ["warn text-cut"]]);
    }
  });

  it("IC-14 has the whole room for what a response as a whole says", () => {
    const text = "x".repeat(limits.responseUnits);
    const output = [{ id: "item_a", type: "message", content: [{ type: "output_text", text }] }];
    const { content, notes } = feed(start, added, delta(text), of("completed", { response: { output } }));
    expect([content, notes]).toEqual([text, []]);
  });

  it("IC-14 makes room for what an item's end says instead of what came before", () => {
    const text = "x".repeat(limits.responseUnits);
    const end = of("output_item.done", { item: { id: "item_a", type: "message", content: [{ type: "output_text", text: `${text.slice(1)}y` }] } });
    const { delivered, notes } = feed(start, added, delta(text), end, done);
    expect([delivered[0]?.content, notes]).toEqual([`${text.slice(1)}y`, []]);
  });

  it("IC-14 takes no more items and parts than fit", () => {
    const item = (at: number) => of("output_item.added", { item: { id: `i${at}`, type: "message" } });
    const gateway = connect();
    gateway.data(start);
    for (let at = 0; at < limits.itemsPerResponse; at += 1) expect(gateway.data(item(at)).notes).toEqual([]);
    expect(gateway.data(item(limits.itemsPerResponse)).notes).toEqual(["warn too-many-items"]);
    const other = connect();
    other.data(start);
    for (let at = 0; at < limits.itemsPerResponse; at += 1) other.data(of("output_item.added", { item: { id: `f${at}`, type: "function_call" } }));
    expect(other.data(delta("x", { item_id: undefined })).notes).toEqual(["warn too-many-items"]);
    for (let at = 0; at < limits.partsPerItem; at += 1) gateway.data(delta("x", { item_id: "i0", content_index: at }));
    expect(gateway.data(delta("x", { item_id: "i0", content_index: limits.partsPerItem })).notes).toEqual(["warn too-many-parts"]);
    expect(gateway.data(done).delivered[0]?.content).toHaveLength(limits.partsPerItem);
  });

  it("IC-15 discards a response of which nothing comes for long", () => {
    const gateway = connect();
    gateway.data(start);
    gateway.wait(1000);
    gateway.data(added);
    expect(gateway.wakeAt).toBe(gateway.now + limits.staleMs);
    gateway.wait(limits.staleMs - 1);
    expect(gateway.tick().notes).toEqual([]);
    gateway.wait(1);
    expect(gateway.tick().notes).toEqual(["warn stale-response"]);
    expect(gateway.data(done).notes).toEqual(["warn unknown-response"]);
  });

  it("IC-15 begins a connection with no open response, and says what was cut", () => {
    const gateway = connect();
    for (const event of [start, added, delta("x")]) gateway.data(event);
    expect(gateway.reconnect().notes).toEqual(["warn responses-cut"]);
    for (const event of [start, added, delta("y")]) gateway.data(event);
    expect(gateway.data(done).delivered).toMatchObject([{ content: "y" }]);
    expect(gateway.reconnect().notes).toEqual([]);
    expect(gateway.data(delta("z")).notes).toEqual(["debug late-event"]);
  });
});
