import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect, type Server, type Socket } from "node:net";
import { type Duplex, PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { constants, deflateRawSync } from "node:zlib";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { main } from "../../../src/cli/main.ts";
import { createWatcher, type News } from "../../../src/cli/tap/news.ts";
import { startTap } from "../../../src/cli/tap/proxy.ts";
import { createReader } from "../../../src/cli/tap/reader.ts";
import { textLine } from "../../../src/cli/tap/report.ts";
import { readTapOptions } from "../../../src/cli/tap/tap.ts";
import { wires } from "../../../src/cli/tap/wires.ts";
import type { RuledProtocol } from "../../../src/testing/conformance/rulebook.ts";
import { startSimulator } from "../../../src/testing/simulator/simulator.ts";
import { startAccount } from "../../conformance/account.ts";
import { asOffice, dialRaw } from "../../support/raw-plugin.ts";

const root = `${import.meta.dirname}/../../..`;
const pem = (name: string) => readFileSync(`${root}/tests/fixtures/tls/${name}.pem`);

interface Tapped {
  url: string;
  news: News[];
  /** Waits until something of this kind was told. */
  hears(what: (news: News) => boolean): Promise<News>;
}

async function tapOf(target: string, protocol: RuledProtocol = "websocket"): Promise<Tapped> {
  const news: News[] = [];
  const waiting = new Set<() => void>();
  const tell = (each: News) => {
    news.push(each);
    for (const look of waiting) look();
  };
  const tap = await startTap({ target: new URL(target), port: 0 }, createWatcher(wires[protocol], Date.now, tell));
  onTestFinished(() => tap.stop());
  return {
    url: tap.url,
    news,
    hears: (what) =>
      new Promise((resolve) => {
        const look = () => {
          const found = news.find(what);
          if (found) resolve(found);
        };
        waiting.add(look);
        look();
      }),
  };
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => new Promise((resolve) => void server.close(() => resolve())));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A WebSocket server, and what each of its sockets is told. */
async function serve(options: object, opened: (socket: WebSocket) => void): Promise<string> {
  const server = createServer();
  const sockets = new WebSocketServer({ server, ...options });
  sockets.on("connection", opened);
  onTestFinished(() => sockets.clients.forEach((socket) => socket.terminate()));
  return `ws://${await listening(server)}/ws`;
}

const framesIn = (news: readonly News[]) => news.flatMap((each) => (each.news === "frame" ? [each] : []));

describe("what passes the tap", { timeout: 30_000 }, () => {
  it("is byte for byte what was sent, both ways and whatever it is", async () => {
    const [up, down] = [randomBytes(3_000_000), randomBytes(3_000_000)];
    const heard: Buffer[] = [];
    const server = createServer();
    const all = Promise.withResolvers<void>();
    server.on("upgrade", (request, socket, head) => {
      socket.on("end", () => all.resolve());
      heard.push(Buffer.from(request.rawHeaders.join("\n")), head);
      socket.on("data", (chunk: Buffer) => heard.push(chunk));
      socket.write("HTTP/1.1 101 Of Course\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Extensions: ;;\r\nX-oDD: a,  b\r\nx-odd: c\r\n\r\n");
      socket.end(down);
    });
    const { url, hears } = await tapOf(`ws://${await listening(server)}/ws`);
    const { hostname, port } = new URL(url);
    const client = connect({ host: hostname, port: Number(port) });
    const head = `GET /ws HTTP/1.1\r\nHost: ${hostname}:${port}\r\nX-CaSe: Kept\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Twice: 1\r\nX-Twice: 2\r\n\r\n`;
    client.write(head);
    client.write(up);
    const got: Buffer[] = [];
    client.on("data", (chunk: Buffer) => got.push(chunk));
    await once(client, "end");
    client.end();
    await Promise.all([all.promise, hears(({ news }) => news === "gone")]);
    const answer = Buffer.concat(got);
    const body = answer.indexOf("\r\n\r\n") + 4;
    expect(answer.subarray(0, body).toString()).toBe("HTTP/1.1 101 Of Course\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Extensions: ;;\r\nX-oDD: a,  b\r\nx-odd: c\r\n\r\n");
    expect(answer.subarray(body).equals(down)).toBe(true);
    const [headers = Buffer.of(), ...rest] = heard;
    expect(headers.toString().replace(/Host\n.*?\n/, "")).toBe("X-CaSe\nKept\nConnection\nUpgrade\nUpgrade\nwebsocket\nX-Twice\n1\nX-Twice\n2");
    expect(Buffer.concat(rest).equals(up)).toBe(true);
  });

  it("reads along where a connection is compressed, in pieces, or large", async () => {
    const target = await serve({ perMessageDeflate: true }, (socket) => socket.on("message", (data, binary) => socket.send(data, { binary })));
    const { url, news, hears } = await tapOf(target);
    const client = new WebSocket(url);
    await once(client, "open");
    const large = JSON.stringify({ type: "chat.send", content: "a long story, ".repeat(60_000) });
    const echoes: string[] = [];
    client.on("message", (data: Buffer) => echoes.push(data.toString()));
    client.send(large);
    client.send('{"type":"chat', { fin: false });
    client.send('.typing"}');
    client.ping("are you there");
    await once(client, "pong");
    client.close(4242, "so be it");
    await hears((each) => each.news === "gone");
    expect(client.extensions).toContain("permessage-deflate");
    expect(echoes).toEqual([large, '{"type":"chat.typing"}']);
    const frames = framesIn(news).map((frame) => [frame.from, frame.kind, frame.text.length > 100 ? frame.text.length : frame.text]);
    expect(frames.filter(([from]) => from === "client")).toEqual([["client", "text", large.length], ["client", "text", '{"type":"chat.typing"}'], ["client", "ping", "are you there"]]);
    expect(frames.filter(([from, kind]) => from === "server" && kind === "text")).toEqual([["server", "text", large.length], ["server", "text", '{"type":"chat.typing"}']]);
    expect(news.filter((each) => each.news === "close").map(({ from, code, reason }) => [from, code, reason])).toEqual([["client", 4242, "so be it"], ["server", 4242, "so be it"]]);
  });

  it("has been read to its end before it is said to be gone, though it is compressed", async () => {
    const told: string[] = [];
    const ignore = () => {};
    const reader = createReader({ isFromClient: false, extensions: "permessage-deflate" }, { message: (bytes) => void told.push(bytes.toString()), ping: ignore, pong: ignore, closing: ignore, broken: (why) => void told.push(why) });
    const packed = deflateRawSync("the last words", { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
    reader.read(Buffer.concat([Buffer.from([0xc1, packed.length]), packed]));
    expect(told).toEqual([]);
    await reader.finish();
    expect(told).toEqual(["the last words"]);
  });

  it("is closed and cut off where the other end is", async () => {
    const target = await serve({}, (socket) => socket.on("message", (data: Buffer) => (data.toString() === "close" ? socket.close(4401, "Unauthorized") : socket.terminate())));
    const { url, news } = await tapOf(target);
    const end = async (word: string) => {
      const client = new WebSocket(url);
      await once(client, "open");
      client.send(word);
      const [code, reason] = (await once(client, "close")) as [number, Buffer];
      return [code, reason.toString()];
    };
    expect([await end("close"), await end("cut")]).toEqual([[4401, "Unauthorized"], [1006, ""]]);
    expect(news.filter((each) => each.news === "close" && each.connection === 2)).toEqual([]);
  });

  it("shows the server that its client is cut off", async () => {
    const gone = Promise.withResolvers<number>();
    const { url } = await tapOf(await serve({}, (socket) => socket.on("close", (code) => gone.resolve(code))));
    const client = new WebSocket(url);
    await once(client, "open");
    client.terminate();
    expect(await gone.promise).toBe(1006);
  });

  it("is a refusal as the server has it, another request, and nothing where there is no server", async () => {
    const server = createServer((request, response) => response.writeHead(201, { "x-made": "yes" }).end(`you asked for ${request.url}`));
    server.on("upgrade", (_request, socket) => socket.end("HTTP/1.1 401 Unauthorized\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n4\r\nno!\n\r\n0\r\n\r\n"));
    const { url, news } = await tapOf(`ws://${await listening(server)}/ws`);
    const dial = (address: string) => new Promise<string>((resolve) => void new WebSocket(address).on("unexpected-response", (_request, response) => response.on("data", (body: Buffer) => resolve(`${response.statusCode} ${body.toString()}`)).on("end", () => resolve(`${response.statusCode}`))).on("error", () => {}));
    expect(await dial(url)).toBe("401 no!\n");
    const page = await fetch(`${url.replace("ws", "http")}?token=s3cret-word`);
    expect([page.status, page.headers.get("x-made"), await page.text()]).toEqual([201, "yes", "you asked for /ws?token=s3cret-word"]);
    const nobody = await tapOf("ws://127.0.0.1:9/ws");
    expect(await dial(nobody.url)).toBe("502");
    expect(nobody.news).toContainEqual(expect.objectContaining({ news: "failed", error: expect.stringContaining("ECONNREFUSED") as string }));
    expect(news.map(({ at: _at, ...each }) => each)).toEqual([{ news: "dialing", connection: 1, target: "/ws" }, { news: "refused", connection: 1, status: 401 }, { news: "request", method: "GET", target: "/ws?token=***", status: 201 }]);
  });

  it("is as much of an answer as comes, and its end where it is cut", async () => {
    const cut = (socket: Duplex) => setTimeout(() => socket.destroy(), 50);
    const server = createServer((request, response) => {
      response.writeHead(200, { "content-length": 100 }).write("half of");
      cut(request.socket);
    });
    server.on("upgrade", (_request, socket) => {
      socket.write("HTTP/1.1 401 Unauthorized\r\nContent-Length: 100\r\n\r\nhalf of");
      cut(socket);
    });
    const { url, news } = await tapOf(`ws://${await listening(server)}/ws`);
    const ask = async (upgrade: string) => {
      const client = connect({ host: "127.0.0.1", port: Number(new URL(url).port) });
      client.write(`GET /ws HTTP/1.1\r\nHost: localhost\r\n${upgrade}\r\n`);
      const said: string[] = [];
      client.on("data", (part: Buffer) => said.push(part.toString())).on("error", () => {});
      await once(client, "close");
      return said.join("").replace(/\r\n.*\r\n\r\n/s, ": ");
    };
    expect([await ask(""), await ask("Connection: Upgrade\r\nUpgrade: websocket\r\n")]).toEqual(["HTTP/1.1 200 OK: half of", "HTTP/1.1 401 Unauthorized: half of"]);
    expect(news.map((each) => each.news)).toEqual(["request", "dialing", "refused"]);
  });

  it.each([
    ["a request", "", (client: Socket) => client.destroy(), ["request"]],
    ["an upgrade", "Connection: Upgrade\r\nUpgrade: websocket\r\n", (client: Socket) => client.destroy(), ["dialing", "gone"]],
    ["an upgrade, by a FIN alone", "Connection: Upgrade\r\nUpgrade: websocket\r\n", (client: Socket) => client.end(), ["dialing", "gone"]],
  ])("is to the server that somebody has given up %s", async (_what, upgrade, leave, told) => {
    const asked = Promise.withResolvers<Duplex>();
    const server = createServer((request) => asked.resolve(request.socket));
    server.on("upgrade", (_request, socket) => asked.resolve(socket.resume()));
    const { url, news } = await tapOf(`ws://${await listening(server)}/ws`);
    const client = connect({ host: "127.0.0.1", port: Number(new URL(url).port), allowHalfOpen: true });
    onTestFinished(() => void client.destroy());
    client.write(`GET /ws HTTP/1.1\r\nHost: localhost\r\n${upgrade}\r\n`);
    const socket = await asked.promise;
    onTestFinished(() => void socket.destroy());
    socket.on("error", () => {});
    leave(client);
    await Promise.race([once(socket, "end"), once(socket, "close")]);
    await expect.poll(() => news.map((each) => each.news)).toEqual(told);
  });

  it("waits at the tap where a client speaks before the server has answered", async () => {
    const heard: Buffer[] = [];
    const server = createServer();
    server.on("upgrade", (_request, socket, head) => {
      heard.push(head);
      socket.on("data", (part: Buffer) => heard.push(part));
      setTimeout(() => socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"), 100);
      socket.on("end", () => socket.end());
    });
    const { url, hears } = await tapOf(`ws://${await listening(server)}/ws`);
    const client = connect({ host: "127.0.0.1", port: Number(new URL(url).port) });
    client.write("GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    const early = randomBytes(300_000);
    setTimeout(() => client.write(early), 20);
    await hears(({ news }) => news === "open");
    client.end();
    await text(client);
    expect(Buffer.concat(heard).equals(early)).toBe(true);
  });

  it("is nothing that a page of another name asks for", async () => {
    let asked = 0;
    const server = createServer((_request, response) => void response.end(String((asked += 1))));
    server.on("upgrade", (_request, socket) => void socket.end(String((asked += 1))));
    const { url, news } = await tapOf(`ws://${await listening(server)}/ws`);
    const { port } = new URL(url);
    const ask = async (host: string, upgrade = "") => {
      const client = connect({ host: "127.0.0.1", port: Number(port) });
      client.end(`GET /ws?token=s3cret-word HTTP/1.1\r\nHost: ${host}\r\n${upgrade}\r\n`);
      return (await text(client)).split("\r\n")[0];
    };
    const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
    expect([await ask(`evil.example:${port}`), await ask(`evil.example:${port}`, upgrade), asked]).toEqual(["HTTP/1.1 421 Misdirected Request", "HTTP/1.1 421 Misdirected Request", 0]);
    expect(news.map(({ at: _at, ...each }) => each)).toEqual(Array.from({ length: 2 }, () => ({ news: "request", method: "GET", target: "/ws?token=***", status: 421 })));
    const page = await fetch(`http://localhost:${port}/`);
    expect([page.status, asked]).toEqual([200, 1]);
  });

  it("reaches a server behind TLS by its own name", async () => {
    const before = getCACertificates("default");
    setDefaultCACertificates([...before, pem("good").toString()]);
    onTestFinished(() => setDefaultCACertificates(before));
    const server = createTlsServer({ cert: pem("good"), key: pem("key") });
    const hosts: (string | undefined)[] = [];
    const sockets = new WebSocketServer({ server });
    sockets.on("connection", (socket, request) => {
      hosts.push(request.headers.host);
      socket.send('{"type":"chat.typing"}');
    });
    onTestFinished(() => sockets.clients.forEach((socket) => socket.terminate()));
    const port = (await listening(server)).split(":")[1];
    const { url } = await tapOf(`wss://localhost:${port}/ws`);
    const client = new WebSocket(url);
    const [data] = (await once(client, "message")) as [Buffer];
    expect([data.toString(), hosts]).toEqual(['{"type":"chat.typing"}', [`localhost:${port}`]]);
    client.close();
  });
});

describe("what the tap tells", { timeout: 30_000 }, () => {
  it("is each frame between an application and the listener, with its name and its verdict", async () => {
    const account = await startAccount();
    onTestFinished(() => account.stop());
    const { url, news } = await tapOf(account.url);
    const client = new WebSocket(`${url}?senderId=ann`);
    await once(client, "open");
    client.send(JSON.stringify({ type: "chat.send", messageId: "m-1", content: "hello" }));
    client.send(JSON.stringify({ type: "chat.send", messageId: "m-2" }));
    const answered = new Promise((resolve) => void client.on("message", (data: Buffer) => data.toString().includes("chat.response") && resolve(undefined)));
    await answered;
    const told = framesIn(news).map((frame) => [frame.from, "ok" in frame ? frame.ok : frame.kind, "name" in frame ? frame.name : "detail" in frame ? frame.detail : ""]);
    expect(told).toContainEqual(["client", true, "chat.send"]);
    expect(told).toContainEqual(["client", false, expect.stringContaining("content") as string]);
    expect(told).toContainEqual(["server", true, "chat.error"]);
    expect(told).toContainEqual(["server", true, "chat.typing"]);
    expect(told).toContainEqual(["server", true, "chat.response"]);
    client.close();
  });

  it("is what a plugin and its server say, and the simulator sees the same", async () => {
    const im = await startSimulator("local-im", { accounts: { office: "s3cret-word" } });
    onTestFinished(() => im.stop());
    const { url, news, hears } = await tapOf(im.url, "local-im");
    const plugin = await dialRaw(url, { ...asOffice["local-im"], headers: { Authorization: "Bearer s3cret-word" } });
    const heard = hears((each) => each.news === "frame" && each.from === "server" && "name" in each && each.name === "message");
    im.say({ text: "hello" });
    await heard;
    plugin.send(JSON.stringify({ type: "pong" }));
    plugin.send("{no json");
    await hears((each) => each.news === "frame" && each.from === "client" && "ok" in each && !each.ok);
    await expect.poll(() => im.frames.length).toBe(3);
    const mine = framesIn(news).filter(({ kind }) => kind === "text").map((frame) => [frame.from === "client" ? "plugin" : "server", frame.text]);
    expect(mine).toEqual(im.frames.map(({ from, text }) => [from, text]));
    expect(JSON.stringify(news)).not.toContain("s3cret-word");
  });

  it.each(["insta-claw", "clawchat"] as const)("is each frame of %s with its name and its verdict, too", async (protocol) => {
    const server = await startSimulator(protocol);
    onTestFinished(() => server.stop());
    const { url, hears } = await tapOf(server.url, protocol);
    const plugin = await dialRaw(url, protocol === "clawchat" ? {} : asOffice[protocol]);
    const first = hears((each) => each.news === "frame" && each.from === "server" && each.kind === "text");
    if (protocol === "insta-claw") server.say({ text: "hello" });
    expect(await first).toMatchObject({ ok: true, name: { "insta-claw": "response.in_progress", clawchat: "connect.challenge" }[protocol] });
    plugin.send("{}");
    expect(await hears((each) => each.news === "frame" && each.from === "client" && each.kind === "text")).toMatchObject({ ok: false, detail: expect.stringMatching(/./) as string });
  });
});

describe("clawwire tap", { timeout: 30_000 }, () => {
  async function run(args: readonly string[], during: (stderr: string) => Promise<void> = async () => {}) {
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
    const text = { stdout: "", stderr: "" };
    stdout.on("data", (part: Buffer) => (text.stdout += part.toString()));
    stderr.on("data", (part: Buffer) => (text.stderr += part.toString()));
    const ended = main(["tap", ...args], { stdin, stdout, stderr, env: {}, cwd: root });
    await Promise.race([ended, once(stderr, "data")]);
    await during(text.stderr);
    process.emit("SIGINT");
    return { code: await ended, ...text };
  }

  it("says where to dial, prints an object for each thing that happens, and ends with Ctrl-C", async () => {
    const account = await startAccount();
    onTestFinished(() => account.stop());
    const { code, stdout, stderr } = await run(["websocket", "--listen", "0", account.url, "--json"], async (said) => {
      const client = new WebSocket(`${said.split(" ")[0] ?? ""}?token=s3cret-word`);
      await once(client, "open");
      client.close(1000);
      await once(client, "close");
    });
    expect(stderr).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/ws leads to ws:\/\/127\.0\.0\.1:\d+\/ws: dial it instead\. Ctrl-C ends\.\n$/);
    const news = stdout.trim().split("\n").map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(news.map(({ news: name }) => name).filter((name) => name !== "frame").slice(0, 4)).toEqual(["dialing", "open", "close", "close"]);
    expect(news[0]).toEqual({ at: expect.stringMatching(/^\d{4}-.*Z$/) as string, connection: 1, news: "dialing", target: "/ws?token=***" });
    expect([code, stdout.includes("s3cret")]).toEqual([0, false]);
  });

  it("says where a channel that dials is led through it", async () => {
    expect((await run(["local-im", "ws://127.0.0.1:1/?key=s3cret", "--listen", "0"])).stderr).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/ leads to ws:\/\/127\.0\.0\.1:1\/: set channels\.nc-local-im-connector\.serverUrl to it, and back afterwards/);
  });

  it("prints a line for each frame, or as many as it needs, and nothing that a terminal would obey", () => {
    const at = Date.UTC(2026, 0, 1, 12, 0, 0, 7);
    const frame: News = { at, news: "frame", connection: 2, from: "server", kind: "text", ok: true, name: "chat.typing", text: '{"type":"chat.typing\u001b[2J"}' };
    const line = (news: News, isPretty = false) => textLine(news, (_style, text) => text, isPretty);
    expect(line(frame)).toBe('12:00:00.007 2 ← ok chat.typing {"type":"chat.typing"}');
    expect(line({ ...frame, from: "client", ok: false, detail: "no \u0007", text: '{"a":1}' }, true)).toBe('12:00:00.007 2 → ✗ no �\n    {\n      "a": 1\n    }');
    expect(line({ at, news: "close", connection: 2, from: "server", code: 4401, reason: "Unauthorized" })).toBe("12:00:00.007 2 ← close 4401 Unauthorized");
    expect(line({ ...frame, text: "\u202egnp.exe\u2066\u2028" })).toBe("12:00:00.007 2 ← ok chat.typing �gnp.exe��");
    expect(line({ at, news: "broken", connection: 2, from: "client", error: "x" })).toContain("passes unread: x");
  });

  it.each([
    [[], /Which protocol\? clawwire tap websocket\|insta-claw/],
    [["xmpp", "ws://a"], /There is no protocol "xmpp"; there are websocket/],
    [["websocket"], /Which server\? clawwire tap websocket ws:/],
    [["websocket", "http://a"], /"http:\/\/a" is not the address of a WebSocket server/],
    [["websocket", "ws://a", "ws://b"], /One server at a time/],
    [["websocket", "ws://a", "--listen", "70000"], /--listen takes a number from 0 to 65535, not "70000"/],
    [["websocket", "ws://a", "--colour"], /Unknown option '--colour'.* See: clawwire tap --help/],
  ])("says what is wrong with %j", (args, said) => {
    expect(() => readTapOptions(args)).toThrow(said);
  });

  it("says that its port is taken", async () => {
    const taken = (await listening(createServer())).split(":")[1] ?? "";
    const { code, stderr } = await run(["websocket", "ws://127.0.0.1:1/", "--listen", taken]);
    expect([code, stderr]).toEqual([1, expect.stringContaining(`Port ${taken} is taken by another program. Choose another one for --listen.`)]);
  });
});
