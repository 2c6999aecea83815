import { describe, expect, it, onTestFinished } from "vitest";
import type { Report } from "../../src/testing/conformance/report.ts";
import { websocketServer } from "../../src/testing/conformance/websocket/server.ts";

/** A server under test: it answers every message, needs no token, and lets everybody in. */
export interface Subject {
  url: string;
  /** Largest frame it takes, in bytes. */
  maxPayload: number;
  /** An origin it allows. */
  allowedOrigin: string;
  stop(): Promise<void>;
}


/** The black-box rules of the websocket wire, for any server that `start` brings up. `unseen` is what that server has no way to show. */
export function describeWebsocketConformance(name: string, start: () => Promise<Subject>, { answerMs = 5000, unseen }: { answerMs?: number; unseen: readonly string[] }): void {
  describe(name, () => {
    it(
      "WS-1 WS-2 WS-3 WS-6 WS-7 WS-8 WS-9 WS-10 WS-11 WS-13 WS-14 WS-15 WS-16 WS-17 WS-19 WS-26 WS-28 WS-29 WS-30 WS-35 WS-36 keeps what can be seen from outside",
      async () => {
        const subject = await start();
        onTestFinished(() => subject.stop());
        const report = await websocketServer.run({ url: subject.url, port: 0, timeoutMs: answerMs, seed: process.pid, runs: 300, origin: subject.allowedOrigin, maxPayload: subject.maxPayload, listening() {} });
        expect(deviationsIn(report)).toEqual([]);
        const checked = new Set(websocketServer.checks.flatMap(({ rules }) => rules));
        const silent = report.rules.filter(({ rule, verdict }) => checked.has(rule) && verdict === "not observed");
        expect(silent.filter(({ rule }) => !unseen.includes(rule)).map(({ rule, why }) => `${rule}: ${why}`)).toEqual([]);
      },
      300_000,
    );
  });
}

/** What failed, in words. */
export function deviationsIn({ rules }: Report): string[] {
  return rules.flatMap(({ rule, checks }) => checks.flatMap(({ title, verdict, expected, got }) => (verdict === "failed" ? [`${rule} ${title}: expected ${expected}, got ${got}`] : [])));
}
