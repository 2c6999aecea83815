import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";

const root = `${import.meta.dirname}/../../..`;

function run(...args: readonly string[]) {
  const command = spawn(process.execPath, ["src/cli/main.ts", ...args], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void command.kill("SIGKILL"));
  const ended = once(command, "exit") as Promise<[code: number | null]>;
  return { ...command, stdout: command.stdout, stderr: command.stderr, ended };
}

describe("a command whose reader has read enough", { timeout: 30_000 }, () => {
  it("ends well where it only prints", async () => {
    const { stdout, stderr, ended } = run("spec", "websocket");
    stdout.destroy();
    const [said, [code]] = await Promise.all([text(stderr), ended]);
    expect([said, code]).toEqual(["", 0]);
  });

  it("puts away what it has open", async () => {
    const { stdout, stderr, ended } = run("tap", "websocket", "ws://127.0.0.1:9/ws", "--listen", "0", "--json");
    const said: string[] = [];
    stderr.on("data", (part: Buffer) => said.push(part.toString()));
    await once(stderr, "data");
    stdout.destroy();
    const [url = ""] = said.join("").split(" ");
    new WebSocket(url).on("error", () => {});
    const [code] = await ended;
    expect([code, said.join("").split("\n")]).toEqual([0, [expect.stringContaining("Ctrl-C ends."), ""]]);
  });
});
