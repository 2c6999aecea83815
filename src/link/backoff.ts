import type { Backoff } from "./link.ts";

/** `n` counts the losses since the last proven link; `random` is in [0, 1). */
export function backOffMs(n: number, backoff: Backoff, random: number): number {
  const { maxMs, jitterMs, jitter, jitterRatio = 0 } = backoff;
  const grown = growMs(n, backoff);
  const extra = Math.floor(random * Math.max(jitterMs, jitterRatio * Math.min(grown, maxMs)));
  return jitter === "outside" ? Math.min(grown, maxMs) + extra : Math.min(grown + extra, maxMs);
}

/**
 * The delay after an open link was cut. A server that goes down cuts all its clients in the same moment, and a jitter of
 * one second would send a tenth of them back in every 100 ms: this one is uniform over five times the base (RFC 6455,
 * section 7.2.3, asks for 0 to 5 s), which is 2 % in 100 ms. Never under the base. Dials that fail afterwards keep the distance they have got.
 */
export function backOffCutMs(n: number, backoff: Backoff, random: number, floorMs = 0): number {
  const { baseMs, maxMs, jitter, jitterRatio = 0 } = backoff;
  const spread = Math.max(spreadMs(backoff), jitterRatio * Math.min(growMs(n, backoff), maxMs));
  // Inside the cap there must be room for the spread, or all of a herd that was cut often would wait exactly `maxMs`.
  const ceiling = jitter === "outside" ? maxMs : Math.max(baseMs, maxMs - spread);
  const delay = Math.max(floorMs, Math.min(growMs(n, backoff), ceiling)) + Math.floor(random * spread);
  return jitter === "outside" ? delay : Math.min(delay, maxMs);
}

/** The longest delay or more: a server that refuses, refuses a herd too. */
export function backOffLongestMs(backoff: Backoff, random: number): number {
  return backoff.maxMs + Math.floor(random * spreadMs(backoff));
}

function growMs(n: number, { baseMs }: Backoff): number {
  // Bounded, so that the power stays a number whatever happens in a year.
  return baseMs * 2 ** Math.min(n, 30);
}

function spreadMs({ baseMs, jitterMs }: Backoff): number {
  return Math.max(jitterMs, 5 * baseMs);
}
