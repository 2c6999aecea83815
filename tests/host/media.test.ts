import { writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ChatClient } from "../support/client.ts";
import { type FourChannels, startFour } from "./four.ts";

const pixel = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
const large = Buffer.alloc(3000, "x").toString("base64");

let four: FourChannels;
let ann: ChatClient;

beforeAll(async () => {
  four = await startFour({
    channels: { websocket: { dmPolicy: "open", allowFrom: ["*", "ann"], media: { maxBytes: 2000 } }, clawchat: { dmPolicy: "open", allowFrom: ["*"] } },
  });
  await writeFile(path.join(four.layout.workspace, "plan.png"), pixel);
  ann = await four.websocket.client("ann");
  ann.send({ type: "chat.hello", extensions: ["media"] });
  await ann.waitFor(({ type }) => type === "chat.welcome");
});
afterAll(() => four.stop());

const bodyOf = (text: string) => JSON.stringify(four.model.requests.filter(({ prompt }) => prompt.text.includes(text)).map(({ body }) => body));

describe("files that people send, at a real gateway", () => {
  it("WS-26 shows the agent what lies inside the frame: websocket", async () => {
    const id = ann.say("read this note [[say read]]", { media: [{ data: Buffer.from("the plum is ripe").toString("base64"), mimeType: "text/plain", name: "note.txt" }] });
    expect(await ann.answer(id)).toMatchObject({ type: "chat.response" });
    expect(bodyOf("read this note")).toContain("the plum is ripe");
  });

  it("WS-26 refuses what is too large, lies in a private network or on this machine, or is fetched in the clear: websocket", async () => {
    const refused = await Promise.all(
      [{ media: [{ data: large }] }, { media: [{ url: "https://127.0.0.1:9/a.png" }] }, { media: [{ url: "https://10.0.0.1/a.png" }] }, { mediaPath: "/etc/hostname" }, { mediaPath: "http://example.com/a.png" }].map(
        async (more, index) => await ann.answer(ann.say(`refuse this ${index}`, more), 60_000),
      ),
    );
    expect(refused.map(({ type }) => type)).toEqual(Array.from({ length: 5 }, () => "chat.error"));
    expect(four.model.requests.filter(({ prompt }) => prompt.text.includes("refuse this"))).toEqual([]);
  });

  it("shows the agent a file of an input part, and refuses one in a private network: insta-claw", async () => {
    const server = four.servers["insta-claw"];
    const ask = (id: string, text: string, part: object) =>
      server.raw(JSON.stringify({ type: "response.create", model: "any", input: [{ type: "message", role: "user", content: [{ type: "input_text", text }, part] }], metadata: { message_id: id, sender_id: "ann", session_id: "ann" } }));
    ask("file-1", "a part with a file [[say read]]", { type: "input_file", filename: "note.txt", file_data: `data:text/plain;base64,${Buffer.from("the fig is green").toString("base64")}` });
    await expect.poll(() => bodyOf("a part with a file"), { timeout: 30_000 }).toContain("the fig is green");
    ask("file-2", "a part from inside", { type: "input_image", image_url: "https://127.0.0.1:9/a.png" });
    await expect.poll(() => server.replies.find(({ messageId }) => messageId === "file-2")?.end?.how, { timeout: 30_000 }).toBe("failed");
    expect(bodyOf("a part from inside")).toBe("[]");
  });

  it("CC-88 reads what lies in the media service with the account's login, and leaves the rest out with a note: clawchat", async () => {
    const { clawchat } = four.servers;
    const sent = await four.wires.clawchat.ask("owner", `[[media ${path.join(four.layout.workspace, "plan.png")}]] [[say the plan]]`);
    expect(sent).toContain("the plan");
    const shown = [...clawchat.server.view.messages.values()].flatMap(({ fragments }) => fragments as { kind?: string; url?: string }[]);
    const url = shown.find(({ kind }) => kind === "image")?.url;
    const fragments = [{ kind: "text", text: "[[say seen]] which picture?" }, { kind: "image", url, name: "plan.png", mime: "image/png" }, { kind: "file", url: "https://127.0.0.1:9/secret.txt", name: "secret.txt" }];
    await clawchat.reply(clawchat.say({ user: "owner", text: "", more: { fragments } }), 60_000);
    expect(bodyOf("which picture?")).toMatch(/input_image|image_url/);
    expect(bodyOf("which picture?")).toContain("An attachment is missing");
  });
});

describe("files that the agent sends, at a real gateway", () => {
  it("reach people from the command line: inside an address, or uploaded where the wire has a place for files", async () => {
    await Promise.all([ann.answer(ann.say("hello [[say hi]]")), four.wires.clawchat.ask("owner", "hello [[say hi]]")]);
    const file = path.join(four.layout.workspace, "plan.png");
    const send = (channel: string, target: string, media: string) => four.cli("message", "send", "--channel", channel, "--target", target, "--message", `A plan on ${channel}.`, "--media", media);
    const [websocket, clawchat, foreign] = await Promise.all([send("websocket", "ws:user:ann", file), send("clawchat", four.wires.clawchat.target("owner"), file), send("clawchat", four.wires.clawchat.target("owner"), "/etc/hostname")]);
    expect([websocket.code, clawchat.code, foreign.code], `${websocket.stderr}${clawchat.stderr}`).toEqual([0, 0, 1]);
    expect(ann.frames.find(({ content }) => content === "A plan on websocket.")).toMatchObject({ mediaUrls: [expect.stringMatching(/^data:image\/png;base64,/) as string] });
    const said = [...four.servers.clawchat.server.view.messages.values()].find(({ text }) => text.includes("A plan on clawchat."));
    expect(said?.fragments).toMatchObject([{ kind: "text" }, { kind: "image", mime: "image/png", size: pixel.length }]);
    expect(Object.values(four.servers).flatMap(({ violations }) => violations.map(({ text }) => text))).toEqual([]);
  });
});
