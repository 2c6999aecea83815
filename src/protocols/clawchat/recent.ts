/**
 * The newest entries of a map that is written with every frame: a value that never changes, and of which a change copies
 * a small piece only, however much it holds.
 */
export interface Recent<Value> {
  newest: Piece<Value>;
  /** Newest first. */
  older: readonly Piece<Value>[];
}

/** `undefined` where an entry was taken out again. */
type Piece<Value> = ReadonlyMap<string, Value | undefined>;

const PIECE = 32;

export function noneYet<Value>(): Recent<Value> {
  return { newest: new Map(), older: [] };
}

export function recall<Value>({ newest, older }: Recent<Value>, key: string): Value | undefined {
  if (newest.has(key)) return newest.get(key);
  return older.find((piece) => piece.has(key))?.get(key);
}

/** Holds at most `most` entries afterwards; those written longest ago go first. */
export function remember<Value>(recent: Recent<Value>, key: string, value: Value, most: number): Recent<Value> {
  return write(recent, key, value, most);
}

export function forget<Value>(recent: Recent<Value>, key: string, most: number): Recent<Value> {
  return recall(recent, key) === undefined ? recent : write(recent, key, undefined, most);
}

function write<Value>({ newest, older }: Recent<Value>, key: string, value: Value | undefined, most: number): Recent<Value> {
  const isFull = newest.size >= PIECE && !newest.has(key);
  return {
    newest: new Map(isFull ? [] : newest).set(key, value),
    older: isFull ? [newest, ...older].slice(0, Math.max(0, Math.floor(most / PIECE) - 1)) : older,
  };
}
