import type { Arrival, Frame, Link, LinkHandler } from "../../src/link/link.ts";
import type { PlainFrame } from "./plain-protocol.ts";

/** A link in memory: the test says when it opens, is lost, and what has arrived. */
export interface FakeLink extends Link {
  sent: PlainFrame[];
  /** Finals the peer has not confirmed, oldest first. */
  unproven: ((arrival: Arrival) => void)[];
  up(): void;
  /** What was sent and not proven is now unknown. */
  lose(): void;
  full: boolean;
}

export function createFakeLink(handler: () => LinkHandler): FakeLink {
  let open = false;
  const settle = (arrival: Arrival) => {
    for (const resolve of link.unproven.splice(0)) resolve(arrival);
  };
  const link: FakeLink = {
    sent: [],
    unproven: [],
    full: false,
    get status() {
      return { state: open ? "ready" : "recovering", reason: "", attempts: 0 } as const;
    },
    get ready() {
      return open;
    },
    get congested() {
      return link.full;
    },
    send: ({ text }: Frame) => void (open && link.sent.push(JSON.parse(text) as PlainFrame)),
    sendFinal(frames) {
      if (!open) return Promise.resolve("unsent");
      for (const frame of frames) link.send(frame);
      return new Promise((resolve) => void link.unproven.push(resolve));
    },
    markReady() {},
    probe: async () => (open ? { ok: true, roundTripMs: 1, dialed: false } : { ok: false, text: "nobody answers", fault: "unreachable" }),
    recycle() {},
    close() {},
    reconfigure() {},
    async stop() {
      settle("unknown");
      open = false;
    },
    up() {
      open = true;
      handler().opened();
    },
    lose() {
      open = false;
      settle("unknown");
      handler().closed({ code: 1006, reason: "" });
    },
  };
  return link;
}
