import { createInterface } from "node:readline";
import { styleText } from "node:util";
import type { Io } from "../io.ts";
import { plain } from "../plain.ts";

export type Style = Parameters<typeof styleText>[0];

export interface Terminal {
  /** Whole lines, above the prompt where there is one. */
  print(text: string): void;
  paint(style: Style, text: string): string;
  /** What a stranger wrote, made safe for one line. */
  plain(text: string): string;
  close(): void;
}

export interface Typist {
  line(text: string): void;
  /** Ctrl-D, or the end of a pipe. */
  end(): void;
  /** Ctrl-C. */
  interrupt(): void;
}

/** Longest line about one frame, where a person looks on. */
const mostColumns = 400;

/** Output with a prompt below it where a person sits at the keyboard, and plain lines elsewhere. */
export function openTerminal({ stdin, stdout }: Io, typist: Typist): Terminal {
  const live = stdin.isTTY === true && stdout.isTTY === true;
  const lines = createInterface({ input: stdin, ...(live && { output: stdout }), prompt: "> ", terminal: live });
  lines.on("line", (line) => {
    typist.line(line);
    if (live) lines.prompt();
  });
  lines.on("close", () => typist.end());
  lines.on("SIGINT", () => typist.interrupt());
  if (live) lines.prompt();
  return {
    print(text) {
      if (live) stdout.write("\r\u001b[K");
      stdout.write(`${text}\n`);
      if (live) lines.prompt(true);
    },
    paint: (style, text) => (stdout.isTTY === true ? styleText(style, text, { stream: stdout }) : text),
    plain(text) {
      const safe = plain(text);
      return live && safe.length > mostColumns ? `${safe.slice(0, mostColumns)}…` : safe;
    },
    close: () => lines.close(),
  };
}
