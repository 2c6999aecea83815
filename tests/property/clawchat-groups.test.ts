import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type GroupSetting, readGroupSettings } from "../../src/protocols/clawchat/backend.ts";
import { applySnapshot, gatherPlan, isAnswered, noGroupSettings, rulesFor } from "../../src/protocols/clawchat/groups.ts";

const row = fc.record<GroupSetting>({ chatId: fc.constantFrom("cnv_a", "cnv_b", "cnv_c"), muted: fc.boolean(), replyMode: fc.constantFrom("all" as const, "mention" as const), batchDelayMs: fc.constantFrom(0, 1_000, 60_000) });
const snapshots = fc.array(fc.array(row, { maxLength: 4 }), { minLength: 1, maxLength: 8 });

describe("group settings", () => {
  it("CC-58 are those of the youngest request, in whatever order and how often its answers come", () => {
    fc.assert(
      fc.property(
        snapshots.chain((given) => {
          const numbered = given.map((rows, index) => ({ sequence: index + 1, rows }));
          return fc.tuple(fc.constant(numbered), fc.shuffledSubarray([...numbered, ...numbered], { minLength: numbered.length * 2 }));
        }),
        ([numbered, arriving]) => {
          const last = numbered.at(-1);
          const settings = arriving.reduce((known, { sequence, rows }) => applySnapshot(known, sequence, rows), noGroupSettings);
          expect(settings).toEqual(applySnapshot(noGroupSettings, last?.sequence ?? 0, last?.rows ?? []));
        },
      ),
    );
  });

  it("CC-58 are read row by row: what makes no sense is left out, and an answer that is none says nothing", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.jsonValue(), fc.record({ conversation_id: fc.constant("cnv_x"), batch_delay_seconds: fc.constant(3), muted: fc.constant(true) }))), (rows) => {
        const read = readGroupSettings({ settings: rows }) ?? [];
        expect(read.length).toBe(rows.filter((each) => isRow(each)).length);
        for (const setting of read) expect(setting).toEqual({ chatId: expect.any(String) as string, muted: expect.any(Boolean) as boolean, replyMode: expect.stringMatching(/^(all|mention)$/) as string, batchDelayMs: expect.any(Number) as number });
      }),
    );
    for (const nothing of [undefined, null, 3, "x", {}, { settings: {} }, []]) expect(readGroupSettings(nothing)).toBeUndefined();
  });

  it("CC-59 CC-60 decide alike for every group: muted never, `mention` only where it is mentioned, and a mention waits for nobody", () => {
    fc.assert(
      fc.property(fc.array(row), fc.boolean(), fc.constantFrom("all" as const, "mention" as const), (rows, mentioned, replyMode) => {
        const rules = rulesFor(applySnapshot(noGroupSettings, 1, rows), { muted: false, replyMode, batchDelayMs: 10_000 }, "cnv_a");
        expect(isAnswered(rules, { mentioned })).toBe(!rules.muted && (mentioned || rules.replyMode === "all"));
        const plan = gatherPlan(rules, "cnv_a", { mentioned });
        expect(plan.flush).toBe(mentioned);
        expect(plan.idleMs).toBeGreaterThan(0);
        expect(plan.ceilingMs).toBe(Math.max(30_000, plan.idleMs));
      }),
    );
  });
});

function isRow(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const { conversation_id: id, muted = false, batch_delay_seconds: delay = 0 } = value as Record<string, unknown>;
  return typeof id === "string" && id.trim() !== "" && typeof (muted ?? false) === "boolean" && Number.isSafeInteger(delay ?? 0) && Number(delay ?? 0) >= 0;
}
