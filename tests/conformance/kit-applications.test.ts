import { once } from "node:events";
import { describe, it, type TestContext } from "vitest";
import { type ClientOptions, WebSocket } from "ws";
import type { ConformOptions } from "../../src/testing/conformance/check.ts";
import type { Report } from "../../src/testing/conformance/report.ts";
import { websocketClient } from "../../src/testing/conformance/websocket/client.ts";
import { deviationsIn } from "./suite.ts";

interface Application {
  query?: string;
  protocols?: readonly string[];
  options?: ClientOptions;
  says?: readonly (string | Buffer)[];
  /** Minds any error that it is told. */
  touchy?: true;
}

const message = (messageId: string, more: object = {}): string => JSON.stringify({ type: "chat.send", messageId, content: "hello", ...more });

/** Runs the suite while a small application dials it. */
async function judge({ query = "senderId=ann", protocols = [], options = {}, says = [message("1"), message("2")], touchy }: Application, { onTestFinished }: Pick<TestContext, "onTestFinished">): Promise<Report> {
  const dial = async (url: string): Promise<void> => {
    const socket = new WebSocket(`${url}?${query}`, [...protocols], options);
    onTestFinished(() => socket.terminate());
    await once(socket, "open");
    for (const frame of says) socket.send(frame);
    socket.on("message", (data: Buffer) => touchy && data.includes("chat.error") && socket.close(1000));
  };
  const conform: ConformOptions = { url: "", port: 0, timeoutMs: 1500, seed: 1, runs: 1, maxPayload: 1_048_576, listening: (url) => void dial(url) };
  return websocketClient.run(conform);
}

const wrongs: readonly (readonly [what: string, rules: readonly string[], application: Application])[] = [
  ["names its sender twice", ["WS-2"], { query: "senderId=ann&senderId=bob" }],
  ["offers a token alone", ["WS-3"], { protocols: ["bearer.s3cret"] }],
  ["sends binary frames", ["WS-6"], { says: [message("1"), Buffer.from("{}")] }],
  ["sends a type less than paths", ["WS-8"], { says: [message("1", { mediaPaths: ["/a", "/b"], mediaTypes: ["image/png"] })] }],
  ["sends too much customData", ["WS-9"], { says: [message("1", { customData: { note: "x".repeat(16_400) } })] }],
  ["goes when it is told of a mistake", ["WS-10"], { touchy: true }],
  ["uses an id for two messages", ["WS-14"], { says: [message("1"), message("1", { content: "another" })] }],
  ["uses an extension that nobody offered", ["WS-28"], { says: [message("1"), JSON.stringify({ type: "chat.cancel", messageId: "1" })] }],
  ["never answers a ping", ["WS-30"], { options: { autoPong: false } }],
  ["breaks the document", ["schema"], { says: [message("1"), message("2", { chatType: "room" })] }],
];

describe.concurrent("the conformance kit at an application", { timeout: 60_000 }, () => {
  it("finds nothing wrong with a good one", async ({ expect, onTestFinished }) => {
    const report = await judge({ protocols: ["openclaw.chat.v1", "bearer.s3cret"], says: [message("1", { customData: { a: 1 }, mediaPaths: ["/a"], mediaTypes: ["image/png"] })] }, { onTestFinished });
    expect(deviationsIn(report)).toEqual([]);
    expect(report.rules.filter(({ verdict }) => verdict === "not observed")).toEqual([]);
  });

  it.for(wrongs)("says of one that %s which rule it breaks: %s", async ([, rules, application], { expect, onTestFinished }) => {
    const report = await judge(application, { onTestFinished });
    expect(report.rules.filter(({ verdict }) => verdict === "failed").map(({ rule }) => rule), deviationsIn(report).join("\n")).toEqual(rules);
    expect(JSON.stringify(report)).not.toContain("s3cret");
  });
});
