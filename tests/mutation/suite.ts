import { AsyncLocalStorage } from "node:async_hooks";
import { format } from "node:util";
import { expect as jestExpect } from "expect";

/** What the tests of the pure parts use of Vitest, in the process of whoever runs them: a worker for each mutant costs a hundred times what its tests do. */
export interface Test {
  name: string;
  run(): Promise<void>;
}

type Body = (...values: never[]) => unknown;
interface Scope {
  name: string;
  before: (() => unknown)[];
  after: (() => unknown)[];
}

let tests: Test[] = [];
let scopes: Scope[] = [];
const running = new AsyncLocalStorage<(() => unknown)[]>();

/** The tests that a file declares while `load` imports it. */
export async function collect(load: () => Promise<unknown>): Promise<Test[]> {
  tests = [];
  scopes = [{ name: "", before: [], after: [] }];
  await load();
  return tests;
}

export function describe(name: string, body: () => void): void {
  scopes.push({ name, before: [], after: [] });
  body();
  scopes.pop();
}
describe.each = each((name, body) => describe(name, body));

export function it(name: string, body: () => unknown): void {
  const within = [...scopes];
  const path = [...within.slice(1).map((scope) => scope.name), name].join(" > ");
  const same = tests.filter((test) => test.name === path || test.name.startsWith(`${path} #`)).length;
  tests.push({
    name: same === 0 ? path : `${path} #${same + 1}`,
    async run() {
      const ends: (() => unknown)[] = [];
      try {
        for (const { before } of within) for (const hook of before) await hook();
        await running.run(ends, async () => body());
      } finally {
        for (const end of [...within.flatMap(({ after }) => after), ...ends]) await end();
      }
    },
  });
}
it.each = each((name, body) => it(name, body));
export const test = it;

export function beforeEach(hook: () => unknown): void {
  scopes.at(-1)?.before.push(hook);
}

export function afterEach(hook: () => unknown): void {
  scopes.at(-1)?.after.push(hook);
}

export function onTestFinished(end: () => unknown): void {
  running.getStore()?.push(end);
}

/** Vitest takes a second argument, which only explains. */
export const expect = Object.assign((value: unknown) => jestExpect(value), jestExpect);

function each(declare: (name: string, body: () => unknown) => void) {
  return (rows: readonly unknown[]) =>
    (name: string, body: Body): void => {
      // As Vitest does: a list among other values is a value.
      const isTable = rows.every((row) => Array.isArray(row));
      for (const row of rows) {
        const values = isTable ? (row as unknown[]) : [row];
        const used = values.slice(0, name.match(/%[sdifjo]/g)?.length ?? 0);
        declare(format(name, ...used), () => body(...(values as never[])));
      }
    };
}
