import { describe, expect, it } from "vitest";
import { faultKinds } from "../../src/testing/chaos-proxy.ts";
import { protocols } from "./history.ts";
import { liveThroughAll, tellFailures } from "./many.ts";

/** `npm run test:fault` lives through more of them. */
const HISTORIES = 200;

describe.each(protocols)("%s under faults", (protocol) => {
  it(`runs every admitted message once and answers it once, in order and where it was asked, or says that it could not, in ${HISTORIES} histories`, { timeout: 300_000 }, async () => {
    const totals = await liveThroughAll(protocol, Array.from({ length: HISTORIES }, (_, index) => index + 1));
    expect(tellFailures(protocol, totals)).toEqual([]);
    const { counts } = totals;
    console.log(`${protocol}: ${JSON.stringify(counts)}`);
    const of = (name: string): number => counts[name] ?? 0;
    // The histories are worth something only when much happens in them.
    expect(of("admitted")).toBeGreaterThan(HISTORIES);
    expect(of("lives")).toBeGreaterThan(1.5 * HISTORIES);
    expect(of("links")).toBeGreaterThan(2 * HISTORIES);
    for (const fault of faultKinds) expect(of(fault), fault).toBeGreaterThan(HISTORIES / 10);
    for (const deed of ["duplicate", "kill", "store", "door", "clock", "stall"]) expect(of(deed), deed).toBeGreaterThan(HISTORIES / 20);
    for (const effect of ["turns cut", "refused by the store", "asked-again"]) expect(of(effect), effect).toBeGreaterThan(0);
    expect(of("reported")).toBeLessThan(0.25 * of("admitted"));
  });
});
