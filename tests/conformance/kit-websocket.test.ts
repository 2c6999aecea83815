import { describe, it, type TestContext } from "vitest";
import type { ConformOptions } from "../../src/testing/conformance/check.ts";
import { websocketServer } from "../../src/testing/conformance/websocket/server.ts";
import { type Spoils, startSpoiler } from "../support/spoiler.ts";
import { createStoryteller, startAccount } from "./account.ts";
import { deviationsIn } from "./suite.ts";

const options: Omit<ConformOptions, "url"> = { port: 0, timeoutMs: 1500, seed: 7, runs: 20, maxPayload: 1_048_576, listening() {} };

async function spoiled(spoils: Spoils, { onTestFinished }: Pick<TestContext, "onTestFinished">): Promise<string> {
  const account = await startAccount({}, createStoryteller());
  const spoiler = await startSpoiler(account.url, spoils);
  onTestFinished(async () => {
    await spoiler.stop();
    await account.stop();
  });
  return spoiler.url;
}

type Frame = Readonly<Record<string, unknown>>;

/** Does something to frames of one type, and leaves the others. */
function at(type: string, spoil: (frame: Frame) => readonly Frame[]): (text: string) => readonly string[] {
  return (text) => {
    const frame = JSON.parse(text) as Frame;
    return frame["type"] === type ? spoil(frame).map((each) => JSON.stringify(each)) : [text];
  };
}

function twiceAtFirst(): Spoils {
  const seen = new Set<unknown>();
  return {
    fromServer: at("chat.response", (frame) => {
      const isFirst = !seen.has(frame["messageId"]);
      seen.add(frame["messageId"]);
      return isFirst ? [frame, frame] : [frame];
    }),
  };
}

function anotherEachTime(): Spoils {
  let count = 0;
  return { fromServer: at("chat.response", (frame) => [{ ...frame, content: `${String(frame["content"])} ${count++}` }]) };
}

function newPartsOnly(): Spoils {
  let before = "";
  return {
    fromServer: at("chat.stream", (frame) => {
      const content = String(frame["content"]);
      const part = content.startsWith(before) ? content.slice(before.length) : content;
      before = content;
      return "delta" in frame ? [frame] : part === "" ? [] : [{ ...frame, content: part }];
    }),
  };
}

const wrongs: readonly (readonly [what: string, rules: readonly string[], spoils: () => Spoils])[] = [
  ["never ends an answer", ["WS-13"], () => ({ fromServer: at("chat.response", () => []) })],
  ["ends an answer twice", ["WS-13"], twiceAtFirst],
  ["sends another answer for a repeat", ["WS-14"], anotherEachTime],
  ["sends new parts as partial texts", ["WS-15"], newPartsOnly],
  ["closes with another code", ["WS-6"], () => ({ closeCode: (code) => (code === 1003 ? 1008 : code) })],
  ["repeats the token of a connection", ["WS-3"], () => ({ fromServer: (text, { url = "" }) => [text.replace("parse message", `parse message${/token=[\w-]+/.exec(url)?.[0] ?? ""}`)] })],
  ["sends a field that the document does not have", ["schema"], () => ({ fromServer: at("chat.typing", (frame) => [{ ...frame, mood: "good" }]) })],
  ["never answers a ping", ["WS-30"], () => ({ neverPongs: true })],
  ["uses an extension that nobody asked for", ["WS-28"], () => ({ fromServer: at("chat.typing", (frame) => [{ ...frame, messageId: "m" }]) })],
  ["takes what is no message", ["WS-7"], () => ({ fromServer: at("chat.error", (frame) => (String(frame["error"]).includes("chatType") ? [{ type: "chat.typing" }] : [frame])) })],
];

describe.concurrent("the conformance kit at a websocket server", { timeout: 60_000 }, () => {
  it("finds nothing wrong with our own", async ({ expect, onTestFinished }) => {
    const url = await spoiled({}, { onTestFinished });
    expect(deviationsIn(await websocketServer.run({ ...options, url }))).toEqual([]);
  });

  it.for(wrongs)("says of one that %s which rule it breaks: %s", async ([, rules, spoils], { expect, onTestFinished }) => {
    const report = await websocketServer.run({ ...options, url: await spoiled(spoils(), { onTestFinished }) });
    expect(report.rules.filter(({ verdict }) => verdict === "failed").map(({ rule }) => rule), deviationsIn(report).join("\n")).toEqual(rules);
  });

  it("shows no secret that a server repeats", async ({ expect, onTestFinished }) => {
    const leaks: Spoils = { fromServer: (text, { headers }) => [text.replace("Failed to parse message", headers.authorization ?? "")] };
    const report = await websocketServer.run({ ...options, url: await spoiled(leaks, { onTestFinished }), token: "s3cret-word" }, { rule: "WS-7" });
    expect(deviationsIn(report).join("\n")).toContain("Bearer •••");
    expect(JSON.stringify(report)).not.toContain("s3cret-word");
  });

  it("looks at one rule only when it is told to", async ({ expect, onTestFinished }) => {
    const report = await websocketServer.run({ ...options, url: await spoiled({ neverPongs: true }, { onTestFinished }) }, { rule: "WS-6" });
    expect(report.rules.map(({ rule, verdict }) => [rule, verdict])).toEqual([["WS-6", "passed"]]);
  });

  it("says so when nobody is there, instead of passing", async ({ expect }) => {
    await expect(websocketServer.run({ ...options, url: "ws://127.0.0.1:9/ws" })).rejects.toThrow(/there is no server at ws:\/\/127\.0\.0\.1:9\/ws/);
  });
});
