/** What an older version differs by from the one that was made of it. */
interface Change<Value> {
  key: string;
  /** `undefined` where there was none. */
  value: Value | undefined;
  next: PersistentMap<Value>;
}

/**
 * A map that is never changed: writing makes a new version, and every older one stays as it was. The newest version holds
 * the entries and the others what they differ by (Baker's shallow binding), so that a session with thousands of open
 * messages does not copy them at each frame: whoever goes on with the newest version pays what a `Map` costs, and only
 * who looks into an old one pays for the way back. So each map begins with a new one: an empty one that many began with
 * would be an old version of all of them. No entry is `undefined`, and there is no order among them.
 */
export class PersistentMap<Value> {
  /** Absent while it is empty, too: there are thousands of these in which there is nothing. */
  #entries: Map<string, Value> | undefined;
  #change: Change<Value> | undefined;

  get size(): number {
    return this.#hold().size;
  }

  get(key: string): Value | undefined {
    return this.#hold().get(key);
  }

  has(key: string): boolean {
    return this.#hold().has(key);
  }

  with(key: string, value: Value): PersistentMap<Value> {
    return this.#next(key, value);
  }

  without(key: string): PersistentMap<Value> {
    return this.has(key) ? this.#next(key, undefined) : this;
  }

  #next(key: string, value: Value | undefined): PersistentMap<Value> {
    this.#entries = this.#hold();
    const next = new PersistentMap<Value>();
    next.#change = { key, value, next: this };
    next.#hold();
    return next;
  }

  /** Brings the entries here from the version that holds them. */
  #hold(): Map<string, Value> {
    if (this.#entries) return this.#entries;
    const way: PersistentMap<Value>[] = [this];
    for (let change = this.#change; change; change = change.next.#change) way.push(change.next);
    let entries = new Map<string, Value>();
    for (const version of way.toReversed()) entries = version.#take(entries);
    return entries;
  }

  /** Takes over the entries of the version that was made of this one. */
  #take(entries: Map<string, Value>): Map<string, Value> {
    if (this.#entries || !this.#change) return this.#entries ?? entries;
    const { key, value, next } = this.#change;
    next.#change = { key, value: entries.get(key), next: this };
    next.#entries = undefined;
    if (value === undefined) entries.delete(key);
    else entries.set(key, value);
    this.#entries = entries;
    this.#change = undefined;
    return entries;
  }
}
