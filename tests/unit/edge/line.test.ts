import { describe, expect, it } from "vitest";
import { limits } from "../../../src/core/limits.ts";
import { createFakeLine } from "../../support/fake-line.ts";
import { settle } from "../../support/virtual.ts";

/** A handler whose frames are done when the test says so. */
function createSlow() {
  const begun: string[] = [];
  const done: (() => void)[] = [];
  return {
    begun,
    frame(text: string): Promise<void> {
      begun.push(text);
      return new Promise((resolve) => void done.push(resolve));
    },
    async finish(): Promise<void> {
      done.shift()?.();
      await settle();
    },
  };
}

describe("frames of a line", () => {
  it("WS-5 replays what came during admission, in order, before what comes after", () => {
    const { line, open } = createFakeLine();
    const seen: string[] = [];
    line.received("1");
    line.received("2");
    open({ frame: (text) => void seen.push(text) });
    line.received("3");
    expect(seen).toEqual(["1", "2", "3"]);
  });

  it("WS-5 keeps as many frames and bytes as allowed, and closes at one more", () => {
    const many = createFakeLine();
    for (let i = 0; i < 8; i += 1) many.line.received("x");
    expect(many.socket.calls).toEqual([]);
    many.line.received("x");
    expect(many.socket.calls).toEqual(["close 4429 Rate limit exceeded"]);

    const long = createFakeLine();
    long.line.received("é".repeat(32_768));
    expect(long.socket.calls).toEqual([]);
    long.line.received("x");
    expect(long.socket.calls).toEqual(["close 4429 Rate limit exceeded"]);
  });

  it("WS-5 never handles what came before a refusal", () => {
    const { line, socket, open } = createFakeLine();
    const seen: string[] = [];
    line.received("1");
    line.refuse({ code: 4401, reason: "Authentication failed", frames: ["no"] });
    open({ frame: (text) => void seen.push(text) });
    line.received("2");
    expect(seen).toEqual([]);
    expect(socket.sent).toEqual(["no"]);
    expect(socket.calls).toEqual(["close 4401 Authentication failed"]);
  });

  it("handles one frame after the other when the handler takes its time", async () => {
    const { line, open } = createFakeLine();
    const slow = createSlow();
    open({ frame: slow.frame });
    for (const text of ["1", "2", "3"]) line.received(text);
    expect(slow.begun).toEqual(["1"]);
    await slow.finish();
    expect(slow.begun).toEqual(["1", "2"]);
    await slow.finish();
    expect(slow.begun).toEqual(["1", "2", "3"]);
  });

  it("stops reading when more than a few frames wait, and reads on when none does", async () => {
    const { line, socket, open } = createFakeLine();
    const slow = createSlow();
    open({ frame: slow.frame });
    for (let i = 0; i <= limits.edgeWaitingFrames; i += 1) line.received(String(i));
    expect(socket.calls).toEqual([]);
    line.received("one more");
    expect(socket.calls).toEqual(["pause"]);
    for (let i = 0; i <= limits.edgeWaitingFrames; i += 1) await slow.finish();
    expect(socket.calls).toEqual(["pause"]);
    await slow.finish();
    expect(socket.calls).toEqual(["pause", "resume"]);
    expect(slow.begun).toHaveLength(limits.edgeWaitingFrames + 2);
  });

  it("WS-22 does not read from a peer that leaves more than stalledBytes of its answers unread", () => {
    const { line, socket, open } = createFakeLine();
    open({ frame: () => void (socket.bufferedAmount += 3_000_000) });
    line.received("1");
    expect(socket.calls).toEqual([]);
    line.received("2");
    expect(socket.calls).toEqual(["pause"]);
    socket.drain();
    expect(socket.calls).toEqual(["pause", "resume"]);
  });

  it("WS-22 does not read on when its handler is done, as long as its answers are unread", async () => {
    const { line, socket, open } = createFakeLine();
    const slow = createSlow();
    open({
      frame(text) {
        socket.bufferedAmount = 5_000_000;
        return slow.frame(text);
      },
    });
    line.received("1");
    await slow.finish();
    expect(socket.calls).toEqual(["pause"]);
    socket.drain();
    expect(socket.calls).toEqual(["pause", "resume"]);
  });

  it("WS-6 closes at a binary frame, admitted or not", () => {
    for (const isAdmitted of [true, false]) {
      const { line, socket, open } = createFakeLine();
      if (isAdmitted) open({});
      line.received(undefined);
      expect(socket.calls).toEqual(["close 1003 Text frames only"]);
    }
  });

  it.each([
    ["throws", () => { throw new Error("bug"); }],
    ["rejects", () => Promise.reject(new Error("bug"))],
  ])("closes with 1011 and a line in the log when the handler %s", async (_, frame) => {
    const { line, socket, log, open } = createFakeLine();
    let calls = 0;
    open({ frame: () => { calls += 1; return frame(); } });
    line.received("1");
    line.received("2");
    await settle();
    expect(socket.calls).toEqual(["close 1011 Internal error"]);
    expect(calls).toBe(1);
    expect(log.lines).toEqual(["error connection c1: a frame could not be handled: bug"]);
  });

  it("closes with 1011 when the connection cannot be opened", () => {
    const { socket, open } = createFakeLine();
    open(() => { throw new Error("bug"); });
    expect(socket.calls).toEqual(["close 1011 Internal error"]);
  });
});

describe("sending on a line", () => {
  it("can send from within opened, before any frame is handled", () => {
    const { line, socket, open } = createFakeLine();
    line.received("hello");
    open((connection) => {
      connection.send("greeting");
      return { frame: (text) => connection.send(`echo ${text}`), closed() {} };
    });
    expect(socket.sent).toEqual(["greeting", "echo hello"]);
  });

  it("WS-20 says that a final was not sent when the connection is closing or gone", async () => {
    const { line, socket, open } = createFakeLine();
    expect(await line.sendFinal("too early")).toBe(false);
    open({});
    expect(await line.sendFinal("in time")).toBe(true);
    socket.readyState = 2;
    expect(await line.sendFinal("the peer closes")).toBe(false);
    line.close(1000, "");
    expect(await line.sendFinal("too late")).toBe(false);
    expect(socket.sent).toEqual(["in time"]);
  });

  it("WS-20 says that a final was not sent when the bytes did not leave", async () => {
    const { line, socket, open } = createFakeLine();
    open({});
    socket.send = (_text, _options, sent) => {
      socket.errored = new Error("reset");
      sent?.(socket.errored);
    };
    expect(await line.sendFinal("lost")).toBe(false);
  });

  it("WS-20 says at once that a final has left, and waits for one that is behind others", async () => {
    const { line, socket, open } = createFakeLine();
    open({});
    expect(line.sendFinal("now")).toBe(true);
    const { promise, resolve } = Promise.withResolvers<void>();
    socket.bufferedAmount = 1;
    socket.send = (_text, _options, sent) => void promise.then(() => sent?.());
    const sent = line.sendFinal("behind");
    expect(sent).toBeInstanceOf(Promise);
    resolve();
    expect(await sent).toBe(true);
  });

  it("WS-22 is congested above coalesceBytes", () => {
    const { line, socket, open } = createFakeLine();
    open({});
    socket.bufferedAmount = 1_048_576;
    expect(line.congested).toBe(false);
    socket.bufferedAmount += 1;
    expect(line.congested).toBe(true);
  });

  it("ends a connection even with a code that may not be on the wire", () => {
    const { line, socket, open } = createFakeLine();
    open({});
    line.close(7, "x");
    expect(socket.calls).toEqual(["terminate"]);
  });
});

describe("end of a line", () => {
  it("tells the handler once, with our own code when we closed", () => {
    const { line, ends, open } = createFakeLine();
    open({});
    line.close(4403, "Sender not allowed");
    line.close(1000, "again");
    line.socketClosed(1006, "");
    line.socketClosed(1006, "");
    expect(ends).toEqual(["4403 Sender not allowed"]);
  });

  it("handles the frames that came before the peer closed, then tells of the end", async () => {
    const fake = createFakeLine();
    const slow = createSlow();
    fake.open({ frame: slow.frame });
    for (const text of ["1", "2"]) fake.line.received(text);
    fake.socket.readyState = 3;
    fake.line.socketClosed(1000, "bye");
    expect([fake.gone, fake.ends, fake.line.open]).toEqual([1, [], false]);
    await slow.finish();
    expect([slow.begun, fake.ends]).toEqual([["1", "2"], []]);
    await slow.finish();
    expect(fake.ends).toEqual(["1000 bye"]);
  });

  it("tells of the end also when the last frame fails", async () => {
    const fake = createFakeLine();
    fake.open({ frame: async () => { await settle(); throw new Error("bug"); } });
    fake.line.received("1");
    fake.line.received("2");
    fake.line.socketClosed(1006, "");
    await settle();
    await settle();
    expect(fake.ends).toEqual(["1006 "]);
  });

  it("tells of the end when the handler closes what the peer has closed before", async () => {
    const fake = createFakeLine();
    const slow = createSlow();
    fake.open({ frame: slow.frame });
    for (const text of ["1", "2"]) fake.line.received(text);
    fake.line.socketClosed(1000, "bye");
    fake.line.close(4429, "Rate limit exceeded");
    await slow.finish();
    expect([slow.begun, fake.ends, fake.socket.calls]).toEqual([["1"], ["1000 bye"], []]);
  });

  it("drops waiting frames when we close", async () => {
    const fake = createFakeLine();
    const slow = createSlow();
    fake.open({ frame: slow.frame });
    for (const text of ["1", "2"]) fake.line.received(text);
    fake.line.close(1001, "Server shutting down");
    await slow.finish();
    fake.line.socketClosed(1001, "");
    expect([slow.begun, fake.ends]).toEqual([["1"], ["1001 Server shutting down"]]);
  });

  it("reads on when closing, so that the peer's close frame is heard", () => {
    const { line, socket, open } = createFakeLine();
    open({ frame: () => new Promise(() => {}) });
    for (let i = 0; i < 20; i += 1) line.received("x");
    line.close(1001, "");
    expect(socket.calls).toEqual(["pause", "close 1001 ", "resume"]);
  });

  it("survives a handler that throws at the end", () => {
    const { line, log, open } = createFakeLine();
    open({ closed: () => { throw new Error("bug"); } });
    line.socketClosed(1000, "");
    expect(log.lines).toEqual(["error connection c1: its end could not be handled: bug"]);
  });
});

describe("looks at a line", () => {
  const tickMs = 5_000;

  it("WS-30 pings once per interval, and closes a silent peer with 4408, then terminates it", () => {
    const { line, socket, open } = createFakeLine();
    open({});
    for (let tick = 1; tick <= 18; tick += 1) line.look(tick, (tick - 1) * tickMs, tick * tickMs);
    expect(socket.calls).toEqual(["ping", "ping", "close 4408 Idle timeout"]);
    line.look(19, 18 * tickMs, 19 * tickMs);
    expect(socket.calls.at(-1)).toBe("terminate");
  });

  it("WS-30 pings at once after a stall of our own", () => {
    const { line, socket, open } = createFakeLine();
    open({});
    line.look(1, 0, 60_000);
    expect(socket.calls).toEqual(["ping"]);
  });

  it("WS-30 finds a dead peer that is not read from because it does not read", () => {
    const { line, socket, open } = createFakeLine();
    open({ frame: () => void (socket.bufferedAmount = 4_200_000) });
    line.received("1");
    socket.bufferedAmount = 4_000_000;
    const looks = (from: number, to: number) => {
      for (let tick = from; tick <= to; tick += 1) line.look(tick, (tick - 1) * tickMs, tick * tickMs);
    };
    looks(1, 10);
    socket.bufferedAmount -= 1;
    looks(11, 28);
    expect(socket.calls).not.toContain("close 4408 Idle timeout");
    looks(29, 29);
    expect(socket.calls).toContain("close 4408 Idle timeout");
  });

  it("WS-22 terminates a peer that leaves stalledBytes unread for stalledMs", () => {
    const { line, socket, log, open } = createFakeLine();
    open({});
    socket.bufferedAmount = 4_194_305;
    for (let tick = 1; tick <= 7; tick += 1) {
      socket.bytesRead += 1;
      line.look(tick, (tick - 1) * tickMs, tick * tickMs);
    }
    expect(socket.calls.filter((call) => call !== "ping")).toEqual(["terminate"]);
    expect(log.lines).toEqual(["warn connection c1 does not read: 4194305 bytes unsent, terminated"]);
  });
});
