/** The last id that was made: its time in ms, and its 80 other bits. */
export interface Minted {
  time: number;
  low: bigint;
}

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LAST_TIME = 2 ** 48 - 1;
/** Ids of one answer: its pieces, and what is said in its place, follow the first one (CC-31). */
export const IDS_PER_ANSWER = 1024;
const HIGHEST = (1n << 80n) - BigInt(IDS_PER_ANSWER);

/**
 * The next ULID: later ones are greater, also within one ms and when the clock goes back, and the next
 * `IDS_PER_ANSWER - 1` after each are nobody else's. `random` is in [0, 1).
 */
export function nextUlid(last: Minted | undefined, now: number, random: () => number): { minted: Minted; ulid: string } {
  const time = Math.max(last?.time ?? 0, Math.min(Math.max(Math.trunc(now), 0), LAST_TIME));
  const minted = last?.time === time ? after(last) : { time, low: randomBits(random) % HIGHEST };
  return { minted, ulid: encode((BigInt(minted.time) << 80n) | minted.low) };
}

/** Ids for messages of one account. */
export function createMint(random: () => number): (now: number) => string {
  let last: Minted | undefined;
  return (now) => {
    const { minted, ulid } = nextUlid(last, now, random);
    last = minted;
    return `msg-${ulid}`;
  };
}

/** The id that is `k` after this one. */
export function followingId(id: string, k: number): string {
  const ulid = /^msg-([0-7][0-9A-HJKMNP-TV-Z]{25})$/.exec(id)?.[1];
  if (k === 0) return id;
  // Nothing here makes other ids; one from elsewhere must not end up as another message's.
  if (ulid === undefined) return `${id}.${k}`;
  return `msg-${encode(decode(ulid) + BigInt(k))}`;
}

function after({ time, low }: Minted): Minted {
  const next = low + BigInt(IDS_PER_ANSWER);
  return next < HIGHEST ? { time, low: next } : { time: time + 1, low: 0n };
}

function randomBits(random: () => number): bigint {
  let bits = 0n;
  for (let piece = 0; piece < 5; piece++) bits = (bits << 16n) | BigInt(Math.floor(random() * 65_536));
  return bits;
}

function encode(value: bigint): string {
  let text = "";
  for (let rest = value; text.length < 26; rest >>= 5n) text = `${ALPHABET[Number(rest & 31n)] ?? ""}${text}`;
  return text;
}

function decode(ulid: string): bigint {
  let value = 0n;
  for (const letter of ulid) value = (value << 5n) | BigInt(ALPHABET.indexOf(letter));
  return value;
}
