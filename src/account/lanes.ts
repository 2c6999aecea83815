/**
 * One job at a time per lane, in order of arrival; lanes run side by side (WS-19). A job is a function that never
 * rejects: its owner reports its own faults.
 */
export interface Lanes {
  /** Whether one more job may wait in this lane. */
  hasRoom(lane: string): boolean;
  run(lane: string, job: () => Promise<void>): void;
  /** Jobs that wait, over all lanes. */
  waiting(): number;
  /** Drops what waits; what runs goes on. */
  clear(): void;
}

export interface LaneBounds {
  /** Jobs that may wait in one lane while another of it runs. */
  waiting: number;
  /** Jobs that may wait over all lanes. */
  waitingTotal: number;
  /** Jobs that may run at once, over all lanes. */
  running: number;
}

/** `bounds` are read at each use, so they may change. */
export function createLanes(bounds: () => LaneBounds): Lanes {
  const lanes = new Map<string, (() => Promise<void>)[]>();
  /** Lanes with a job that may run as soon as another lane's has ended, in order of arrival. */
  const ready: string[] = [];
  let running = 0;
  let waiting = 0;

  function advance(): void {
    while (running < bounds().running) {
      const lane = ready.shift();
      if (lane === undefined) return;
      const job = lanes.get(lane)?.shift();
      if (job) {
        waiting -= 1;
        void perform(lane, job);
      } else {
        lanes.delete(lane);
      }
    }
  }

  async function perform(lane: string, job: () => Promise<void>): Promise<void> {
    running += 1;
    await job();
    running -= 1;
    ready.push(lane);
    advance();
  }

  return {
    hasRoom: (lane) => (lanes.get(lane)?.length ?? 0) < bounds().waiting && waiting < bounds().waitingTotal,
    run(lane, job) {
      waiting += 1;
      const jobs = lanes.get(lane);
      if (jobs) {
        jobs.push(job);
        return;
      }
      lanes.set(lane, [job]);
      ready.push(lane);
      advance();
    },
    waiting: () => waiting,
    clear() {
      waiting = 0;
      for (const jobs of lanes.values()) jobs.length = 0;
    },
  };
}
