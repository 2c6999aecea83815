import { describe, expect, it } from "vitest";
import { readActivity } from "../../../src/channel/activity.ts";
import { resolveAccount } from "../../../src/channel/accounts.ts";
import { clawchatRules } from "../../../src/channel/clawchat-account.ts";
import { localImRules } from "../../../src/channel/local-im-account.ts";
import { streamingOf } from "../../../src/channel/streaming.ts";

describe("how turns are shown", () => {
  it.each([
    [true, "partial"],
    [false, "off"],
    [{ mode: "progress" }, "progress"],
    [{}, "off"],
    [{ mode: "off", block: { enabled: true } }, "block"],
    [{ mode: "partial", block: { enabled: false } }, "partial"],
  ] as const)("reads %j as the mode %s", (streaming, mode) => {
    expect(streamingOf({ streaming }).mode).toBe(mode);
  });

  it("shows tools unless the operator has turned them off for the mode", () => {
    expect(streamingOf({ streaming: { mode: "progress", preview: { toolProgress: false } } }).showsTools).toBe(true);
    expect(streamingOf({ streaming: { mode: "progress", progress: { toolProgress: false } } }).showsTools).toBe(false);
    expect(streamingOf({ streaming: { mode: "block", preview: { toolProgress: false } } }).showsTools).toBe(false);
  });

  it("lets an account say more than its channel, and nothing that the host does not know", () => {
    const block = (streaming: object | boolean, own: object = {}) => ({ channels: { clawchat: { streaming, accounts: { work: own } } } });
    const resolve = (cfg: object) => resolveAccount(clawchatRules, cfg, "work", {});
    expect(resolve(block({ mode: "block", block: { coalesce: { idleMs: 5 } } }, { streaming: { mode: "off" } })).config?.streaming).toEqual({ mode: "off", block: { coalesce: { idleMs: 5 } } });
    expect(resolve(block({ mode: "block" }, { streaming: true })).config?.streaming).toBe(true);
    expect(resolve(block(false)).config?.streaming).toBe(false);
    expect(resolve(block({ mode: "draft" })).problem).toMatch(/streaming/);
    const local = resolveAccount(localImRules, { channels: { "nc-local-im-connector": { serverUrl: "ws://127.0.0.1:1", streaming: { mode: "draft" } } } }, "default", {});
    expect(local.problem).toMatch(/streaming\.mode.*(off|partial)/);
  });
});

describe("what a peer may know of a tool", () => {
  const item = { toolCallId: "call_1", kind: "tool", name: "read", title: "read /etc/secret", meta: "/etc/secret" };

  it("is its name, and that it begins and ends: nothing of what it was given", () => {
    expect(readActivity({ ...item, phase: "start", status: "running" })).toEqual({ id: "call_1", tool: "read", status: "started" });
    expect(readActivity({ ...item, phase: "end", status: "completed" })).toEqual({ id: "call_1", tool: "read", status: "completed" });
    expect(readActivity({ ...item, phase: "end", status: "failed" })).toEqual({ id: "call_1", tool: "read", status: "failed" });
  });

  it("is nothing between these, and nothing of steps that are no tools", () => {
    expect(readActivity({ ...item, phase: "update" })).toBeUndefined();
    expect(readActivity({ ...item, kind: "command", phase: "start" })).toBeUndefined();
    expect(readActivity({ kind: "preamble", phase: "end" })).toBeUndefined();
    expect(readActivity({ ...item, toolCallId: "", phase: "start" })).toBeUndefined();
    expect(readActivity({ ...item, name: "\u0007", phase: "start" })).toBeUndefined();
  });

  it("has no character that no frame can hold", () => {
    expect(readActivity({ ...item, toolCallId: "call\n1", name: "re\u0085ad", phase: "start" })).toMatchObject({ id: "call1", tool: "read" });
  });
});
