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

/** `most` bounds the jobs that wait in one lane while another runs; read at each arrival, so it may change. */
export function createLanes(most: () => number): Lanes {
  const lanes = new Map<string, (() => Promise<void>)[]>();

  async function drain(lane: string, jobs: (() => Promise<void>)[]): Promise<void> {
    for (let job = jobs.shift(); job; job = jobs.shift()) await job();
    lanes.delete(lane);
  }

  return {
    hasRoom: (lane) => (lanes.get(lane)?.length ?? 0) < most(),
    run(lane, job) {
      const jobs = lanes.get(lane);
      if (jobs) {
        jobs.push(job);
        return;
      }
      const fresh = [job];
      lanes.set(lane, fresh);
      void drain(lane, fresh);
    },
    waiting: () => lanes.values().reduce((sum, jobs) => sum + jobs.length, 0),
    clear() {
      for (const jobs of lanes.values()) jobs.length = 0;
    },
  };
}
