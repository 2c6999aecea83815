import { nobody, perform, type Stage } from "../../testing/simulator/script.ts";
import type { News, Simulator } from "../../testing/simulator/simulator.ts";
import { messageOf } from "../failure.ts";
import type { Io } from "../io.ts";
import { helpOf } from "../simulate/hint.ts";
import { type Report, textReport } from "../simulate/report.ts";
import { openTerminal } from "../simulate/terminal.ts";

/** A person, or a pipe, speaks as the user of the remote server. */
export interface RemoteUser {
  /** What happened at the server. Before `begin` it is dropped. */
  news(news: News): void;
  /** Takes lines from here on, as words of `speaker`; settles when somebody says /quit, or a person ends the input. */
  begin(simulator: Simulator, speaker: string | undefined): Promise<void>;
  close(): void;
}

const WAIT_MS = 600_000;

/** `interrupt` is called for Ctrl-C, which a terminal with a prompt does not make a signal of. */
export function createRemoteUser(io: Io, interrupt: () => void): RemoteUser {
  let report: Report | undefined;
  let close = () => {};
  return {
    news: (news) => report?.news(news),
    async begin(simulator, speaker) {
      const left = Promise.withResolvers<void>();
      const live = io.stdin.isTTY === true;
      let turn = Promise.resolve();
      const stage: Stage = { simulator, speaker: { ...nobody, user: speaker }, patience: live ? { waitMs: WAIT_MS } : { linkMs: WAIT_MS, waitMs: WAIT_MS }, said: undefined };
      const act = async (line: string): Promise<void> => {
        if (line.trim() === "/quit") return left.resolve();
        if (line.trim() === "/help") return report?.help(helpOf(simulator.protocol));
        await perform(line, stage).catch((cause: unknown) => report?.trouble(messageOf(cause)));
      };
      const terminal = openTerminal(io, {
        line: (text) => void (turn = turn.then(() => act(text))),
        // The end of a pipe is no reason to stop.
        end: () => (live ? left.resolve() : undefined),
        interrupt,
      });
      close = () => terminal.close();
      report = textReport(terminal);
      await left.promise;
    },
    close() {
      report = undefined;
      close();
    },
  };
}
