import { describe, expect, it } from "vitest";
import { advice, collectIssues } from "../../../src/channel/status-issues.ts";

const seen = (facts: object) => [{ accountId: "home", enabled: true, configured: true, connected: false, ...facts }];
const about = { channel: "clawchat", accountId: "home" };

describe("what stands in the way of an account", () => {
  it.each(Object.entries(advice))("has a remedy for %s that names no secret and no other account", (fault, { kind, fix }) => {
    expect(["config", "auth", "runtime", "permissions"]).toContain(kind);
    expect(fix(about).length).toBeGreaterThan(20);
    expect(collectIssues("clawchat", seen({ fault, lastError: "what was seen" }))).toEqual([{ ...about, kind, message: "what was seen", fix: fix(about) }]);
  });

  it("is nothing while the account is off, or works", () => {
    expect(collectIssues("clawchat", seen({ enabled: false, fault: "unreachable", lastError: "x" }))).toEqual([]);
    expect(collectIssues("clawchat", seen({ connected: true, fault: null, takeovers: 2 }))).toEqual([]);
    expect(collectIssues("clawchat", seen({ fault: "a-newer-word", lastError: "x" }))).toEqual([]);
  });

  it("names what is wrong with the configuration, and where a login is missing", () => {
    expect(collectIssues("clawchat", seen({ configured: false, stateReason: "baseUrl must be a URL" }))).toEqual([{ ...about, kind: "config", message: "baseUrl must be a URL", fix: advice["config-invalid"].fix(about) }]);
    expect(collectIssues("clawchat", seen({ linked: false, lastError: "there is no login yet" }))).toEqual([{ ...about, kind: "auth", message: "there is no login yet", fix: advice.login.fix(about) }]);
  });

  it("names two gateways that push each other out, also while this one is in", () => {
    const message = "pushed out 3 times in the last minutes by another connection of the same account";
    const rivalry = { ...about, kind: "config", message, fix: advice.takeover.fix(about) };
    expect(collectIssues("clawchat", seen({ connected: true, takeovers: 3 }))).toEqual([rivalry]);
    expect(collectIssues("clawchat", seen({ fault: "takeover", lastError: "taken over (4001)", takeovers: 3 }))).toEqual([rivalry]);
  });

  it("tells what a probe has found of an account that is connected", () => {
    const probe = { ok: false, fault: "verifier", error: "the verifier does not answer" };
    expect(collectIssues("websocket", seen({ connected: true, probe }))).toMatchObject([{ kind: "auth", message: "probe: the verifier does not answer" }]);
    expect(collectIssues("websocket", seen({ connected: true, probe: { ok: true } }))).toEqual([]);
  });
});
