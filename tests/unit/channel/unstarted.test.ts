import { describe, expect, it } from "vitest";
import type { ChannelAccount } from "../../../src/channel/accounts.ts";
import { mayStart, tellUnstarted } from "../../../src/channel/unstarted.ts";

const account = (problem?: string, more: Partial<ChannelAccount<unknown>> = {}): ChannelAccount<unknown> => ({
  accountId: "work",
  enabled: true,
  configured: problem === undefined,
  warnings: [],
  ...(problem !== undefined && { problem }),
  ...more,
});

/** A channel of its own for each test: what was said is known to the whole process. */
function channel(id: string, accounts: ChannelAccount<unknown>[]) {
  const said: string[] = [];
  const config = {
    listAccountIds: () => accounts.map(({ accountId }) => accountId),
    resolveAccount: (_cfg: object, accountId: string) => accounts.find((one) => one.accountId === accountId) ?? account("no such account"),
    isConfigured: (one: ChannelAccount<unknown>) => mayStart(one, id, (text) => void said.push(`${one.accountId}: ${text}`)),
  };
  let begin = () => {};
  const on = (name: string, handler: () => void) => {
    if (name === "gateway_start") begin = handler;
  };
  tellUnstarted({ on, runtime: { config: { current: () => ({}) } } } as unknown as Parameters<typeof tellUnstarted>[0], { id, config });
  return { said, config, begin: () => begin() };
}

describe("an account that the host does not start", () => {
  it("is in the log of a gateway with what is wrong, and in that of no command beside one", () => {
    const { said, config, begin } = channel("one", [account("port: expected a number"), account(undefined, { accountId: "good" })]);
    expect(config.isConfigured(account("port: expected a number"))).toBe(false);
    expect(said).toEqual([]);
    begin();
    expect(said).toEqual(["work: not started: port is wrong: expected a number"]);
  });

  it("is named once until what is wrong changes, or is wrong again", () => {
    const { said, config, begin } = channel("two", []);
    begin();
    for (const problem of ["first", "first", "second", undefined, "second"]) config.isConfigured(account(problem));
    expect(said).toEqual(["work: not started: first", "work: not started: second", "work: not started: second"]);
  });

  it("is not named where it is switched off, or runs in spite of what is to be told", () => {
    const { said, config, begin } = channel("three", []);
    begin();
    expect(config.isConfigured(account("first", { enabled: false }))).toBe(false);
    expect(config.isConfigured(account("waits for a secret", { configured: true }))).toBe(true);
    expect(said).toEqual([]);
  });
});
