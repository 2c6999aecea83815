import { beforeEach, describe, expect, it, vi } from "vitest";
import type { SessionText } from "../../../src/channel/resumed.ts";
import { fakeHost, inboundOf } from "./fake-host.ts";
import { answer, giveUp, run } from "./turns.ts";

/** What stands in the host's session: by default, that it has begun with the message. */
const session = vi.hoisted(() => ({ texts: [] as SessionText[] }));
vi.mock("openclaw/plugin-sdk/session-store-runtime", async (original) => ({ ...(await original<object>()), readRecentUserAssistantTextForSession: async () => session.texts }));

beforeEach(() => {
  const { content, receivedAt } = inboundOf();
  session.texts = [{ role: "user", text: content, timestamp: receivedAt }];
});

describe("a turn that a restart cut", () => {
  it("runs when the host has never seen it", async () => {
    const host = fakeHost({});
    session.texts = [];
    host.onDispatch = answer("At eight.");
    const { outcome, payloads } = await run(host, {}, 2);
    expect(await outcome).toEqual({ ended: "completed" });
    expect(payloads).toEqual([{ text: "At eight." }]);
    expect(host.dispatched).toHaveLength(1);
  });

  it("is left to the host when the host takes it up by itself, and gets the answer the host sends", async () => {
    const host = fakeHost({});
    host.sessionStatus = "running";
    const { outcome, payloads, resumed } = await run(host, {}, 2);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(resumed.take("ws:user:ann", { text: "I'm continuing your interrupted request now (the gateway has just restarted)." })).toBe(true);
    expect(resumed.take("ws:user:ann", { text: "At eight." })).toBe(true);
    host.sessionStatus = "done";
    expect(await outcome).toEqual({ ended: "completed" });
    expect(payloads).toEqual([{ text: "At eight." }]);
    // Under its first id it would fail behind what the host says of it.
    expect(host.dispatched).toEqual([]);
    expect(resumed.take("ws:user:ann", { text: "Later news." })).toBe(false);
  });

  it("takes for its answer nothing that the host says about it (issue 7)", async () => {
    const host = fakeHost({});
    host.sessionStatus = "running";
    const { outcome, payloads, resumed } = await run(host, {}, 2);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(resumed.take("ws:user:ann", { text: "I couldn’t confirm whether my previous reply reached this chat, so I won’t resend it automatically. Please ask for any missing remainder." })).toBe(true);
    expect(resumed.take("ws:user:ann", { text: "At eight." })).toBe(true);
    host.sessionStatus = "done";
    await outcome;
    expect(payloads).toEqual([{ text: "At eight." }]);
  });

  it("that is given up waits until the host is done with it, and gets its answer (issue 7)", async () => {
    const host = fakeHost({});
    host.sessionStatus = "running";
    const { outcome, payloads, resumed } = giveUp(host);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(resumed.take("ws:user:ann", { text: "At eight." })).toBe(true);
    host.sessionStatus = "done";
    expect(await outcome).toEqual({ ended: "completed" });
    expect(payloads).toEqual([{ text: "At eight." }]);
    expect(host.dispatched).toEqual([]);
  });

  it("that is given up gets nothing, and does not run, where the host makes nothing of it (issue 7)", async () => {
    const host = fakeHost({});
    const { outcome, payloads } = giveUp(host);
    expect(await outcome).toBeUndefined();
    expect([payloads, host.dispatched]).toEqual([[], []]);
  });

  it("runs where the host says that it is to go on with it and does not (issue 7)", async () => {
    const host = fakeHost({});
    host.session = { status: "running", abortedLastRun: true };
    host.onDispatch = answer("At eight.");
    const { outcome, payloads } = await run(host, {}, 2);
    expect(await outcome).toEqual({ ended: "completed" });
    expect(payloads).toEqual([{ text: "At eight." }]);
    expect(host.dispatched).toHaveLength(1);
    expect(host.logged).toContainEqual(expect.stringContaining("the host does not go on with session"));
  });

  it("waits for as long as the host goes on with others, one after the other (issue 7)", async () => {
    const host = fakeHost({});
    const cut = { status: "running", abortedLastRun: true };
    host.session = cut;
    host.otherSessions = [cut, cut, cut];
    const { outcome, payloads } = await run(host, {}, 2);
    const listed = vi.spyOn(host.runtime.agent.session, "listSessionEntries");
    // A minute each.
    for (let left = 3; left > 0; left -= 1) {
      const looks = listed.mock.calls.length;
      host.otherSessions = host.otherSessions.slice(1);
      await vi.waitUntil(() => listed.mock.calls.length > looks, { interval: 0, timeout: 5000 });
    }
    session.texts = [...session.texts, { role: "assistant", text: "At eight." }];
    host.session = { status: "done" };
    expect(await outcome).toEqual({ ended: "completed" });
    expect(payloads).toEqual([{ text: "At eight." }]);
    expect([host.dispatched, host.logged.join()]).toEqual([[], expect.not.stringContaining("does not go on")]);
  });

  it("that is given up does not wait for ever for a host that does not go on with it (issue 7)", async () => {
    const host = fakeHost({});
    host.session = { status: "running", abortedLastRun: true };
    expect(await giveUp(host).outcome).toBeUndefined();
    expect(host.dispatched).toEqual([]);
  });

  it("does not take for its own what the host says to an earlier message that it goes on with (issue 7)", async () => {
    const host = fakeHost({});
    host.sessionStatus = "running";
    session.texts = [{ role: "user", text: "the one before", timestamp: 5 }];
    host.onDispatch = async (request) => (host.dispatched.length === 1 ? { counts: {} } : await answer("At eight.")(request));
    const { outcome, payloads, resumed } = await run(host, {}, 2);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(resumed.take("ws:user:ann", { text: "The answer to the one before." })).toBe(true);
    host.sessionStatus = "done";
    expect(await outcome).toEqual({ ended: "completed" });
    expect(payloads).toEqual([{ text: "At eight." }]);
  });

  it("is cancelled while it waits for the host", async () => {
    const host = fakeHost({});
    host.sessionStatus = "running";
    const abort = new AbortController();
    const { outcome } = await run(host, {}, 2, abort.signal);
    abort.abort();
    expect(await outcome).toEqual({ ended: "aborted" });
  });

  it("gets the answer that stands behind it when the session was busy with an earlier message, whose answer came first (issue 7)", async () => {
    const host = fakeHost({});
    const own = session.texts;
    const before: SessionText[] = [{ role: "user", text: "the one before", timestamp: 5 }, { role: "assistant", text: "The answer to the one before." }];
    session.texts = before;
    host.onDispatch = async () => ({ deferredToActiveRun: "followup" });
    const { outcome, payloads, resumed } = await run(host);
    await new Promise((resolve) => setTimeout(resolve, 2));
    resumed.take("ws:user:ann", { text: "The answer to the one before." });
    session.texts = [...before, ...own];
    await new Promise((resolve) => setTimeout(resolve, 2));
    session.texts = [...before, ...own, { role: "assistant", text: "At eight." }];
    expect(await outcome).toEqual({ ended: "completed" });
    expect(payloads).toEqual([{ text: "At eight." }]);
  });

  it("does not get what was said to an earlier one, however long the host takes to begin with it (issue 7)", async () => {
    const host = fakeHost({});
    const own = session.texts;
    const before: SessionText[] = [{ role: "user", text: "the one before", timestamp: 5 }, { role: "assistant", text: "⚠️ Agent run failed." }];
    session.texts = before;
    const pauses = vi.spyOn(host.system, "after");
    host.onDispatch = async () => ({ deferredToActiveRun: "followup" });
    const { outcome, payloads, resumed } = await run(host);
    await vi.waitUntil(() => resumed.take("ws:user:ann", { text: "⚠️ Agent run failed." }), { interval: 0 });
    // Half a second each.
    await vi.waitUntil(() => pauses.mock.calls.length >= 40, { interval: 0 });
    session.texts = [...before, ...own, { role: "assistant", text: "At eight." }];
    expect(await outcome).toEqual({ ended: "completed" });
    expect(payloads).toEqual([{ text: "At eight." }]);
  });

  it("leaves time for the answer with its files, where what came before it is an earlier one's (issue 7)", async () => {
    const host = fakeHost({});
    const before: SessionText[] = [{ role: "user", text: "the one before", timestamp: 5 }, { role: "assistant", text: "The answer to the one before." }];
    session.texts = [...before, ...session.texts, { role: "assistant", text: "At eight." }];
    host.onDispatch = async () => ({ deferredToActiveRun: "followup" });
    const { outcome, payloads, resumed } = await run(host);
    await vi.waitUntil(() => resumed.take("ws:user:ann", { text: "The answer to the one before." }), { interval: 0 });
    await new Promise((resolve) => setTimeout(resolve, 3));
    expect(resumed.take("ws:user:ann", { text: "At eight.", mediaUrls: ["plan.png"] })).toBe(true);
    await outcome;
    expect(payloads).toEqual([{ text: "At eight.", mediaUrls: ["plan.png"] }]);
  });

  it("gets all that the turn says into which the host has worked it", async () => {
    const host = fakeHost({});
    session.texts = [{ role: "user", text: "the one before", timestamp: 5 }, { role: "assistant", text: "At eight, and the zoo at nine." }];
    host.onDispatch = async () => ({ deferredToActiveRun: "steer" });
    const { outcome, payloads, resumed } = await run(host);
    await vi.waitUntil(() => resumed.take("ws:user:ann", { text: "At eight, and the zoo at nine." }), { interval: 0 });
    expect(await outcome).toEqual({ ended: "completed" });
    expect(payloads).toEqual([{ text: "At eight, and the zoo at nine." }]);
  });

  it("gets the answer that the host sends later when the session was busy", async () => {
    const host = fakeHost({});
    host.onDispatch = async () => ({ deferredToActiveRun: "followup" });
    const { outcome, payloads, resumed } = await run(host);
    await new Promise((resolve) => setTimeout(resolve, 5));
    resumed.take("ws:user:ann", { text: "At eight." });
    expect(await outcome).toEqual({ ended: "completed" });
    expect(payloads).toEqual([{ text: "At eight." }]);
  });
});
