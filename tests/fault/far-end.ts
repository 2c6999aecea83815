import type { RunningAccount } from "../../src/account/account.ts";
import type { Log } from "../../src/core/ports.ts";
import type { ChaosProxy } from "../../src/testing/chaos-proxy.ts";
import type { Event, History } from "./checker.ts";
import type { DoorFault, Plan } from "./plan.ts";
import type { Life } from "./process.ts";

/** Who talks to the plugin over one wire, and sees what it replies: a server that it dials, or applications that dial it. */
export interface FarEnd extends Omit<History, "events"> {
  /** The bad network between. It is there from the first `open` on. */
  readonly proxy: ChaosProxy;
  /** Connections that there were. */
  readonly links: number;
  /** The account, in one life of its process. */
  open(life: Life, log: Log): Promise<RunningAccount<unknown>>;
  /** Whatever is left of the connections when a process is killed. */
  killed?(account: RunningAccount<unknown>): void;
  say(id: string, by: string): void;
  /** Says the last message once more. */
  duplicate(): void;
  /** Who vouches for logins does so badly for a while; on wires where somebody does. */
  spoilDoor?(how: DoorFault, forMs: number): void;
  /** Whether somebody still waits, beside those whose message was admitted. */
  isWaiting(): boolean;
  /** When all has come to rest: everything is asked for once more, where the wire has a way to do so. */
  askAll?(isSettled: () => boolean): Promise<void>;
  stop(): Promise<void>;
}

export interface FarEndStage {
  plan: Plan;
  folder: string;
  happened(event: Event): void;
  note(line: string): void;
  /** So much time passes at once for the process. */
  pass(ms: number): void;
}

/** Waits for so long at most, counted in looks: what stands still itself must not run out of time. */
export async function waitFor(isTrue: () => boolean, ms: number): Promise<boolean> {
  for (let looks = ms / LOOK_MS; looks > 0; looks -= 1) {
    if (isTrue()) return true;
    await pause(LOOK_MS);
  }
  return isTrue();
}

const LOOK_MS = 10;

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, Math.max(0, ms)));
}
