import { once } from "node:events";
import { PassThrough } from "node:stream";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocketServer, type WebSocket } from "ws";
import { main } from "../../../src/cli/main.ts";

type Said = { messageId: string; content: string } & Record<string, unknown>;
type Answer = (socket: WebSocket, said: Said) => void;

const servers: WebSocketServer[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    for (const client of server.clients) client.terminate();
    server.close();
  }
});

/** A channel that does with each message what the test says. */
async function channel(answer: Answer): Promise<{ url: string; said: Said[] }> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, path: "/ws" });
  await once(server, "listening");
  servers.push(server);
  const said: Said[] = [];
  server.on("connection", (socket) =>
    socket.on("message", (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as Said;
      said.push(frame);
      answer(socket, frame);
    }),
  );
  const address = server.address();
  return { url: `ws://127.0.0.1:${typeof address === "object" && address ? address.port : 0}/ws`, said };
}

const send = (socket: WebSocket, frame: object): void => socket.send(JSON.stringify(frame));
const respond = (socket: WebSocket, { messageId }: Said, content: string): void => send(socket, { type: "chat.response", messageId, content, done: true });

interface Ran {
  code: Promise<number>;
  stdin: PassThrough;
  stdout(): string;
  stderr(): string;
}

function chat(args: readonly string[], terminal = false): Ran {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()].map((stream) => Object.assign(stream, { isTTY: terminal }));
  if (!stdin || !stdout || !stderr) throw new Error("unreachable");
  const text = { stdout: "", stderr: "" };
  stdout.on("data", (part: Buffer) => (text.stdout += part.toString()));
  stderr.on("data", (part: Buffer) => (text.stderr += part.toString()));
  const code = main(["chat", ...args], { stdin, stdout, stderr, env: {}, cwd: "/" });
  return { code, stdin, stdout: () => text.stdout, stderr: () => text.stderr };
}

describe("chat --once", () => {
  it("prints the final answer alone", async () => {
    const { url, said } = await channel((socket, frame) => {
      send(socket, { type: "chat.typing" });
      send(socket, { type: "chat.stream", messageId: frame.messageId, content: "Goo", done: false });
      respond(socket, frame, "Good evening");
    });
    const ran = chat(["--url", url, "--once", "hello", "--sender", "ada", "--group", "readers"]);
    expect([await ran.code, ran.stdout(), ran.stderr()]).toEqual([0, "Good evening\n", ""]);
    expect(said).toEqual([{ type: "chat.send", messageId: expect.any(String), content: "hello", senderId: "ada", chatType: "group", groupId: "readers" }]);
  });

  it("asks again with the same id after a lost connection", async () => {
    let lost = false;
    const { url, said } = await channel((socket, frame) => {
      if (lost) respond(socket, frame, "There you are");
      else socket.terminate();
      lost = true;
    });
    const ran = chat(["--url", url, "--once", "hello"]);
    expect([await ran.code, ran.stdout()]).toEqual([0, "There you are\n"]);
    expect(new Set(said.map((frame) => frame.messageId)).size).toBe(1);
    expect(said).toHaveLength(2);
  });

  it.each([
    ["an error", (socket, frame) => send(socket, { type: "chat.error", messageId: frame.messageId, error: "The agent is away" }), [], "clawwire chat: The agent is away\n"],
    ["a refused token", (socket) => socket.close(4401, "Token required"), [], "clawwire chat: The channel refused the token. Pass a good one with --token, or ask whoever runs it. (close code 4401: Token required)\n"],
    ["silence", () => {}, ["--timeout", "0.2"], "clawwire chat: No answer within 0.2 s.\n"],
    ["another protocol", (socket) => socket.send("220 mail.example"), [], "clawwire chat: The other end speaks another protocol: its frame is none of the WebSocket channel's.\n"],
  ] as [string, Answer, string[], string][])("ends with 1 and one line for %s", async (_, answer, more, line) => {
    const { url } = await channel(answer);
    const ran = chat(["--url", url, "--once", "hello", ...more]);
    expect([await ran.code, ran.stdout(), ran.stderr()]).toEqual([1, "", line]);
  });
});

describe("chat", () => {
  it("answers every line of a pipe before it ends", async () => {
    const { url } = await channel((socket, frame) => respond(socket, frame, frame.content.toUpperCase()));
    const ran = chat(["--url", url]);
    ran.stdin.end("one\n\ntwo\n");
    expect([await ran.code, ran.stdout()]).toEqual([0, "ONE\nTWO\n"]);
  });

  it("says typing, lets the answer grow in its place, and prompts again", async () => {
    const { url } = await channel((socket, frame) => {
      send(socket, { type: "chat.typing" });
      for (const content of ["Good", "Good eve"]) send(socket, { type: "chat.stream", messageId: frame.messageId, content, done: false });
      respond(socket, frame, "Good evening");
    });
    const ran = chat(["--url", url], true);
    await expect.poll(ran.stdout).toContain("connected to");
    ran.stdin.write("hello\r");
    await expect.poll(ran.stdout).toContain("\r\u001b[KGood evening\n");
    expect(ran.stdout()).toContain("… is typing");
    expect(ran.stdout().slice(ran.stdout().indexOf("Good evening"))).toContain("> ");
    ran.stdin.write("\u0004");
    expect(await ran.code).toBe(0);
  });

  it("leaves on Ctrl-C while an answer is still to come", async () => {
    const { url, said } = await channel(() => {});
    const ran = chat(["--url", url], true);
    await expect.poll(ran.stdout).toContain("connected to");
    ran.stdin.write("hello\r");
    await expect.poll(() => said.length).toBe(1);
    ran.stdin.write("\u0003");
    expect(await ran.code).toBe(0);
  });

  it("lets no word of the agent touch the terminal", async () => {
    const { url } = await channel((socket, frame) => respond(socket, frame, "safe\u001b[2J\u001b]0;title\u0007\u0008\u0000\u009b31m and\tsound\r"));
    const ran = chat(["--url", url]);
    ran.stdin.end("hello\n");
    await ran.code;
    expect(ran.stdout()).toBe("safe and\tsound\n");
  });

  it("shows the way when it is asked for help or given nonsense", async () => {
    const help = chat(["--help"]);
    expect([await help.code, help.stdout()]).toEqual([0, expect.stringContaining("--once TEXT")]);
    const nonsense = chat(["--onec", "x"]);
    expect([await nonsense.code, nonsense.stderr()]).toEqual([1, expect.stringContaining("npm run chat -- --help")]);
  });
});
