import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Crash, createGatherStage, IDLE_MS } from "../support/gather-stage.ts";

type Stage = ReturnType<typeof createGatherStage>;

type Event =
  | { do: "say"; sender: string; group: string; how: "plain" | "mention" | "own turn" | "control" }
  | { do: "repeat" | "answer" | "cancel"; nth: number }
  | { do: "pass"; ms: number }
  | { do: "crash"; crash?: Crash }
  | { do: "stop" };

const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant("say" as const),
      sender: fc.constantFrom("ann", "bob"),
      group: fc.constantFrom("g", "g", "h"),
      how: fc.constantFrom("plain" as const, "plain" as const, "plain" as const, "mention" as const, "own turn" as const, "control" as const),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom("answer" as const, "answer" as const, "answer" as const, "repeat" as const, "cancel" as const), nth: fc.nat(20) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.oneof(fc.nat(IDLE_MS), fc.constant(IDLE_MS)) }) },
  { weight: 1, arbitrary: fc.constant({ do: "crash" as const }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("crash" as const), crash: fc.record({ write: fc.integer({ min: 1, max: 6 }), when: fc.constantFrom("before" as const, "after" as const) }) }) },
  { weight: 1, arbitrary: fc.constant({ do: "stop" as const }) },
);

const marks = { plain: "", mention: "", "own turn": "!", control: "/" } as const;

async function play(stage: Stage, events: readonly Event[]): Promise<void> {
  let said = 0;
  for (const each of events) {
    if (!stage.life().isAlive) await stage.restart();
    switch (each.do) {
      case "say":
        await stage.say(`${marks[each.how]}${said++}`, { ...each, mentioned: each.how === "mention" });
        break;
      case "repeat":
        await stage.say(stage.admitted[each.nth % Math.max(1, stage.admitted.length)] ?? "first");
        break;
      case "answer":
        await stage.answer(each.nth);
        break;
      case "cancel": {
        const id = stage.admitted[each.nth % Math.max(1, stage.admitted.length)];
        stage.life().switchboard.cancel(({ messageId }) => messageId === id);
        break;
      }
      case "pass":
        await stage.system.pass(each.ms);
        break;
      case "crash":
        stage.crash(each.crash);
        break;
      case "stop":
        await stage.life().switchboard.stop(0);
        await stage.restart();
    }
  }
  await stage.restart();
  do {
    await stage.system.pass(IDLE_MS);
    while (stage.life().agent.running.length > 0) await stage.answer();
  } while (stage.life().switchboard.activity().waiting > 0);
}

const anyEvents = fc.array(event, { maxLength: 50, size: "max" });
const anyStage = fc.record({ perMember: fc.boolean(), queuedPerSession: fc.constantFrom(3, 1_000) });

describe("a switchboard that gathers, whatever the order of events and crashes", () => {
  it("CC-60 WS-14 WS-19 WS-20 ends each admitted message in exactly one turn, and runs none after its end", async () => {
    await fc.assert(
      fc.asyncProperty(anyStage, anyEvents, async (options, events) => {
        const stage = createGatherStage(options);
        await play(stage, events);
        expect(stage.ended.flatMap(({ ids }) => ids).toSorted()).toEqual(stage.admitted.toSorted());
        expect(stage.journal.unfinished()).toEqual([]);
        expect(stage.wrong).toEqual([]);
        expect(stage.life().switchboard.activity()).toMatchObject({ waiting: 0, running: 0 });
        stage.journal.close();
      }),
      { numRuns: 150 },
    );
  });

  it("CC-60 WS-19 keeps the order of admission in a lane, and runs again what a crash has cut, as it was", async () => {
    await fc.assert(
      fc.asyncProperty(anyEvents.map((events) => events.filter((each) => each.do !== "cancel")), async (events) => {
        const stage = createGatherStage();
        await play(stage, events);
        const inOrder = (ids: readonly string[], group: string) => ids.filter((id) => stage.lanes.get(id) === group && !id.startsWith("/"));
        for (const group of ["g", "h"]) expect(inOrder(stage.ended.flatMap(({ ids }) => ids), group)).toEqual(inOrder(stage.admitted, group));
        for (const last of new Set(stage.runs.map(({ ids }) => ids.at(-1)))) {
          const own = stage.runs.filter(({ ids }) => ids.at(-1) === last);
          for (const { ids } of own) expect(ids).toEqual(own[0]?.ids);
          const attempts = own.map(({ attempt }) => attempt);
          expect(attempts).toEqual([...new Set(attempts)].toSorted((a, b) => a - b));
        }
        stage.journal.close();
      }),
      { numRuns: 150 },
    );
  });
});
