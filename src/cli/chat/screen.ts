import { createInterface } from "node:readline";
import { stripVTControlCharacters, styleText } from "node:util";
import type { Io } from "../io.ts";
import type { Show } from "./conversation.ts";

export interface Screen {
  show(shows: readonly Show[]): void;
  /** A line about the connection. */
  status(text: string): void;
  close(): void;
}

export interface Reader {
  line(text: string): void;
  /** Ctrl-D, or the end of piped input. */
  end(): void;
  /** Ctrl-C. */
  interrupt(): void;
}

const clearLine = "\r\u001b[K";

/** The terminal: a prompt at the bottom while nobody is speaking, and the agent's words as they come. */
export function openScreen({ stdin, stdout, stderr }: Io, reader: Reader): Screen {
  const live = stdout.isTTY === true && stdin.isTTY === true;
  const lines = createInterface({ input: stdin, ...(live ? { output: stdout } : {}), prompt: "> ", terminal: live });
  /** What stands on the current line: the prompt, a sign of typing, or part of an answer. */
  let standing: "prompt" | "typing" | "answer" | "nothing" = "nothing";
  const dim = (text: string): string => (live ? styleText("dim", text, { stream: stdout }) : text);

  function prompt(): void {
    standing = "prompt";
    if (live) lines.prompt(true);
  }

  function makeRoom(): void {
    if (live && (standing === "prompt" || standing === "typing")) stdout.write(clearLine);
    if (standing === "answer") stdout.write("\n");
    standing = "nothing";
  }

  function whole(text: string): void {
    makeRoom();
    stdout.write(`${text}\n`);
    prompt();
  }

  function one(show: Show): void {
    switch (show.show) {
      case "typing":
        if (standing === "answer" || standing === "typing" || !live) return;
        makeRoom();
        stdout.write(dim("… is typing"));
        standing = "typing";
        return;
      case "anew":
        makeRoom();
        stdout.write(printable(show.text));
        standing = "answer";
        return;
      case "more":
        if (standing !== "answer") makeRoom();
        stdout.write(printable(show.text));
        standing = "answer";
        return;
      case "answered":
        makeRoom();
        for (const address of show.media) stdout.write(`${printable(address)}\n`);
        if (show.text === "" && show.media.length === 0) stdout.write(`${dim("(the agent says nothing)")}\n`);
        return prompt();
      case "failed":
      case "warning":
        return whole(live ? styleText("red", `! ${printable(text(show))}`, { stream: stdout }) : `! ${printable(text(show))}`);
      case "notice":
        return whole(printable(show.text));
    }
  }

  lines.on("line", (line) => {
    standing = "nothing";
    reader.line(line);
    prompt();
  });
  lines.on("close", () => reader.end());
  lines.on("SIGINT", () => reader.interrupt());
  return {
    show: (shows) => shows.forEach(one),
    status: (line) => (live ? whole(dim(line)) : void stderr.write(`${line}\n`)),
    close() {
      makeRoom();
      lines.close();
    },
  };
}

/** Words come from a stranger: none of them may move the cursor or change the terminal. */
function printable(words: string): string {
  // oxlint-disable-next-line no-control-regex
  return stripVTControlCharacters(words).replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "");
}

function text(show: Extract<Show, { show: "failed" | "warning" }>): string {
  return show.show === "failed" ? show.error : show.text;
}
