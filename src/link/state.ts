import type { LinkState } from "./link.ts";

/** Why a link changes its state. */
export type LinkReason =
  | "start"
  /** The time to dial has come, and no socket is left. */
  | "due"
  /** The same, where a dial has to be prepared. */
  | "prepare"
  /** Nothing to dial with. */
  | "unprepared"
  | "prepare-timeout"
  | "opened"
  | "ready"
  /** The peer or the network has ended it. */
  | "lost"
  /** Refused in a way that only another configuration can change. */
  | "barred"
  | "dial-timeout"
  | "ready-timeout"
  | "silent"
  | "stuck"
  | "fault"
  | "binary"
  | "recycled"
  | "closed"
  | "reconfigured"
  | "stopped";

/** `closing` belongs to a socket that is given up; each of the others to one state. */
export type LinkTimer = "dial" | "prepare" | "handshake" | "ready" | "proven" | "closing";

interface StateRow {
  /** Armed on the way in at most, disarmed on the way out always. */
  readonly timer?: LinkTimer;
  /** Where each reason leads; a reason without an entry changes nothing. */
  readonly on: Readonly<Partial<Record<LinkReason, LinkState>>>;
}

const openEnds = {
  lost: "recovering",
  barred: "blocked",
  silent: "recovering",
  stuck: "recovering",
  fault: "recovering",
  binary: "recovering",
  recycled: "recovering",
  closed: "recovering",
  reconfigured: "recovering",
  stopped: "stopped",
} as const;

export const states: Readonly<Record<LinkState, StateRow>> = {
  disconnected: { on: { start: "connecting", prepare: "preparing", stopped: "stopped" } },
  preparing: {
    timer: "prepare",
    on: { due: "connecting", unprepared: "blocked", "prepare-timeout": "recovering", reconfigured: "recovering", stopped: "stopped" },
  },
  connecting: {
    timer: "handshake",
    on: { opened: "handshaking", "dial-timeout": "recovering", lost: "recovering", barred: "blocked", reconfigured: "recovering", stopped: "stopped" },
  },
  handshaking: { timer: "ready", on: { ...openEnds, ready: "ready", "ready-timeout": "recovering" } },
  ready: { timer: "proven", on: openEnds },
  recovering: { timer: "dial", on: { due: "connecting", prepare: "preparing", reconfigured: "recovering", stopped: "stopped" } },
  blocked: { on: { reconfigured: "recovering", stopped: "stopped" } },
  stopped: { on: {} },
};
