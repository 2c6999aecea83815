import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findRejected } from "../../src/channel/media.ts";
import { openJournal } from "../../src/store/journal.ts";
import { startAccount } from "../conformance/account.ts";
import { connectClient } from "../support/client.ts";
import { textFields, withText } from "../support/schema-fields.ts";
import { createScriptedAgent, laneOf } from "../support/scripted-agent.ts";

let base: string;
let root: string;
/** Each test has its own: what an earlier one said would be a repeat. */
let journals = 0;
beforeAll(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), "hostile-")));
  root = join(base, "allowed");
  mkdirSync(root);
  mkdirSync(join(base, "state"));
  writeFileSync(join(base, "secret.txt"), "secret");
  writeFileSync(join(root, "in.txt"), "inside");
  symlinkSync(join(base, "secret.txt"), join(root, "link"));
});
afterAll(() => rmSync(base, { recursive: true }));

const climbs = () => ["../secret.txt", "../../../../etc/passwd", "/etc/passwd", "link", `${root}/../secret.txt`, `${base}/secret.txt`, "file:///etc/passwd", "FILE:///etc/passwd", "in.txt\0.png", "http://127.0.0.1/x", "//localhost/share/x", "~/.ssh/id_rsa", "/proc/self/environ", "..\\secret.txt", "%2e%2e/secret.txt"];

/** Fields of a message that name a file or an address, and those that could be taken for part of one. */
const fields = textFields("websocket").filter(({ message }) => message === "chat.send");
const reading = fields.filter(({ steps }) => /path|url/i.test(steps.join(".")));
const naming = fields.filter(({ steps }) => /Id$|Subject$|Name$|^name$/.test(steps.at(-1) ?? "") && steps[0] !== "senderId" && steps[0] !== "media");

async function start() {
  const agent = createScriptedAgent({
    answer({ request, reply }) {
      reply.payload({ text: `You said: ${request.inbound.content}` });
      return { ended: "completed" };
    },
  });
  agent.access = async (inbound) => {
    const rejected = await findRejected(inbound.media, { roots: [root], maxBytes: 1_000 });
    return rejected === undefined ? { admitted: true, lane: laneOf(inbound) } : { admitted: false, code: "media_rejected", error: `Attachment rejected: ${rejected}` };
  };
  const account = await startAccount({ greeting: false }, agent, openJournal(join(base, "state", `journal-${(journals += 1)}.sqlite`), { remembered: 200 }));
  return { account, agent, client: await connectClient(account.url, { senderId: "mallory" }) };
}

describe("a path that leads out", () => {
  it.each(reading.map(({ steps }) => ({ steps, field: steps.join(".") })))("WS-26 is refused with media_rejected in $field, and read by nobody", async ({ steps }) => {
    const { account, agent, client } = await start();
    for (const [index, path] of climbs().entries()) {
      const messageId = `m${index}`;
      client.send(withText({ type: "chat.send", messageId, content: "read this" }, steps, path));
      const answer = await client.answer(messageId);
      expect([path, answer.type]).toEqual([path, "chat.error"]);
      expect(answer.error).toMatch(/^Attachment rejected: /);
      expect(answer.error).not.toContain("secret");
      // Ten refusals in a row would close (WS-10).
      expect(await client.answer(client.say("and this", { messageId: `good${index}`, mediaPath: "in.txt" }))).toMatchObject({ type: "chat.response" });
    }
    expect(agent.began).toEqual(climbs().map((_, index) => `good${index}`));
    await client.close();
    await account.stop();
  });

  it.each(naming.map(({ steps }) => ({ steps, field: steps.join(".") })))("WS-23 is a name like any other in $field, and no file comes of it", async ({ steps }) => {
    const { account, client } = await start();
    const before = [readdirSync(base), readdirSync(root)];
    for (const [index, path] of ["../../x", "/tmp/x", "..", "C:\\x", "a/../../b"].entries()) {
      const group = steps[0]?.startsWith("group") ? { chatType: "group", groupId: "g" } : {};
      const frame = withText({ type: "chat.send", messageId: `m${index}`, content: "hello", ...group }, steps, path) as { messageId: string };
      client.send(frame);
      expect(await client.answer(frame.messageId)).toMatchObject({ type: "chat.response" });
    }
    expect([readdirSync(base), readdirSync(root)]).toEqual(before);
    expect(readdirSync(join(base, "state")).filter((name) => !/^journal-\d+\.sqlite/.test(name))).toEqual([]);
    await client.close();
    await account.stop();
  });

  it("is tried in every field of the document that names a file or an address", () => {
    expect(reading.map(({ steps }) => steps.join("."))).toEqual(["mediaPath", "mediaPaths.*", "media.*.url"]);
    expect(naming.length).toBeGreaterThan(5);
  });
});
