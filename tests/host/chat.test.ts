import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectClient } from "../support/client.ts";
import { startGateway, type TestGateway } from "./gateway.ts";
import { complete } from "./processes.ts";

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway();
});

afterAll(() => gateway.stop());

describe("an application at a real gateway", () => {
  it("gets typing, at least two streams that grow, and one response for a message", async () => {
    const client = await connectClient(gateway.url, { senderId: "ada" });
    const id = client.say("[[words 60]] [[delay 20]]");
    const answer = await client.answer(id);
    await client.close();

    const streams = client.framesOf(id).flatMap((frame) => (frame.type === "chat.stream" ? [frame.content ?? ""] : []));
    expect(client.frames[0]).toEqual({ type: "chat.typing" });
    expect(streams.length).toBeGreaterThanOrEqual(2);
    expect(streams.filter((content, index) => !content.startsWith(streams[index - 1] ?? ""))).toEqual([]);
    expect(answer).toEqual({ type: "chat.response", messageId: id, content: expect.stringMatching(/^word1 .* word60$/), done: true });
    expect(client.framesOf(id).filter((frame) => frame.type === "chat.response" || frame.type === "chat.error")).toEqual([answer]);
  });

  it("is told when the model fails", async () => {
    const client = await connectClient(gateway.url, { senderId: "ben" });
    const answer = await client.answer(client.say("[[fail 400]]"));
    await client.close();
    expect(answer.type).toBe("chat.error");
  });

  it("asks the model what the person wrote, with no key and no word of another sender", async () => {
    const [first, second] = await Promise.all([connectClient(gateway.url, { senderId: "cleo" }), connectClient(gateway.url, { senderId: "dan" })]);
    await Promise.all([first.answer(first.say("my secret is plum")), second.answer(second.say("what is the secret?"))]);
    await Promise.all([first.close(), second.close()]);
    const asked = gateway.model.requests.find((request) => request.prompt.text === "what is the secret?");
    expect(asked).toBeDefined();
    expect(JSON.stringify(asked?.body)).not.toContain("plum");
  });
});

describe("npm run chat", () => {
  it("prints the answer to --once and nothing else", async () => {
    const { code, stdout, stderr } = await complete("npm", ["run", "--silent", "chat", "--", "--url", gateway.url, "--once", "[[say Good evening]]"]);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "Good evening\n", stderr: "" });
  });

  it("says in one line why there is no answer", async () => {
    const failed = await complete("npm", ["run", "--silent", "chat", "--", "--url", gateway.url, "--once", "[[fail 400]]"]);
    expect({ code: failed.code, stdout: failed.stdout }).toEqual({ code: 1, stdout: "" });
    expect(failed.stderr).toMatch(/^clawwire chat: .+\n$/);
  });
});
