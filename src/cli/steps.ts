import { styleText } from "node:util";
import type { Io } from "./io.ts";

export interface Steps {
  /** Runs a step of some length and lets the person see that it does. */
  step<T>(label: string, work: () => Promise<T>): Promise<T>;
}

/** Shorter ones are over before a line about them could be read. */
const worthALine = 1000;

export function createSteps({ stderr }: Pick<Io, "stderr">): Steps {
  const live = stderr.isTTY === true;
  return {
    async step(label, work) {
      const started = Date.now();
      const seconds = (): string => ((Date.now() - started) / 1000).toFixed(1);
      const show = (): void => void stderr.write(live ? `\r\u001b[K… ${label} (${seconds()} s)` : `… ${label}\n`);
      const timer = live ? setInterval(show, 200) : setTimeout(show, worthALine);
      const end = (mark: string): void => {
        clearInterval(timer);
        if (live) stderr.write("\r\u001b[K");
        if (Date.now() - started >= worthALine) stderr.write(`${mark} ${label} (${seconds()} s)\n`);
      };
      try {
        const result = await work();
        end(styleText("green", "✓", { stream: stderr }));
        return result;
      } catch (cause) {
        end(styleText("red", "✗", { stream: stderr }));
        throw cause;
      }
    },
  };
}
