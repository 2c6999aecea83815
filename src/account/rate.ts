/** A token bucket per sender (WS-12). Pure but for the map it keeps. */
export interface RateLimiter {
  /** 0 when the message may pass, else the milliseconds until the next one may. */
  take(sender: string, now: number): number;
  /** Forgets full buckets: they say nothing. */
  sweep(now: number): void;
}

export interface Rate {
  perMinute: number;
  burst: number;
}

interface Bucket {
  tokens: number;
  at: number;
}

export function createRateLimiter(rate: () => Rate): RateLimiter {
  const buckets = new Map<string, Bucket>();
  const refill = (bucket: Bucket, now: number): number => {
    const { perMinute, burst } = rate();
    // A clock that was set back must not punish the sender.
    const passed = Math.max(0, now - bucket.at);
    return Math.min(burst, bucket.tokens + (passed * perMinute) / 60_000);
  };
  return {
    take(sender, now) {
      const { perMinute, burst } = rate();
      const tokens = refill(buckets.get(sender) ?? { tokens: burst, at: now }, now);
      if (tokens < 1) {
        buckets.set(sender, { tokens, at: now });
        return Math.ceil(((1 - tokens) * 60_000) / perMinute);
      }
      buckets.set(sender, { tokens: tokens - 1, at: now });
      return 0;
    },
    sweep(now) {
      for (const [sender, bucket] of buckets) if (refill(bucket, now) >= rate().burst) buckets.delete(sender);
    },
  };
}
