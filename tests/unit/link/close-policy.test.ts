import { describe, expect, it } from "vitest";
import { judgeLoss } from "../../../src/link/close-policy.ts";
import type { LinkRefusal } from "../../../src/link/link.ts";

const refusals: LinkRefusal[] = [
  { code: 1008, then: "at-most", text: "the server has a rule against it" },
  { code: 403, then: "stop", text: "the account is closed" },
];

describe("close policy", () => {
  it.each([1000, 1001, 1006, 1011, 1012, 1013, 4000])("dials again after a close with %i", (code) => {
    expect(judgeLoss({ kind: "closed", code, reason: "" }, refusals)).toEqual({
      then: "back-off",
      text: `connection lost (${code})`,
      kind: `closed ${code}`,
      loss: { fault: "closed", text: `connection lost (${code})`, code },
    });
  });

  it("does what the protocol's table says about a close code", () => {
    expect(judgeLoss({ kind: "closed", code: 1008, reason: "no" }, refusals)).toEqual({
      then: "at-most",
      text: "the server has a rule against it (connection lost (1008, no))",
      kind: "closed 1008",
      loss: { fault: "closed", text: "the server has a rule against it (connection lost (1008, no))", code: 1008 },
    });
  });

  it("does what the table says about the status of a refused upgrade", () => {
    expect(judgeLoss({ kind: "refused", status: 403 }, refusals)).toMatchObject({ then: "stop", kind: "refused 403" });
    expect(judgeLoss({ kind: "refused", status: 503 }, refusals)).toMatchObject({ then: "back-off" });
  });

  it("says what failed, the peer's words made safe for a log", () => {
    expect(judgeLoss({ kind: "failed", error: "connect ECONNREFUSED 127.0.0.1:9" }, refusals).text).toBe("cannot connect: connect ECONNREFUSED 127.0.0.1:9");
    expect(judgeLoss({ kind: "closed", code: 1002, reason: "a\nb" }, refusals).text).toBe("connection lost (1002, a\uFFFDb)");
    expect(judgeLoss({ kind: "closed", code: 1006, reason: "", error: "Max payload size exceeded" }, refusals).text).toBe("connection lost (1006, Max payload size exceeded)");
  });

  it("takes losses for the same kind whatever the peer says to each", () => {
    const kinds = ["a", "b"].map((reason) => judgeLoss({ kind: "closed", code: 1011, reason }, []).kind);
    expect(new Set(kinds).size).toBe(1);
  });
});
