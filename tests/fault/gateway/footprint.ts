import { readdirSync, readFileSync } from "node:fs";

/** What a process holds. */
export interface Footprint {
  rssMb: number;
  /** Open files and sockets. */
  handles: number;
}

/** Undefined where the system does not tell, or the process has ended. */
export function footprintOf(pid: number): Footprint | undefined {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return { rssMb: Math.round(Number(kilobytes) / 1024), handles: readdirSync(`/proc/${pid}/fd`).length };
  } catch {
    return undefined;
  }
}

export function describeFootprint(footprint: Footprint | undefined): string {
  return footprint ? `${footprint.rssMb} MB, ${footprint.handles} handles` : "not known";
}
