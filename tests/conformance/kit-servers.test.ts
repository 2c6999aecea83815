import { describe, it, type TestContext } from "vitest";
import type { ConformOptions } from "../../src/testing/conformance/check.ts";
import type { Report } from "../../src/testing/conformance/report.ts";
import { suiteOf } from "../../src/testing/conformance/suites.ts";
import type { ProtocolName } from "../../src/testing/simulator/protocols.ts";
import { startSimulator } from "../../src/testing/simulator/simulator.ts";
import { type Spoils, startSpoiler } from "../support/spoiler.ts";
import { deviationsIn } from "./suite.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Runs the suite against our simulator, through something that spoils what it says. */
async function judge(name: ProtocolName, spoils: Spoils, { onTestFinished }: Pick<TestContext, "onTestFinished">): Promise<Report> {
  const simulator = await startSimulator<ProtocolName>(name, {
    ...(name !== "clawchat" && { accounts: { office: "s3cret" } }),
    // A user says something whenever somebody has come.
    tell: (news) => void (news.news === "opened" && simulator.say({ text: "hello", user: "ann", ...(name !== "clawchat" && { session: "ann" }) })),
  });
  const spoiler = await startSpoiler(simulator.url, spoils);
  onTestFinished(async () => {
    await spoiler.stop();
    await simulator.stop();
  });
  const token = name === "clawchat" ? tokenIn(simulator.config) : "s3cret";
  const options: ConformOptions = { url: spoiler.url, port: 0, timeoutMs: 1500, seed: 7, runs: 10, account: "office", token, maxPayload: 1_048_576, listening() {} };
  const report = await suiteOf(name, "server").run(options);
  return { ...report, rules: report.rules.map((row) => ({ ...row, statement: "" })) };
}

function tokenIn(config: Readonly<Record<string, unknown>>): string {
  const [, token] = /"(?:token|accessToken)":"([^"]+)"/.exec(JSON.stringify(config)) ?? [];
  if (token === undefined) throw new Error("the simulator's configuration has no token");
  return token;
}

function at(event: string, spoil: (frame: Fields) => readonly Fields[]): (text: string) => readonly string[] {
  return (text) => {
    const frame = JSON.parse(text) as Fields;
    return frame["event"] === event || frame["type"] === event ? spoil(frame).map((each) => JSON.stringify(each)) : [text];
  };
}

const wrongs: readonly (readonly [protocol: ProtocolName, what: string, rules: readonly string[], spoils: Spoils])[] = [
  ["local-im", "never answers a ping", ["LI-5"], { neverPongs: true }],
  ["local-im", "breaks the document", ["schema"], { fromServer: at("message", (frame) => [{ ...frame, content: 5 }]) }],
  ["local-im", "lets everybody in", ["LI-6"], { dials: ({ headers }) => ({ headers: { ...headers, authorization: "Bearer s3cret" } }) }],
  ["insta-claw", "lets everybody in", ["IC-3"], { dials: ({ headers }) => ({ headers: { ...headers, "x-app-secret": "s3cret" } }) }],
  ["clawchat", "answers connect with another trace_id", ["CC-4"], { fromServer: at("hello-ok", (frame) => [{ ...frame, trace_id: "another" }]) }],
  ["clawchat", "gives another reason for a bad token", ["CC-8"], { fromServer: at("hello-fail", (frame) => [{ ...frame, payload: { reason: "no" } }]) }],
  ["clawchat", "ends its replay twice", ["CC-55"], { fromServer: at("replay.done", (frame) => [frame, { ...frame, dseq: undefined }]) }],
  ["clawchat", "acknowledges no message", ["CC-26"], { fromServer: at("message.ack", () => []) }],
  ["clawchat", "closes a connection that was taken over with another code", ["CC-13"], { closeCode: (code) => (code === 4001 ? 4000 : code) }],
];

describe.concurrent("the conformance kit at a server that plugins dial", () => {
  it.for(["local-im", "insta-claw", "clawchat"] as const)("finds nothing wrong with the simulator of %s", { timeout: 60_000 }, async (name, { expect, onTestFinished }) => {
    const report = await judge(name, {}, { onTestFinished });
    expect(deviationsIn(report)).toEqual([]);
    const checked = new Set(suiteOf(name, "server").checks.flatMap(({ rules }) => rules));
    expect(report.rules.filter(({ rule, verdict }) => checked.has(rule) && verdict !== "passed").map(({ rule, why }) => `${rule}: ${why}`)).toEqual([]);
  });

  it.for(wrongs)("says of one of %s that %s which rule it breaks: %s", { timeout: 60_000 }, async ([name, , rules, spoils], { expect, onTestFinished }) => {
    const report = await judge(name, spoils, { onTestFinished });
    expect(report.rules.filter(({ verdict }) => verdict === "failed").map(({ rule }) => rule), deviationsIn(report).join("\n")).toEqual(rules);
    expect(JSON.stringify(report)).not.toContain("s3cret");
  });
});
