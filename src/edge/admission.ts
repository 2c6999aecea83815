import type { Socket } from "node:net";
import { describeThrown } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import type { Log, System } from "../core/ports.ts";
import type { EdgeOptions, UpgradeFacts } from "./edge.ts";
import type { Line } from "./line.ts";

/** One connection on its way in. */
export interface Admission {
  /** Nobody waits for the answer any more. */
  abandon(): void;
}

export interface AdmissionDeps<Peer> {
  readonly options: Pick<EdgeOptions<Peer>, "admit" | "opened" | "handshakeMs" | "closings">;
  readonly system: System;
  readonly log: Log;
  /** Decided or abandoned. Called once. */
  readonly ended: () => void;
}

/** Asks who is there, within `handshakeMs` of the TCP connection, and opens the line or refuses it. */
export function startAdmission<Peer>(
  line: Line,
  facts: UpgradeFacts,
  socket: Socket,
  connectedAt: number,
  { options, system, log, ended }: AdmissionDeps<Peer>,
): Admission {
  const abort = new AbortController();
  let received = 0;
  const count = (chunk: Buffer) => {
    received += chunk.length;
    line.receivedUnadmitted(received);
  };
  socket.on("data", count);
  const cancelDeadline = startDeadline(connectedAt + options.handshakeMs, system, () => {
    line.refuse(options.closings.late);
    end();
  });

  let isOver = false;
  const end = () => {
    if (isOver) return;
    isOver = true;
    cancelDeadline();
    socket.off("data", count);
    abort.abort();
    ended();
  };

  const ask = async () => {
    try {
      const answer = await options.admit(facts, abort.signal);
      if (answer.ok) line.admit((connection) => options.opened(connection, answer.peer));
      else line.refuse(answer);
    } catch (thrown) {
      // An admission that was told to stop may say so by a throw.
      if (isOver) return;
      log.error(`connection ${line.id} could not be admitted: ${describeThrown(thrown)}`);
      line.refuse(options.closings.fault);
    }
    end();
  };
  void ask();
  return { abandon: end };
}

/** A deadline that our own event loop overslept is given once more time: the answer may wait to be read. */
function startDeadline(dueAt: number, system: System, passed: () => void): () => void {
  const startedAt = system.now();
  const ms = Math.max(0, dueAt - startedAt);
  let cancel = system.after(ms, () => {
    const overslept = system.now() - dueAt;
    if (overslept < limits.edgeGraceMs) passed();
    else cancel = system.after(limits.edgeGraceMs, passed);
  });
  return () => cancel();
}
