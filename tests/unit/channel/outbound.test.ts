import { isRecentOutboundMessageIdentity } from "openclaw/plugin-sdk/channel-outbound";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Announcement, Recipient, UploadedFile } from "../../../src/account/account.ts";
import { clawchatToolGuard } from "../../../src/channel/clawchat.ts";
import { hostMessageId } from "../../../src/channel/identity.ts";
import { createOutbound } from "../../../src/channel/outbound.ts";
import { createResumed } from "../../../src/channel/resumed.ts";
import { createLiveAccounts } from "../../../src/channel/running.ts";
import { noApprovals } from "./fake-host.ts";

const { channel } = clawchatToolGuard;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "outbound-"));
  writeFileSync(join(folder, "plan.txt"), "the plan");
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A running account; `takes` says whether its server takes files. */
function stage(takes: boolean) {
  const live = createLiveAccounts();
  const sent: [Recipient, Announcement][] = [];
  const uploaded: UploadedFile[] = [];
  const account = {
    url: "wss://chat.example/ws",
    probe: async () => ({ ok: true, checked: [], roundTripMs: 1 }) as const,
    status: () => ({ connected: true, running: 0, waiting: 0 }),
    send: async (to: Recipient, message: Announcement) => (sent.push([to, message]), { messageId: "msg-1" }),
    carries: () => [],
    act: async () => ({ is: "away" }) as const,
    async upload(file: UploadedFile) {
      if (!takes) throw new Error("HTTP 503");
      uploaded.push(file);
      return { kind: "file", url: "https://media.example/1", name: "plan.txt" } as const;
    },
  };
  live.add("default", { account, resumed: createResumed(), approvals: noApprovals, log: { debug() {}, info() {}, warn() {}, error() {} }, mediaBytes: () => 1000 });
  const { sendMedia } = createOutbound(channel, live).attachedResults;
  const send = (mediaUrl: string) => sendMedia?.({ cfg: { channels: { clawchat: {} } }, to: "clawchat:group:cnv_1", text: "Here it is.", mediaUrl, mediaLocalRoots: [folder] });
  return { send, sent, uploaded };
}

describe("a file that the agent sends unasked", () => {
  it("CC-87 is uploaded first, and goes with its words", async () => {
    const { send, sent, uploaded } = stage(true);
    expect(await send(join(folder, "plan.txt"))).toMatchObject({ messageId: "msg-1" });
    expect(uploaded.map(({ bytes, name }) => [Buffer.from(bytes).toString(), name])).toEqual([["the plan", "plan.txt"]]);
    expect(sent).toEqual([[{ kind: "group", id: "cnv_1" }, { text: "Here it is.", attachments: [{ kind: "file", url: "https://media.example/1", name: "plan.txt" }] }]]);
  });

  it("CC-87 fails with its words where it cannot be put there, or lies where the agent has no business", async () => {
    for (const [takes, file] of [[false, join(folder, "plan.txt")], [true, "/etc/hostname"], [true, join(folder, "missing.txt")]] as const) {
      const { send, sent, uploaded } = stage(takes);
      await expect(send(file)).rejects.toThrow("a file of the agent could not be sent");
      expect([sent, uploaded]).toEqual([[], []]);
    }
  });
});

describe("what is said unasked", () => {
  const cfg = { channels: { clawchat: {} } };
  const said = (sent: { messageId: string } | "away" | "unknown") => {
    const live = createLiveAccounts();
    const sendings: [Recipient, Announcement][] = [];
    const account = { url: "", status: () => ({ connected: true, running: 0, waiting: 0 }), carries: () => [], act: async () => ({ is: "away" }) as const, probe: async () => ({ ok: true, checked: [], roundTripMs: 1 }) as const, send: async (to: Recipient, message: Announcement) => (sendings.push([to, message]), sent) };
    live.add("default", { account, resumed: createResumed(), approvals: noApprovals, log: { debug() {}, info() {}, warn() {}, error() {} }, mediaBytes: () => 1000 });
    const { sendText } = createOutbound(channel, live).attachedResults;
    return { sendings, send: async (to: string, replyToId?: string) => await sendText?.({ cfg, to, text: "hi", ...(replyToId !== undefined && { replyToId }) }) };
  };

  it("quotes a message by the id of the wire, and by the one the host gave it", async () => {
    const { send, sendings } = said({ messageId: "m" });
    await send("clawchat:user:usr_1", "msg-7");
    await send("clawchat:user:usr_1", hostMessageId({ messageId: "msg-7", receivedAt: 1, sender: { id: "usr_1", verified: true }, conversation: { kind: "direct", id: "usr_1" } }));
    expect(sendings.map(([, { replyToMessageId }]) => replyToMessageId)).toEqual(["msg-7", "msg-7"]);
  });

  it("says so where no wire can carry the id of the message it quotes", async () => {
    const { send, sendings } = said({ messageId: "m" });
    await expect(send("clawchat:user:usr_1", "m".repeat(513))).rejects.toThrow(/"m+…?[^"]*" is no id of a message: .* at most 512 characters/);
    expect(sendings).toEqual([]);
  });

  it("is kept by the host where certainly nobody got it, and is not said again where somebody may have", async () => {
    await expect(said("away").send("clawchat:user:usr_1")).rejects.toMatchObject({ name: "PlatformMessageNotDispatchedError", message: expect.stringContaining("OpenClaw keeps the message") as string });
    await expect(said("unknown").send("clawchat:user:usr_1")).rejects.toMatchObject({ name: "Error", message: expect.stringContaining("it may have arrived or not") as string });
    // No try will make it a target.
    await expect(said("away").send("@nobody")).rejects.toMatchObject({ name: "Error", message: expect.stringContaining("is no target") as string });
  });
});

describe("what an account has said itself", () => {
  it("is known to the host for the case that the server plays it back", async () => {
    const { send } = stage(true);
    const said = { channel: "clawchat", accountId: "default", conversationId: "cnv_1", sourceId: "msg-1" };
    await send(join(folder, "plan.txt"));
    expect(isRecentOutboundMessageIdentity(said)).toBe(true);
    expect(isRecentOutboundMessageIdentity({ ...said, conversationId: "cnv_2" })).toBe(false);
  });
});
