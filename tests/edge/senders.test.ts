import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { arbitraries } from "../../generated/websocket/arbitraries.ts";
import { createEchoAgent } from "../conformance/account.ts";
import { connectClient } from "../support/client.ts";
import { type HostileStage, startHostileStage } from "../support/hostile-stage.ts";
import { receivedTypes, textFields, withText } from "../support/schema-fields.ts";

let stage: HostileStage;
const agent = createEchoAgent();
beforeAll(async () => void (stage = await startHostileStage({}, agent)));
afterAll(() => stage.stop());

/** Fields that the document keeps free of control characters: ids and names. */
const guarded = textFields("websocket").filter(({ pattern }) => pattern?.includes("\\u0000-\\u001f"));
const typeOf = new Map(receivedTypes("websocket").map(({ message, type }) => [message, type]));

describe("somebody who speaks for another", () => {
  it("WS-4 is refused with forbidden, and no turn runs", async () => {
    const began = agent.began.length;
    const mallory = await connectClient(stage.account.url, { token: "mallory", senderId: "honest", query: { senderName: "Honest" } });
    const forged = [{ senderId: "honest" }, { senderId: "Mallory" }, { senderId: "mallory " }, { senderId: "honest", chatType: "group", groupId: "g" }];
    for (const more of forged) expect(await mallory.answer(mallory.say("/stop", more))).toMatchObject({ type: "chat.error", error: "Sender not allowed: senderId is not the verified user" });
    expect(agent.began).toHaveLength(began);
    expect(await mallory.answer(mallory.say("as myself", { senderId: "mallory" }))).toMatchObject({ type: "chat.response" });
    expect(stage.honest.frames.filter(({ content }) => content?.includes("as myself"))).toEqual([]);
    await mallory.close();
    await stage.holds();
  });

  it("WS-4 WS-29 cannot end, take or change what another has said", async () => {
    const id = stage.honest.say("mine");
    await stage.honest.answer(id);
    const mallory = await connectClient(stage.account.url, { token: "mallory" });
    mallory.send({ type: "chat.hello", extensions: ["cancel", "edit", "reactions", "groups"] });
    await mallory.waitFor(({ type }) => type === "chat.welcome");
    const before = stage.honest.frames.length;
    mallory.send({ type: "chat.cancel", messageId: id });
    for (const frame of [{ type: "chat.edit", messageId: id, content: "theirs" }, { type: "chat.delete", messageId: id }]) {
      mallory.send(frame);
    }
    await mallory.waitFor(() => mallory.frames.filter(({ code }) => code === "invalid_field").length === 2);
    expect(stage.honest.frames).toHaveLength(before);
    // The same id is another message where another says it (WS-14).
    mallory.send({ type: "chat.send", messageId: id, content: "mine too" });
    expect(await mallory.answer(id)).toMatchObject({ content: "You said: mine too" });
    await mallory.close();
    await stage.holds();
  });
});

describe("an id or a name with a control character", () => {
  it("WS-2 closes with 4400 in the address", async () => {
    for (const key of ["senderId", "senderName", "tokenType"]) {
      for (const code of [0, 9, 10, 13, 27, 31, 127]) {
        const client = await connectClient(stage.account.url, { token: "mallory", query: { [key]: `a${String.fromCharCode(code)}b` } });
        expect([key, code, await client.closed]).toEqual([key, code, { code: 4400, reason: "Bad connection parameters" }]);
      }
    }
    await stage.holds();
  });

  it.each(guarded.map(({ message, steps }) => ({ message, steps, field: steps.join(".") })))("WS-7 is refused in $field of $message", async ({ message, steps }) => {
    const arbitrary = arbitraries[(typeOf.get(message) ?? "") as "ChatSend"];
    const [whole = {}] = fc.sample(arbitrary, { numRuns: 1, seed: 3 }) as object[];
    const client = await connectClient(stage.account.url, { token: "mallory" });
    client.send({ type: "chat.hello", extensions: [] });
    await client.waitFor(({ type }) => type === "chat.welcome");
    const codes = [0, 10, 13, 27, 127];
    for (const code of codes) client.send(withText({ ...whole, ...(message === "chat.send" && { content: "x" }) }, steps, `a${String.fromCharCode(code)}b`));
    await client.waitFor(() => client.frames.length > codes.length);
    const answers = client.frames.slice(1);
    expect(answers.map(({ type, code }) => `${type} ${code}`)).toEqual(codes.map(() => "chat.error invalid_field"));
    // What a terminal would obey is not sent back to one.
    expect(answers.filter(({ error = "" }) => /[\p{Cc}\p{Bidi_Control}]/u.test(error))).toEqual([]);
    await client.close();
  });

  it("covers every id and name of the document", () => {
    expect(guarded.map(({ message, steps }) => `${message} ${steps.join(".")}`)).toEqual(expect.arrayContaining(["chat.send senderId", "chat.send groupId", "chat.send threadId", "chat.cancel messageId", "chat.join groupId"]));
  });
});
