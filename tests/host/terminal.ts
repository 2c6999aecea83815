import { spawn } from "@lydell/node-pty";
import xterm from "@xterm/headless";
import { hostProgram } from "../../src/cli/gateway/host.ts";

const keys = { enter: "\r", down: "\x1b[B", up: "\x1b[A", space: " ", escape: "\x1b", "ctrl-c": "\x03" } as const;

export type Key = keyof typeof keys;

/** A key as it is written among words: `[enter]`. */
export function isKey(typed: string): boolean {
  return /^\[.+\]$/.test(typed);
}

export function keyIn(typed: string): Key {
  const name = typed.slice(1, -1);
  const found = keyNames.find((key) => key === name);
  if (!found) throw new Error(`there is no key ${typed}; there are ${keyNames.join(", ")}`);
  return found;
}

const keyNames = ["enter", "down", "up", "space", "escape", "ctrl-c"] as const satisfies readonly Key[];

/** A person at a terminal in which an `openclaw` command runs. */
export interface Terminal extends Disposable {
  /** What can be read, what has scrolled away included, without what was drawn over. */
  text(): string;
  /** Waits until the text has come after whatever was last waited for. */
  sees(text: string): Promise<void>;
  type(text: string): void;
  press(...pressed: readonly Key[]): void;
  /** The exit code. */
  exited: Promise<number>;
}

export interface TerminalOptions {
  cwd: string;
  env: Readonly<Record<string, string>>;
  timeoutMs?: number;
}

const COLUMNS = 110;

export function openTerminal(args: readonly string[], { cwd, env, timeoutMs = 40_000 }: TerminalOptions): Terminal {
  const emulator = new xterm.Terminal({ cols: COLUMNS, rows: 50, scrollback: 2000, allowProposedApi: true });
  const pty = spawn(process.execPath, [hostProgram(), ...args], { name: "xterm-256color", cols: COLUMNS, rows: 50, cwd, env: { ...env, TERM: "xterm-256color" } });
  const changed = new Set<() => void>();
  const tellChange = () => changed.forEach((listener) => listener());
  pty.onData((data) => emulator.write(data, tellChange));
  // What asks the terminal where its cursor is gets an answer.
  emulator.onData((data) => pty.write(data));
  let code: number | undefined;
  const exited = new Promise<number>((resolve) =>
    pty.onExit(({ exitCode }) =>
      // Behind everything that was written before.
      emulator.write("", () => {
        code = exitCode;
        resolve(exitCode);
        tellChange();
      }),
    ),
  );
  const text = () => {
    const { active } = emulator.buffer;
    const lines = Array.from({ length: active.length }, (_, row) => active.getLine(row)?.translateToString(true) ?? "");
    return lines.join("\n").trimEnd();
  };
  let seen = 0;
  const sees = (wanted: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const settle = (outcome: () => void) => {
        changed.delete(look);
        clearTimeout(timer);
        outcome();
      };
      const look = () => {
        const found = text().indexOf(wanted, seen);
        if (found >= 0) settle(() => resolve(void (seen = found + wanted.length)));
        else if (code !== undefined) settle(() => reject(new Error(`it ended with ${code} before ${JSON.stringify(wanted)}:\n${text()}`)));
      };
      const timer = setTimeout(() => settle(() => reject(new Error(`${JSON.stringify(wanted)} did not come:\n${text()}`))), timeoutMs);
      changed.add(look);
      look();
    });
  return {
    text,
    sees,
    type: (typed) => pty.write(typed),
    press: (...pressed) => pressed.forEach((key) => pty.write(keys[key])),
    exited,
    [Symbol.dispose]: () => {
      if (code === undefined) pty.kill("SIGKILL");
    },
  };
}
