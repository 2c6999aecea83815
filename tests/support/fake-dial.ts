import type { Link, LinkHandler, LinkOptions, LinkProfile, LinkTarget } from "../../src/link/link.ts";
import { openLink } from "../../src/link/shell.ts";
import type { Dial, SocketEars, WireSocket } from "../../src/link/socket.ts";
import { createLinkClock, type LinkClock } from "./link-clock.ts";
import { recordLog, type RecordedLog } from "./recorded-log.ts";
import { settle } from "./virtual.ts";

/** The other end of a dial, in memory. */
export interface FakePeer extends WireSocket {
  readyState: number;
  bufferedAmount: number;
  readonly ears: SocketEars;
  readonly target: LinkTarget;
  /** Frames that were handed to it. */
  readonly sent: string[];
  readonly pings: string[];
  readonly calls: string[];
  /** ms until a ping is answered; undefined answers none. */
  pongAfterMs: number | undefined;
  /** Answers a close frame, and is gone when terminated. */
  isPolite: boolean;
  open(): void;
  say(text: string): void;
  /** Bytes of an unfinished frame. */
  drip(): void;
  end(code: number, reason?: string): void;
}

export const linkProfile: LinkProfile = {
  backoff: { baseMs: 1_000, maxMs: 30_000, jitterMs: 1_000, jitter: "outside" },
  provenMs: 30_000,
  handshakeMs: 15_000,
  pingMs: 30_000,
  deadAfterMs: 40_000,
  maxPayload: 1_048_576,
  binary: "close",
  refusals: [
    { code: 4401, then: "at-most", text: "the token is not accepted" },
    { code: 401, then: "at-most", text: "the token is not accepted" },
    { code: 4410, then: "stop", text: "the account is closed" },
    { code: 403, then: "stop", text: "the account is closed" },
  ],
};

export interface FakeLink {
  link: Link;
  clock: LinkClock;
  log: RecordedLog;
  peers: FakePeer[];
  /** Everything the handler was told, in order. */
  heard: string[];
  readonly peer: FakePeer;
}

interface FakeLinkOptions {
  profile?: Partial<LinkProfile>;
  handler?: Partial<LinkHandler>;
  clock?: LinkClock;
  target?: LinkOptions["target"];
  /** Called for every dial; may throw. */
  dialed?: (peer: FakePeer) => void;
}

export function openFakeLink({ profile, handler, clock = createLinkClock(), target, dialed }: FakeLinkOptions = {}): FakeLink {
  const log = recordLog();
  const peers: FakePeer[] = [];
  const heard: string[] = [];
  const dial: Dial = (target, _profile, ears) => {
    const peer = createPeer(clock, target, ears);
    dialed?.(peer);
    peers.push(peer);
    return peer;
  };
  const link = openLink(
    {
      account: "main",
      profile: { ...linkProfile, ...profile },
      target: target ?? (() => ({ url: "ws://server.test/ws?token=query-secret", headers: { authorization: "Bearer header-secret" } })),
      handler: {
        opened: () => void heard.push("opened"),
        frame: (text) => void heard.push(`frame ${text}`),
        closed: ({ code }) => void heard.push(`closed ${code}`),
        changed() {},
        ...handler,
      },
      system: clock,
      log,
    },
    dial,
  );
  return {
    link,
    clock,
    log,
    peers,
    heard,
    get peer() {
      const last = peers.at(-1);
      if (!last) throw new Error("nothing was dialed");
      return last;
    },
  };
}

/** A link that is open, and ready where it needs no session. */
export async function openReadyLink(options: FakeLinkOptions = {}): Promise<FakeLink> {
  const fake = openFakeLink(options);
  await settle();
  fake.peer.open();
  return fake;
}

export function createPeer(clock: LinkClock, target: LinkTarget, ears: SocketEars): FakePeer {
  const bytes = { bytesRead: 0 };
  const isOver = () => peer.readyState === 3;
  const peer: FakePeer = {
    readyState: 0,
    bufferedAmount: 0,
    ears,
    target,
    sent: [],
    pings: [],
    calls: [],
    pongAfterMs: 50,
    isPolite: true,
    send(data, _options, sent) {
      peer.sent.push(Buffer.from(data).toString());
      queueMicrotask(sent);
    },
    close(code, reason) {
      if (code < 1000 || (code > 1003 && code < 1007)) throw new TypeError("First argument must be a valid error code number");
      peer.calls.push(`close ${code} ${reason}`);
      peer.readyState = 2;
      if (peer.isPolite) clock.io(10, () => peer.end(code, reason));
    },
    terminate() {
      peer.calls.push("terminate");
      peer.readyState = 2;
      if (peer.isPolite) queueMicrotask(() => peer.end(1006));
    },
    pause: () => void peer.calls.push("pause"),
    resume: () => void peer.calls.push("resume"),
    ping(payload) {
      peer.pings.push(payload);
      if (peer.pongAfterMs === undefined) return;
      clock.io(peer.pongAfterMs, () => {
        if (isOver() || peer.pongAfterMs === undefined) return;
        bytes.bytesRead += 4;
        ears.ponged(payload);
      });
    },
    open() {
      peer.readyState = 1;
      bytes.bytesRead += 100;
      ears.opened(bytes);
    },
    say(text) {
      bytes.bytesRead += text.length;
      ears.received(text);
    },
    drip: () => void (bytes.bytesRead += 1),
    end(code, reason = "") {
      if (isOver()) return;
      peer.readyState = 3;
      ears.closed(code, reason);
    },
  };
  return peer;
}
