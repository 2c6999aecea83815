/**
 * One job at a time per lane, in order of arrival; lanes run side by side (WS-19). A job is a function that never
 * rejects: its owner reports its own faults.
 */
export interface Lanes {
  /** Whether one more message may wait in this lane. */
  hasRoom(lane: string): boolean;
  /** `places`: how many messages the job is for. */
  run(lane: string, job: () => Promise<void>, places?: number): void;
  /** A message waits elsewhere before it has a job, and takes its place here all the same. */
  hold(lane: string): void;
  release(lane: string): void;
  /** Messages that wait, over all lanes. */
  waiting(): number;
  /** Drops what waits; what runs goes on. */
  clear(): void;
}

export interface LaneBounds {
  /** Messages that may wait in one lane while a job of it runs. */
  waiting: number;
  /** Messages that may wait over all lanes. */
  waitingTotal: number;
  /** Jobs that may run at once, over all lanes. */
  running: number;
}

interface Job {
  run(): Promise<void>;
  places: number;
}

/** `bounds` are read at each use, so they may change. */
export function createLanes(bounds: () => LaneBounds): Lanes {
  const lanes = new Map<string, Job[]>();
  /** Messages that wait, by lane. */
  const taken = new Map<string, number>();
  /** Lanes with a job that may run as soon as another lane's has ended, in order of arrival. */
  const ready: string[] = [];
  let running = 0;
  let waiting = 0;

  function take(lane: string, places: number): void {
    const before = taken.get(lane) ?? 0;
    const after = Math.max(0, before + places);
    waiting += after - before;
    if (after > 0) taken.set(lane, after);
    else taken.delete(lane);
  }

  function advance(): void {
    while (running < bounds().running) {
      const lane = ready.shift();
      if (lane === undefined) return;
      const job = lanes.get(lane)?.shift();
      if (job) {
        take(lane, -job.places);
        void perform(lane, job);
      } else {
        lanes.delete(lane);
      }
    }
  }

  async function perform(lane: string, job: Job): Promise<void> {
    running += 1;
    await job.run();
    running -= 1;
    ready.push(lane);
    advance();
  }

  return {
    hasRoom: (lane) => (taken.get(lane) ?? 0) < bounds().waiting && waiting < bounds().waitingTotal,
    run(lane, run, places = 1) {
      take(lane, places);
      const jobs = lanes.get(lane);
      if (jobs) {
        jobs.push({ run, places });
        return;
      }
      lanes.set(lane, [{ run, places }]);
      ready.push(lane);
      advance();
    },
    hold: (lane) => take(lane, 1),
    release: (lane) => take(lane, -1),
    waiting: () => waiting,
    clear() {
      waiting = 0;
      taken.clear();
      for (const jobs of lanes.values()) jobs.length = 0;
    },
  };
}
