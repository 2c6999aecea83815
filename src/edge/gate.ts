/** Counts who is in admission: strangers cost an upgrade, memory and a call of the verifier each. */
export interface Gate {
  /** @returns what leaves the gate again, safe to call twice; undefined when it is full. */
  enter(address: string): (() => void) | undefined;
  readonly inside: number;
}

export function createGate(most: { total: number; perAddress: number }): Gate {
  const byAddress = new Map<string, number>();
  let total = 0;

  return {
    get inside() {
      return total;
    },
    enter(address) {
      const here = byAddress.get(address) ?? 0;
      if (total >= most.total || here >= most.perAddress) return undefined;
      total += 1;
      byAddress.set(address, here + 1);
      let isInside = true;
      return () => {
        if (!isInside) return;
        isInside = false;
        total -= 1;
        const left = (byAddress.get(address) ?? 1) - 1;
        if (left > 0) byAddress.set(address, left);
        else byAddress.delete(address);
      };
    },
  };
}
