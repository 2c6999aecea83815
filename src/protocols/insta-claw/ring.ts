/** Ids that are remembered for a while, the newest of them only. */
export type Ring = ReadonlyMap<string, number>;

export interface RingBounds {
  most: number;
  /** ms for which an id is remembered. */
  forMs: number;
}

export function remember(ring: Ring, id: string, now: number, { most, forMs }: RingBounds): Ring {
  const kept = [...ring].filter(([known]) => known !== id);
  return new Map([...kept.slice(Math.max(0, kept.length + 1 - most)), [id, now + forMs]]);
}

export function remembers(ring: Ring, id: string | undefined, now: number): boolean {
  return id !== undefined && (ring.get(id) ?? 0) > now;
}
