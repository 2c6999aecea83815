import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openDialedAccount } from "../../src/account/dialed/account.ts";
import type { LinkHandler } from "../../src/link/link.ts";
import { createFakeLink, type FakeLink } from "../support/fake-link.ts";
import { createPlainProtocol } from "../support/plain-protocol.ts";
import { linkProfile } from "../support/fake-dial.ts";
import { settle, silentLog } from "../support/virtual.ts";
import { answerTo, beginLife, type Life, type LifeOptions, type Record as Kept } from "./process.ts";

const messages = [
  { id: "1", room: "a" },
  { id: "2", room: "a" },
  { id: "3", room: "b" },
];

interface World {
  file: string;
  kept: Kept;
  lives: number;
  /** Messages with a complete reply, as often as it came. */
  answered: string[];
  wrong: string[];
}

/** Sends what has no answer and waits until nothing more happens, or the process is dead. */
async function live(world: World, repeatsUnproven: boolean, crash?: LifeOptions["crash"]): Promise<Life> {
  world.lives += 1;
  const life = beginLife({ number: world.lives, file: world.file, record: world.kept, pace: () => ({ pieces: 2, everyMs: 0 }), ...(crash && { crash }) });
  let handler: LinkHandler | undefined;
  const link: FakeLink = createFakeLink(() => handler as LinkHandler);
  await openDialedAccount(
    {
      accountId: "default",
      config: "",
      agent: life.agent,
      journal: life.journal,
      system: life.system,
      log: { ...silentLog, warn: (line) => void world.kept.warnings.push(line) },
      changed() {},
      dial: () => ({
        protocol: createPlainProtocol({ mostWrites: repeatsUnproven ? Infinity : 1 }),
        link: linkProfile,
        target: { url: "ws://server.test/", headers: {} },
        limits: { messagesPerMinute: 100, messageBurst: 100, queuedPerSession: 100, turnMs: 60_000 },
      }),
    },
    (options) => {
      handler = options.handler;
      return link;
    },
  );
  link.up();
  let read = 0;
  const hear = (): void => {
    for (; read < link.sent.length; read += 1) {
      const { say, id = "", text } = link.sent[read] ?? {};
      if (say !== "terminal") continue;
      world.answered.push(id);
      if (text !== answerTo(id, 2)) world.wrong.push(`${id} was answered with ${text}`);
    }
    for (const prove of life.isAlive ? link.unproven.splice(0) : []) prove("arrived");
  };
  for (const { id, room } of messages) {
    if (!world.answered.includes(id) && life.isAlive) await Promise.resolve(handler?.frame(JSON.stringify({ id, room, content: "?" }))).catch(() => {});
  }
  const quiet = () => messages.every(({ id }) => world.answered.includes(id));
  for (let turns = 0; turns < 300 && life.isAlive && !quiet(); turns += 1) {
    await new Promise((resolve) => void setTimeout(resolve, 1));
    hear();
  }
  hear();
  await settle();
  return life;
}

async function crashAt(crash: LifeOptions["crash"], repeatsUnproven: boolean): Promise<World & { writes: number }> {
  const folder = mkdtempSync(join(tmpdir(), "crash-"));
  const world: World = { file: join(folder, "journal.sqlite"), kept: { runs: [], warnings: [] }, lives: 0, answered: [], wrong: [] };
  try {
    const first = await live(world, repeatsUnproven, crash);
    const { writes } = first;
    if (!first.isAlive) (await live(world, repeatsUnproven)).kill();
    else first.kill();
    return { ...world, writes };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("a process that is killed around any write to its journal", () => {
  it.each([
    { repeatsUnproven: true, what: "may send a reply again that had left" },
    { repeatsUnproven: false, what: "sends no reply twice, and reports one that may be lost" },
  ])("loses no message, runs none twice that had ended, and $what", async ({ repeatsUnproven }) => {
    const { writes, answered } = await crashAt(undefined, repeatsUnproven);
    expect(answered.toSorted()).toEqual(["1", "2", "3"]);
    expect(writes).toBeGreaterThan(12);
    for (let at = 1; at <= writes; at += 1) {
      for (const when of ["before", "after"] as const) {
        const world = await crashAt({ at, when }, repeatsUnproven);
        const place = `${when} write ${at}`;
        expect(world.lives, place).toBe(2);
        expect(world.wrong, place).toEqual([]);
        for (const { id } of messages) {
          const times = world.answered.filter((each) => each === id).length;
          const isReported = world.kept.warnings.some((line) => line.includes(`reply to ${id} `));
          // The server asks again for what it has no answer to, so a reported reply comes all the same.
          expect(times, `${id} ${place}`).toBeGreaterThanOrEqual(1);
          expect(times, `${id} ${place}`).toBeLessThanOrEqual(repeatsUnproven || isReported ? 2 : 1);
          // Between the end of a turn and its write nobody knows of it: only then it runs again.
          const ended = world.kept.runs.filter(({ messageId, end }) => messageId === id && end === "completed").length;
          expect(ended, `${id} ${place}`).toBeLessThanOrEqual(2);
        }
        const again = messages.filter(({ id }) => world.kept.runs.filter(({ messageId, end }) => messageId === id && end === "completed").length > 1);
        expect(again.length, place).toBeLessThanOrEqual(1);
      }
    }
  }, 60_000);
});
