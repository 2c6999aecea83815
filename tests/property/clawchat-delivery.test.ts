import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Hub, envelope, type HubRequest, message, openHub, payloadOf } from "../unit/protocols/clawchat/hub.ts";

/** What the hub hands over, and whether the disk takes it. */
type Kind = "message" | "unstorable" | "poison" | "unknown" | "malformed" | "mark" | "signal" | "echo" | "copy" | "replay.done";
const kinds = fc.constantFrom<Kind>("message", "message", "unstorable", "poison", "unknown", "malformed", "mark", "signal", "echo", "copy", "replay.done");

let counted = 0;
const frames: Record<Kind, () => Record<string, unknown>> = {
  message: () => message(),
  unstorable: () => message({ text: "full disk" }),
  poison: () => ({ ...message(), payload: { message_id: 5 } }),
  unknown: () => ({ event: "future.event" }),
  malformed: () => ({ event: "presence.update", payload: [] }),
  mark: () => envelope("sync.mark", {}),
  signal: () => envelope("notify.signal", { type: "friend.added", event_id: `e${++counted}` }),
  echo: () => message({ from: "usr_agent" }),
  copy: () => message({ payload: { stream_merged: true } }),
  "replay.done": () => envelope("replay.done", {}),
};

type Step = { hear: Kind } | { wait: number } | { repair: number } | "reconnect";
const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: kinds.map((hear) => ({ hear })) },
  { weight: 3, arbitrary: fc.oneof(fc.nat({ max: 400 }), fc.nat({ max: 40_000 })).map((wait) => ({ wait })) },
  { weight: 1, arbitrary: fc.nat({ max: 5 }).map((repair) => ({ repair })) },
  { weight: 1, arbitrary: fc.constant("reconnect" as const) },
);

const isFull = (request: HubRequest) => request.ask === "turn" && request.inbound.content === "full disk";

/** Plays a walk; of each connection it is remembered which frames were done with, in the order of their numbers. */
function play(walk: readonly Step[], seen: (hub: Hub, done: readonly boolean[]) => void): Hub {
  const hub = openHub();
  let done: boolean[] = [];
  const stuck: { request: HubRequest; dseq: number }[] = [];
  const copies = new Map<string, number>();
  hub.stores((request) => {
    if (isFull(request)) {
      stuck.push({ request, dseq: hub.dseq });
      return false;
    }
    if (request.ask === "turn" && request.inbound.origin.isProvisional) done[(copies.get(request.inbound.messageId) ?? 0) - 1] = true;
    return true;
  });
  hub.admit();
  for (const step of walk) {
    if (step === "reconnect") {
      hub.reconnect();
      hub.admit();
      done = [];
      stuck.length = 0;
      copies.clear();
    } else if ("hear" in step) {
      const frame = frames[step.hear]();
      if (step.hear === "copy") copies.set(String(payloadOf(frame)["message_id"]), hub.dseq + 1);
      done.push(step.hear !== "unstorable" && step.hear !== "copy");
      hub.next(frame);
    } else if ("wait" in step) {
      hub.wait(step.wait);
    } else {
      const [repaired] = stuck.splice(step.repair, 1);
      if (repaired) {
        done[repaired.dseq - 1] = true;
        hub.settled(repaired.request);
      }
    }
    seen(hub, done);
  }
  return hub;
}

const contiguous = (done: readonly boolean[]) => (done.includes(false) ? done.indexOf(false) : done.length);

describe("reliable delivery by dseq, however it goes", () => {
  it("CC-46 CC-48 acknowledges no more than is done with, never less than before, and under the epoch of its connection", () => {
    let acknowledged = 0;
    fc.assert(
      fc.property(fc.array(steps, { minLength: 5, maxLength: 60, size: "max" }), (walk) => {
        let looked = 0;
        let [before, on] = [0, 0];
        play(walk, (hub, done) => {
          for (const frame of hub.sent.slice(looked)) {
            if (frame.event !== "message.sync_ack") continue;
            const { dseq, epoch } = payloadOf(frame);
            if (frame.on !== on) [before, on] = [0, frame.on];
            expect(epoch).toBe(hub.epoch);
            expect(dseq).toBeGreaterThanOrEqual(before);
            expect(dseq).toBeLessThanOrEqual(contiguous(done));
            before = Number(dseq);
            acknowledged += 1;
          }
          looked = hub.sent.length;
        });
      }),
      { numRuns: 300 },
    );
    expect(acknowledged).toBeGreaterThan(100);
  });

  it("CC-48 CC-49 CC-51 acknowledges everything in the end, whatever it was", () => {
    fc.assert(
      fc.property(fc.array(kinds, { minLength: 1, maxLength: 80 }), fc.boolean(), (list, isDisk) => {
        const hub = openHub();
        const full: HubRequest[] = [];
        hub.stores((request) => !isFull(request) || (full.push(request), isDisk));
        hub.admit();
        for (const kind of list) hub.next(frames[kind]());
        hub.replayDone();
        if (!isDisk) for (const request of full.toReversed()) hub.settled(request);
        hub.wait(3000);
        expect(payloadOf(hub.sent.findLast(({ event }) => event === "message.sync_ack"))["dseq"]).toBe(list.length + 1);
      }),
    );
  });

  it("CC-47 ends the connection at a gap or a repeat, and never acknowledges it", () => {
    fc.assert(
      fc.property(fc.array(kinds, { maxLength: 10 }), fc.oneof(fc.integer({ min: -3, max: 20 }), fc.jsonValue()), (list, dseq) => {
        const hub = openHub();
        hub.admit();
        for (const kind of list) hub.next(frames[kind]());
        fc.pre(dseq !== hub.dseq + 1);
        const sent = hub.sent.length;
        const heard = hub.frame({ ...message(), dseq });
        expect(heard.doings).toEqual(["close"]);
        expect(heard.requests).toEqual([]);
        hub.wait(100_000);
        expect(hub.frame({ ...message(), dseq: hub.dseq + 1 }).all).toEqual([]);
        expect(hub.sent.length).toBe(sent);
        hub.reconnect();
        hub.admit();
        expect(hub.frame({ ...message(), dseq: 1 }).turns.length).toBe(1);
      }),
    );
  });

  it("CC-16 CC-47 events that nobody knows change nothing but the count", () => {
    fc.assert(
      fc.property(fc.string().filter((event) => !/^(message|hello|connect|notify|chat|permission|replay|sync|history|offline|presence|typing|pong)/.test(event)), fc.jsonValue(), (event, payload) => {
        const hub = openHub().ready();
        const { ledger: before, wakeAt: _wakeAt, ...state } = hub.state;
        expect(hub.frame({ event, payload, dseq: 2 }).all.filter((effect) => effect.do !== "note")).toEqual([]);
        const { ledger, wakeAt: _named, ...after } = hub.state;
        expect(after).toEqual(state);
        expect(ledger.read).toBe(before.read + 1);
      }),
    );
  });
});

describe("reliable delivery by seq, however it goes", () => {
  it("CC-45 acknowledges the highest that is stored, never less than before, and waits for no hole", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: -5, max: 1000 }), fc.nat({ max: 300 })), { minLength: 1, maxLength: 40 }), (list) => {
        const hub = openHub({ grant: "none" });
        hub.admit();
        let highest = 0;
        for (const [seq, wait] of list) {
          hub.frame({ ...message(), seq });
          highest = Math.max(highest, seq);
          const acked = hub.wait(wait).acked;
          for (const number of acked) expect(number).toBeLessThanOrEqual(highest);
        }
        hub.wait(200);
        const all = hub.sent.filter(({ event }) => event === "message.cursor_ack").map((frame) => Number(payloadOf(frame)["seq"]));
        expect(all).toEqual([...new Set(all)].toSorted((a, b) => a - b));
        expect(all.at(-1)).toBe(highest > 0 ? highest : undefined);
        expect(hub.sent.some(({ event }) => event === "message.sync_ack")).toBe(false);
      }),
    );
  });
});
