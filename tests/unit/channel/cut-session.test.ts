import { expect, it, vi } from "vitest";
import { createCutSessions } from "../../../src/channel/cut-session.ts";
import type { Route } from "../../../src/channel/routes.ts";
import { type FakeHost, fakeHost } from "./fake-host.ts";

const cut = { status: "running", abortedLastRun: true };
/** Cut while the host handed over what it had said. */
const said = { ...cut, pendingFinalDelivery: { kind: "replayable", text: "At eight.", deliveries: [{ id: "d1", state: "prepared" }] } };
const atWork = { status: "running", abortedLastRun: false };
const route = { agentId: "main", sessionKey: "agent:main:websocket:direct:ann" } as Route;
function cutHost(...otherSessions: object[]): FakeHost & { looks(): Promise<void> } {
  const host = fakeHost({});
  host.session = said;
  host.otherSessions = otherSessions;
  const listed = vi.spyOn(host.runtime.agent.session, "listSessionEntries");
  return Object.assign(host, {
    /** Until the host's sessions were counted once more. */
    async looks() {
      const looks = listed.mock.calls.length;
      await vi.waitUntil(() => listed.mock.calls.length > looks, { interval: 0, timeout: 5000 });
    },
  });
}

const waitFor = (host: FakeHost) => createCutSessions(host).untilSettled(route, new AbortController().signal, async () => true);

it("a session that the host leaves is at rest where all is said in it, and takes messages again (issue 7)", async () => {
  const host = cutHost();
  await waitFor(host);
  expect(host.session).toEqual({ status: "done", abortedLastRun: false });
  expect(host.logged).toEqual([expect.stringMatching(/the host does not go on with session agent:main.*it takes messages again/)]);
});

it("a session that the host leaves stays as it is where the host had not said all: it may still run it", async () => {
  const host = cutHost();
  host.session = cut;
  await waitFor(host);
  expect(host.session).toEqual(cut);
  expect(host.logged).toEqual([expect.not.stringContaining("takes messages again")]);
});

it("a session that the host went on with in the meantime is not touched", async () => {
  const host = cutHost();
  const { patchSessionEntry } = host.runtime.agent.session;
  host.runtime.agent.session.patchSessionEntry = async (patch) => {
    host.session = atWork;
    return await patchSessionEntry(patch);
  };
  await waitFor(host);
  expect([host.session, host.logged]).toEqual([atWork, []]);
});

it("the host has as long as it needs while it is at work in a session that was cut too (issue 7)", async () => {
  const host = cutHost(cut, cut);
  const waiting = waitFor(host);
  // One turn that takes long.
  host.otherSessions = [atWork, cut];
  for (let look = 0; look < 3; look += 1) await host.looks();
  expect(host.logged).toEqual([]);
  host.otherSessions = [cut];
  await waiting;
  expect(host.session).toMatchObject({ status: "done" });
});

it("the host has three minutes for an answer that stands in its queue: nobody gets it twice", async () => {
  const queued = { ...cut, pendingFinalDelivery: { kind: "replayable", text: "At eight.", deliveries: [{ id: "d1", state: "queued" }] } };
  const host = cutHost();
  host.session = queued;
  const waiting = waitFor(host);
  for (let look = 0; look < 5; look += 1) await host.looks();
  expect([host.session, host.logged]).toEqual([queued, []]);
  await waiting;
  expect(host.session).toMatchObject({ status: "done" });
});

it("a session at work that was never cut is no sign that the host goes on (issue 7)", async () => {
  const host = cutHost(atWork);
  await waitFor(host);
  expect(host.session).toMatchObject({ status: "done" });
});

it("a session is seen to although the message that asked for it is over: the next one waits there", async () => {
  const host = cutHost();
  const cutSessions = createCutSessions(host);
  const over = new AbortController();
  const waiting = cutSessions.untilSettled(route, over.signal, async () => true);
  over.abort();
  await waiting;
  expect(host.session).toEqual(said);
  await vi.waitUntil(() => host.logged.length > 0, { interval: 0 });
  expect(host.session).toMatchObject({ status: "done" });
});

it("a session is seen to once, however many wait, and not beyond the account's end", async () => {
  const host = cutHost();
  const listed = vi.spyOn(host.runtime.agent.session, "listSessionEntries");
  const cutSessions = createCutSessions(host);
  for (let message = 0; message < 3; message += 1) cutSessions.watch(route);
  expect(listed).toHaveBeenCalledTimes(1);
  cutSessions.stop();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect([listed.mock.calls.length, host.session]).toEqual([1, said]);
});

it("a session that is not cut is not watched", async () => {
  const host = cutHost();
  host.session = atWork;
  const listed = vi.spyOn(host.runtime.agent.session, "listSessionEntries");
  createCutSessions(host).watch(route);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(listed).not.toHaveBeenCalled();
});

it("a session that cannot be seen to is told, and nobody waits on for it", async () => {
  const host = cutHost();
  host.runtime.agent.session.patchSessionEntry = async () => Promise.reject(new Error("the disk is full"));
  await waitFor(host);
  expect(host.logged).toEqual([expect.stringContaining("the disk is full")]);
});
