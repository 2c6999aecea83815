/**
 * The host loads a plugin more than once in a process, each time from a copy of its own: for running accounts, for
 * what agents may use. A module's variables are as many as its copies; what all of them must see stands here.
 */
export function processWide<T extends object>(name: string, create: () => T): T {
  const key = Symbol.for(`clawwire.${name}`);
  const shared = globalThis as { [key: symbol]: unknown };
  shared[key] ??= create();
  return shared[key] as T;
}
