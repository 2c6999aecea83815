import { describe, expect, it } from "vitest";
import { readGroupSettings, readOwnUserId, readPermissions, readTitle, readUploaded } from "../../../../src/protocols/clawchat/backend.ts";
import { readConnected, readTokenPair } from "../../../../src/protocols/clawchat/rest.ts";

const nonsense: readonly unknown[] = [undefined, null, 3, "text", true, [], ["user_id"], {}];

describe("what the service says of groups", () => {
  const read = (row: object) => readGroupSettings({ settings: [row] });

  it("CC-58 is what the owner has set, in our words", () => {
    expect(read({ conversation_id: "cnv_a", muted: true, reply_mode: "mention", batch_delay_seconds: 90 })).toEqual([{ chatId: "cnv_a", muted: true, replyMode: "mention", batchDelayMs: 90_000 }]);
  });

  it("CC-58 is that everything is answered at once where nothing is set, or with a word nobody knows", () => {
    const plain = { chatId: "cnv_a", muted: false, replyMode: "all", batchDelayMs: 0 };
    expect(read({ conversation_id: "cnv_a" })).toEqual([plain]);
    expect(read({ conversation_id: "cnv_a", muted: null, reply_mode: null, batch_delay_seconds: null })).toEqual([plain]);
    expect(read({ conversation_id: "cnv_a", muted: false, reply_mode: "whenever", batch_delay_seconds: 0 })).toEqual([plain]);
  });

  it.each([
    ["without a conversation", { muted: true }],
    ["with a blank one", { conversation_id: " " }],
    ["with a number for one", { conversation_id: 5 }],
    ["with a word for being muted", { conversation_id: "cnv_b", muted: "yes" }],
    ["with a word for a delay", { conversation_id: "cnv_b", batch_delay_seconds: "3" }],
    ["with a delay before now", { conversation_id: "cnv_b", batch_delay_seconds: -1 }],
    ["with half a second", { conversation_id: "cnv_b", batch_delay_seconds: 0.5 }],
  ])("CC-58 leaves out a row %s, and reads the others", (_, row) => {
    expect(readGroupSettings({ settings: [row, { conversation_id: "cnv_a", muted: true }] })?.map(({ chatId }) => chatId)).toEqual(["cnv_a"]);
  });
});

describe("what the service says of a file", () => {
  it("is all of it that makes sense", () => {
    expect(readUploaded({ kind: "image", url: "https://media.example/a", name: "a.png", mime: "image/png", size: 0 })).toEqual({ kind: "image", url: "https://media.example/a", name: "a.png", mimeType: "image/png", size: 0 });
    expect(readUploaded({ url: "https://media.example/a" })).toStrictEqual({ kind: "file", url: "https://media.example/a" });
    expect(readUploaded({ url: "https://media.example/a", name: " ", mime: 5, size: -1 })).toStrictEqual({ kind: "file", url: "https://media.example/a" });
    expect(readUploaded({ url: "https://media.example/a", size: "12" })).toStrictEqual({ kind: "file", url: "https://media.example/a" });
  });

  it.each(["image", "video", "audio"])("is of the kind %s by its word for it, or by its type", (kind) => {
    expect(readUploaded({ url: "u", kind, mime: "text/plain" })?.kind).toBe(kind);
    expect(readUploaded({ url: "u", kind: "thing", mime: `${kind}/x-any` })?.kind).toBe(kind);
    expect(readUploaded({ url: "u", kind: "file", mime: "application/pdf" })?.kind).toBe("file");
  });

  it("is nothing without an address", () => {
    for (const data of [...nonsense, { kind: "image", url: "" }]) expect(readUploaded(data)).toBeUndefined();
  });
});

describe("what the service says of the agent", () => {
  it("is its id under either name, the longer one first", () => {
    expect(readOwnUserId({ user_id: "usr_a", id: "usr_b" })).toBe("usr_a");
    expect(readOwnUserId({ id: "usr_b" })).toBe("usr_b");
    expect(readOwnUserId({ user_id: " ", id: "usr_b" })).toBe("usr_b");
    for (const data of nonsense) expect(readOwnUserId(data)).toBeUndefined();
  });

  it("is the title of a conversation", () => {
    expect(readTitle({ title: "Workshop" })).toBe("Workshop");
    expect(readTitle(Object.create({ title: "Workshop" }))).toBeUndefined();
    for (const data of [...nonsense, { title: 5 }]) expect(readTitle(data)).toBeUndefined();
  });

  it("is what it may do: an operation with a word nobody knows has to be asked for", () => {
    expect(readPermissions({ read: "allow", write: "deny", post: "ask", fly: "perhaps", level: 3 })).toEqual(new Map([["read", "allow"], ["write", "deny"], ["post", "ask"], ["fly", "ask"]]));
    expect(readPermissions({})).toEqual(new Map());
    for (const data of nonsense.slice(0, -1)) expect(readPermissions(data)).toBeUndefined();
  });
});

describe("what the service says of a login", () => {
  const connected = { access_token: "access-1", refresh_token: "refresh-1", agent: { id: "agt_1", user_id: "usr_a", owner_id: "usr_o" }, conversation: { id: "cnv_1" } };

  it("CC-75 is a pair of tokens, or nothing", () => {
    expect(readTokenPair({ access_token: "a", refresh_token: "r" })).toEqual({ accessToken: "a", refreshToken: "r" });
    for (const data of [...nonsense, { access_token: "a" }, { refresh_token: "r" }, { access_token: "", refresh_token: "r" }]) expect(readTokenPair(data)).toBeUndefined();
  });

  it("CC-84 is who the agent is, and whose", () => {
    expect(readConnected(connected)).toEqual({ accessToken: "access-1", refreshToken: "refresh-1", userId: "usr_a", ownerUserId: "usr_o", agentId: "agt_1", homeConversationId: "cnv_1" });
  });

  it("CC-84 lacks what is null or blank where it may be absent, for the code is used up", () => {
    const bare = { accessToken: "access-1", userId: "usr_a", ownerUserId: "usr_o", homeConversationId: "cnv_1" };
    for (const nothing of [undefined, null, "", " "]) {
      expect(readConnected({ ...connected, refresh_token: nothing, agent: { ...connected.agent, id: nothing } })).toStrictEqual(bare);
      expect(readConnected({ ...connected, access_token: nothing })).toBeUndefined();
      expect(readConnected({ ...connected, agent: { ...connected.agent, user_id: nothing } })).toBeUndefined();
    }
    for (const data of [...nonsense, { ...connected, agent: null }, { ...connected, agent: [] }, { ...connected, conversation: "cnv_1" }]) expect(readConnected(data)).toBeUndefined();
  });
});
