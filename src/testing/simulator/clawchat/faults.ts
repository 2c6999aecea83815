/** Faults that were asked for and are still to come, by name; each waits for its occasion. */
export class Faults {
  readonly #due = new Map<string, string[]>();

  /** 0 times calls off what waits. */
  arm(name: string, what = "", times = 1): void {
    const waiting = times === 0 ? [] : (this.#due.get(name) ?? []);
    this.#due.set(name, [...waiting, ...Array.from({ length: times }, () => what)]);
  }

  /** Undefined where none waits. */
  take(name: string): string | undefined {
    return this.#due.get(name)?.shift();
  }

  /** For HTTP calls whose path has this in it. */
  armCall(path: string, what: string, times = 1): void {
    this.arm(`call ${path}`, what, times);
  }

  takeCall(path: string): string | undefined {
    const name = [...this.#due].find(([key, waiting]) => waiting.length > 0 && key.startsWith("call ") && path.includes(key.slice("call ".length)))?.[0];
    return name === undefined ? undefined : this.take(name);
  }
}
