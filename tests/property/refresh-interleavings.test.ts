import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "vitest";
import type { LoginKeeper } from "../../src/auth/keeper.ts";
import type { Login, LoginStore } from "../../src/store/logins.ts";
import { seededRandom } from "../support/link-clock.ts";
import { createStage, HOUR, login, type Mood, type Process, type Stage } from "../unit/auth/stage.ts";

/** What happens to one login on one machine with two processes; `of` picks one of them. */
type Happening =
  | { do: "pass"; ms: number }
  /** The machine sleeps, whatever is under way. */
  | { do: "sleep"; ms: number }
  | { do: "refused"; of: number; by: "socket" | "rest"; isLate: boolean }
  | { do: "prepare"; of: number; afterOutage: boolean }
  | { do: "stop"; of: number }
  | { do: "kill"; of: number }
  | { do: "server"; mood: Mood; slowMs: number }
  /** The disk takes no writes, or does again. */
  | { do: "disk"; isFull: boolean }
  | { do: "activate" };

const writes = ["claim", "release", "rotate", "logout"] as const satisfies readonly (keyof LoginStore)[];

class World {
  readonly stage: Stage;
  readonly processes: Process[];
  /** Access tokens in the order in which they were on disk. */
  readonly persisted: string[] = [];
  /** The newest that each process has shown. */
  readonly shown = [0, 0];
  /** A pair of the server may have been lost on the way to the disk, so that an end of the login is nobody's fault. */
  mayBeLost = false;
  isDiskFull = false;

  constructor(seed: number) {
    this.stage = createStage({ random: seededRandom(seed) });
    this.#watchStore();
    this.persisted.push(this.stage.server.access);
    this.processes = [this.stage.start(), this.stage.start()];
  }

  async run(happening: Happening): Promise<void> {
    const { clock, server } = this.stage;
    switch (happening.do) {
      case "pass":
        await this.#pass(happening.ms);
        break;
      case "sleep":
        clock.jump(happening.ms);
        break;
      case "refused":
        await this.#refused(happening);
        break;
      case "prepare":
        this.#prepare(happening.of, happening.afterOutage);
        break;
      case "stop":
        await this.#restart(happening.of, false);
        break;
      case "kill":
        await this.#restart(happening.of, true);
        break;
      case "server":
        server.mood = happening.mood;
        server.slowMs = happening.slowMs;
        break;
      case "disk":
        this.isDiskFull = happening.isFull;
        this.processes.forEach((process) => this.#fill(process));
        break;
      case "activate":
        // An operator does so with a disk that works.
        if (!this.isDiskFull) login(this.stage);
        break;
    }
    this.check();
  }

  check(): void {
    const { server, store } = this.stage;
    assert.ok(server.mostAtOnce <= 1, "two calls with one refresh token were under way at once");
    for (const [index, { at }] of server.calls.entries()) {
      const before = server.calls[index - 1];
      assert.ok(!before || at - before.at >= 30_000, `two calls within ${at - Number(before?.at)} ms`);
    }
    const stored = store.read();
    assert.ok(!stored.grant || stored.grant.accessToken === this.persisted.at(-1), "an older token is stored again");
    this.processes.forEach((process, index) => this.#show(index, process.keeper.login));
    const hasEnded = this.processes.some(({ told }) => told.some((text) => text.startsWith("logged out")));
    if (!this.mayBeLost && !server.hasLost) assert.ok(!hasEnded && !server.isRevoked, "the login has ended, and nothing of it was lost");
  }

  /** Whatever happened: with a server, a disk and time, each process has what the server gave last. */
  async recover(): Promise<void> {
    const { server } = this.stage;
    await this.run({ do: "server", mood: "well", slowMs: 100 });
    await this.run({ do: "disk", isFull: false });
    await this.run({ do: "pass", ms: 40_000 });
    if (this.mayBeLost || server.hasLost) await this.run({ do: "activate" });
    await this.run({ do: "pass", ms: 40_000 });
    for (const { keeper } of this.processes) {
      void keeper.refused(keeper.login?.grant.accessToken ?? "", "socket");
      await this.run({ do: "pass", ms: 40_000 });
    }
    for (const { keeper } of this.processes) assert.equal(keeper.login?.grant.refreshToken, server.refresh);
    for (const { log } of this.processes) assert.doesNotMatch(log.lines.join("\n"), /refresh-0|head\./);
  }

  async #pass(ms: number): Promise<void> {
    await this.stage.clock.pass(ms);
  }

  async #refused({ of, by, isLate }: Extract<Happening, { do: "refused" }>): Promise<void> {
    const { keeper } = this.#at(of);
    const current = keeper.login?.grant.accessToken ?? "";
    const token = isLate ? (this.persisted.at(-2) ?? current) : current;
    void this.#expectOther(keeper.refused(token, by), token);
    await this.#pass(0);
  }

  #prepare(of: number, afterOutage: boolean): void {
    void this.#expectNewest(this.#at(of).keeper.prepare({ afterOutage }), this.persisted.length);
  }

  async #expectOther(outcome: ReturnType<LoginKeeper["refused"]>, refused: string): Promise<void> {
    const settled = await outcome;
    if (settled.kind === "success") assert.notEqual(settled.login.grant.accessToken, refused);
  }

  async #expectNewest(prepared: ReturnType<LoginKeeper["prepare"]>, least: number): Promise<void> {
    const settled = await prepared;
    if (settled.ok) assert.ok(this.#indexOf(settled.login) >= least, "a dial gets a token older than one that was persisted before");
  }

  async #restart(of: number, isKill: boolean): Promise<void> {
    const { server } = this.stage;
    const index = of % 2;
    const process = this.#at(of);
    const isUnsaved = server.refresh !== this.stage.store.read().grant?.refreshToken;
    if (isKill || this.isDiskFull) this.mayBeLost ||= isUnsaved || server.isBusy;
    if (isKill) process.kill();
    else void process.keeper.stop();
    if (!isKill) await this.#pass(21_000);
    this.shown[index] = 0;
    this.processes[index] = this.stage.start();
    this.#fill(this.#at(of));
  }

  #fill({ failing }: Process): void {
    for (const name of writes) {
      if (this.isDiskFull) failing.add(name);
      else failing.delete(name);
    }
  }

  #show(index: number, shown: Login | undefined): void {
    if (!shown) return;
    const at = this.#indexOf(shown);
    assert.ok(at >= Number(this.shown[index]), "a process has gone back to an older token");
    this.shown[index] = at;
  }

  /** From 1 on; 0 for a token that was never on disk. */
  #indexOf({ grant }: Login): number {
    const index = this.persisted.indexOf(grant.accessToken) + 1;
    assert.ok(index > 0, "a token is used that was never persisted");
    return index;
  }

  #at(of: number): Process {
    const process = this.processes[of % 2];
    assert.ok(process);
    return process;
  }

  #watchStore(): void {
    const { store } = this.stage;
    const { rotate, activate } = store;
    store.rotate = (expected, pair) => {
      const isDone = rotate(expected, pair);
      if (isDone) this.persisted.push(pair.accessToken);
      return isDone;
    };
    store.activate = (identity, grant) => {
      const made = activate(identity, grant);
      this.persisted.push(grant.accessToken);
      return made;
    };
  }
}

const of = fc.nat({ max: 1 });
const mood: fc.Arbitrary<Mood> = fc.oneof(
  { weight: 6, arbitrary: fc.constant("well" as const) },
  { weight: 2, arbitrary: fc.constant("broken" as const) },
  { weight: 2, arbitrary: fc.constant("unreachable" as const) },
  { weight: 1, arbitrary: fc.constant("lost" as const) },
  { weight: 1, arbitrary: fc.constantFrom({ http: 401 }, { http: 429 }, { code: 1 }, { code: 50_000 }) },
);
const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.oneof(fc.nat({ max: 3_000 }), fc.nat({ max: 45_000 })) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("sleep" as const), ms: fc.integer({ min: HOUR, max: 24 * HOUR }) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("refused" as const), of, by: fc.constantFrom("socket" as const, "rest" as const), isLate: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("prepare" as const), of, afterOutage: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("stop" as const), of }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("kill" as const), of }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("server" as const), mood, slowMs: fc.oneof(fc.nat({ max: 300 }), fc.nat({ max: 14_000 })) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("disk" as const), isFull: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("activate" as const) }) },
);

describe("a login of two processes", () => {
  // A failure prints the seed that replays it.
  it.each([0, 1, 2, 3, 4, 5, 6, 7])("CC-72, CC-73, CC-74 never has two calls under way, nor an older token after a newer one was persisted, and ends only where a pair was lost (part %i)", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { minLength: 3, maxLength: 30 }), fc.nat(), async (happenings, seed) => {
        const world = new World(seed);
        const failures: unknown[] = [];
        const note = (reason: unknown) => void failures.push(reason);
        process.on("unhandledRejection", note);
        try {
          for (const each of happenings) await world.run(each);
          await world.recover();
        } finally {
          process.off("unhandledRejection", note);
        }
        assert.deepEqual(failures, []);
      }),
      { numRuns: 125, endOnFailure: false },
    );
  });
});
