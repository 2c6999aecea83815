import { afterEach, describe, expect, it } from "vitest";
import { startModelServer, type ModelServer, type ModelServerOptions } from "../../../src/testing/model-server.ts";

const running: ModelServer[] = [];

async function serve(options: ModelServerOptions = {}): Promise<ModelServer> {
  const server = await startModelServer({ delayMs: 0, ...options });
  running.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
});

const user = (text: string) => ({ role: "user", content: [{ type: "input_text", text }] });

const post = (server: ModelServer, path: string, body: object, signal?: AbortSignal) =>
  fetch(`${server.baseUrl}${path}`, { method: "POST", body: JSON.stringify(body), ...(signal ? { signal } : {}) });

const respond = (server: ModelServer, text: string) => post(server, "/responses", { model: "practice", stream: true, input: [user(text)] });

interface Event {
  type: string;
  delta?: string;
  item?: { type: string; name?: string; arguments?: string };
}

async function events(response: Response): Promise<Event[]> {
  const text = await response.text();
  return [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data ?? "") as Event);
}

const spoken = (all: readonly Event[]) =>
  all
    .filter((event) => event.type === "response.output_text.delta")
    .map((event) => event.delta)
    .join("");

describe("the practice model over the Responses API", () => {
  it("repeats the words of the person in several pieces, between a created and a completed event", async () => {
    const all = await events(await respond(await serve(), "good morning"));
    expect(spoken(all)).toMatch(/^You said: good morning\n\n/);
    expect(all.filter((event) => event.type === "response.output_text.delta").length).toBeGreaterThan(3);
    expect([all[0]?.type, all.at(-1)?.type]).toEqual(["response.created", "response.completed"]);
  });

  it("finds the words among the host's own, its envelope and its last message", async () => {
    const server = await serve();
    const wrapped = '[Sat 2026-11-21 02:40 UTC] Conversation info: ⟦openclaw:ctx⟧\n```json\n{"sender":{"id":"ada"}}\n```\n\nis it late?';
    const input = [user("earlier"), { role: "assistant", content: "yes" }, user(wrapped), user("<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>\nx\n<<<END_OPENCLAW_INTERNAL_CONTEXT>>>")];
    await (await post(server, "/responses", { stream: true, input })).text();
    expect(server.requests.map((request) => request.prompt)).toEqual([{ kind: "user", text: "is it late?" }]);
  });

  it("thinks aloud before it answers when asked to", async () => {
    const all = await events(await respond(await serve(), "[[reasoning so it is]] [[say yes]]"));
    const thought = all.filter((event) => event.type === "response.reasoning_summary_text.delta").map((event) => event.delta);
    expect(thought.join("")).toBe("so it is");
    expect(all.findIndex((event) => event.type === "response.output_text.delta")).toBeGreaterThan(all.findLastIndex((event) => event.type === "response.reasoning_summary_text.delta"));
    expect(spoken(all)).toBe("yes");
  });

  it("calls a tool, and reports the result it is then given", async () => {
    const server = await serve();
    const all = await events(await respond(server, '[[tool message {"to":["a"],"deep":[[1]]}]]'));
    const call = all.find((event) => event.type === "response.output_item.done")?.item;
    expect(call).toMatchObject({ type: "function_call", name: "message", arguments: '{"to":["a"],"deep":[[1]]}' });

    const input = [user("x"), { ...call, call_id: "call_1" }, { type: "function_call_output", call_id: "call_1", output: "sent" }];
    expect(spoken(await events(await post(server, "/responses", { stream: true, input })))).toBe("The tool message said: sent");
  });

  it("refuses with the status it is told", async () => {
    const response = await respond(await serve(), "[[fail 429]]");
    expect([response.status, await response.json()]).toEqual([429, { error: expect.objectContaining({ message: expect.any(String) }) }]);
  });

  it("breaks off after as many pieces as it is told", async () => {
    const response = await respond(await serve(), "[[words 50]] [[cut 3]]");
    let received = "";
    const reading = (async () => {
      for await (const part of response.body ?? []) received += Buffer.from(part).toString("utf8");
    })();
    await expect(reading).rejects.toThrow(/terminated/);
    expect(received.match(/output_text\.delta"/g)).toHaveLength(3);
  });

  it("pauses between pieces as long as it is told", async () => {
    const began = performance.now();
    await (await respond(await serve(), "[[words 4]] [[delay 40]]")).text();
    expect(performance.now() - began).toBeGreaterThan(3 * 40 - 5);
  });

  it("notices that the caller hung up", async () => {
    const server = await serve();
    const caller = new AbortController();
    const pending = post(server, "/responses", { stream: true, input: [user("[[hang]]")] }, caller.signal).catch(() => "hung up");
    await expect.poll(() => server.requests.length).toBe(1);
    caller.abort();
    expect(await pending).toBe("hung up");
    await expect.poll(() => server.requests[0]?.aborted).toBe(true);
  });

  it("leaves words in brackets that are no directive alone, and explains a wrong one", async () => {
    const server = await serve();
    expect(spoken(await events(await respond(server, "see [[the wiki]]")))).toMatch(/^You said: see \[\[the wiki\]\]\n/);
    expect(spoken(await events(await respond(server, "[[words many]]")))).toBe("I do not understand: [[words many]] needs a whole number from 0 to 100000");
  });
});

describe("the practice model over chat completions", () => {
  it("streams chunks that end with DONE", async () => {
    const response = await post(await serve(), "/chat/completions", { stream: true, messages: [{ role: "user", content: "[[say one two]]" }] });
    const lines = (await response.text()).trim().split("\n\n");
    const chunks = lines.slice(0, -1).map((line) => JSON.parse(line.replace(/^data: /, "")) as { choices: { delta: { content?: string }; finish_reason: string | null }[] });
    expect(lines.at(-1)).toBe("data: [DONE]");
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("")).toBe("one two");
    expect(chunks.some((chunk) => chunk.choices[0]?.finish_reason === "stop")).toBe(true);
  });

  it("answers at once without stream", async () => {
    const response = await post(await serve(), "/chat/completions", { model: "m", messages: [{ role: "user", content: "[[say one two]]" }] });
    expect(await response.json()).toMatchObject({ model: "m", choices: [{ message: { content: "one two" }, finish_reason: "stop" }] });
  });
});

describe("the model server", () => {
  it("lists its model and refuses what it does not have", async () => {
    const server = await serve();
    expect(await (await fetch(`${server.baseUrl}/models`)).json()).toMatchObject({ data: [{ id: "practice" }] });
    expect((await fetch(`${server.baseUrl}/nothing`)).status).toBe(404);
    expect((await fetch(`${server.baseUrl}/responses`, { method: "POST", body: "{" })).status).toBe(400);
  });

  it("keeps no more requests than it is told", async () => {
    const server = await serve({ remember: 1 });
    await (await respond(server, "first")).text();
    await (await respond(server, "second")).text();
    expect(server.requests.map((request) => request.prompt.text)).toEqual(["second"]);
  });

  it("stops with an answer still open", async () => {
    const server = await startModelServer();
    const pending = post(server, "/responses", { stream: true, input: [user("[[hang]]")] }).then(
      () => "answered",
      () => "broken off",
    );
    await expect.poll(() => server.requests.length).toBe(1);
    await server.stop();
    expect(await pending).toBe("broken off");
  });
});
