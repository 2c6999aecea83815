import { WebSocket } from "#host/websocket";
import type { ClientOptions } from "ws";
import { describeThrown } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import type { Log } from "../core/ports.ts";
import { Pongs } from "../core/pongs.ts";
import { withoutSecrets } from "../core/redact.ts";
import { countDown } from "./countdown.ts";
import type { Arrival, Frame, Link, LinkOptions, LinkProbe, LinkProfile, LinkStatus, LinkTarget } from "./link.ts";
import { probeLink } from "./probe.ts";
import { decoded, hideSecrets } from "./secrets.ts";
import type { Dial, SocketEars, WireSocket } from "./socket.ts";
import type { LinkTimer } from "./state.ts";
import { createSupervision, type LinkEffect, type LinkEvent, statusOf, type Supervision } from "./supervision.ts";
import { superviseLink } from "./supervisor.ts";
import { Wire } from "./wire.ts";

/** Dials at once, and again whenever the socket is gone. */
export function openLink(options: LinkOptions, dial: Dial = dialSocket): Link {
  return new SupervisedLink(options, dial);
}

const bounds = { closeMs: limits.linkCloseMs, warnings: limits.linkWarnings };

/** `closing` and `proven` are short or harmless, and need no legs. */
const timerKinds: Partial<Record<LinkTimer, "wait" | "bound">> = { dial: "wait", prepare: "bound", handshake: "bound", ready: "bound" };

/** Runs what the supervisor decides: owns the socket and the timers. */
class SupervisedLink implements Link {
  readonly #options: LinkOptions;
  readonly #dial: Dial;
  readonly #log: Log;
  readonly #timers = new Map<LinkTimer, () => void>();
  readonly #events: LinkEvent[] = [];
  readonly #stopped = Promise.withResolvers<void>();
  readonly #watchers = new Set<() => void>();
  #supervision: Supervision;
  #wire: Wire | undefined;
  #heardAt: number | undefined;
  #isRunning = false;

  constructor(options: LinkOptions, dial: Dial) {
    this.#options = options;
    this.#dial = dial;
    this.#log = prefixed(options.log, `account "${options.account}": `);
    this.#supervision = createSupervision(options.profile);
    // Not before the caller has the link: the handler may ask it something.
    queueMicrotask(() => this.#feed({ on: "start" }));
  }

  get status(): LinkStatus {
    const heardAt = this.#wire?.heardAt ?? this.#heardAt;
    return { ...statusOf(this.#supervision), ...(heardAt === undefined ? {} : { heardAt }) };
  }

  get ready(): boolean {
    return this.#supervision.state === "ready" && this.#wire?.open === true;
  }

  get congested(): boolean {
    return this.#wire?.congested ?? false;
  }

  send(frame: Frame): void {
    this.#wire?.send(frame);
  }

  sendFinal(frames: readonly Frame[]): Promise<Arrival> {
    return this.#wire?.sendFinal(frames) ?? Promise.resolve("unsent");
  }

  markReady(): void {
    this.#feed({ on: "ready" });
  }

  probe(withinMs: number): Promise<LinkProbe> {
    return probeLink(
      {
        status: () => this.status,
        isReady: () => this.ready,
        hasten: () => this.#feed({ on: "hasten" }),
        echo: () => this.#wire?.echo() ?? Promise.resolve(false),
        watch: (look) => {
          this.#watchers.add(look);
          return () => void this.#watchers.delete(look);
        },
        system: this.#options.system,
      },
      withinMs,
    );
  }

  recycle(reason: string): void {
    this.#feed({ on: "recycle", reason });
  }

  close(code: number, reason: string, isLongest = false): void {
    this.#feed({ on: "close", code, reason, isLongest });
  }

  reconfigure(profile: LinkProfile, redial: boolean): void {
    this.#feed({ on: "reconfigure", profile, redial });
  }

  stop(): Promise<void> {
    this.#feed({ on: "stop" });
    return this.#stopped.promise;
  }

  /** One event after the other, also those that effects of the one before bring about. */
  #feed(event: LinkEvent): void {
    this.#events.push(event);
    if (this.#isRunning) return;
    this.#isRunning = true;
    for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) this.#step(next);
    this.#isRunning = false;
    for (const look of this.#watchers) look();
  }

  #step(event: LinkEvent): void {
    const { system } = this.#options;
    const before = statusOf(this.#supervision);
    const { next, effects } = superviseLink(this.#supervision, event, { now: system.now(), random: system.random() }, bounds);
    this.#supervision = next;
    for (const effect of effects) this.#guard(effect.do, () => this.#run(effect));
    if (!isSame(before, statusOf(next))) this.#guard("a change of status", () => this.#options.handler.changed());
  }

  #run(effect: LinkEffect): void {
    switch (effect.do) {
      case "prepare":
        return void this.#prepare(effect.generation);
      case "dial":
        return this.#dialNow(effect.generation);
      case "admit":
        return this.#wire?.admit();
      case "close":
        return this.#wire?.close(effect.code, effect.reason);
      case "terminate":
        return this.#wire?.terminate();
      case "drop":
        return this.#wire?.drop();
      case "arm":
        return this.#arm(effect.timer, effect.ms);
      case "disarm":
        return this.#disarm(effect.timer);
      case "tell":
        return this.#log[effect.level](effect.text);
      case "settle":
        return this.#stopped.resolve();
    }
  }

  async #prepare(preparation: number): Promise<void> {
    try {
      const prepared = await this.#options.prepare?.();
      this.#feed({ on: "prepared", preparation, ...(prepared?.ready === false && { missing: prepared.why }) });
    } catch (thrown) {
      // The time for it ends in another try.
      this.#log.error(`a dial could not be prepared: ${describeThrown(thrown)}`);
    }
  }

  #dialNow(generation: number): void {
    const { handler, system } = this.#options;
    const { profile } = this.#supervision;
    this.#heardAt = this.#wire?.heardAt ?? this.#heardAt;
    let target: LinkTarget = { url: "", headers: {} };
    const wire = new Wire({
      profile: () => this.#supervision.profile,
      handler,
      system,
      log: this.#log,
      tell: (event) => this.#feed({ ...event, generation }),
      hide: (text) => hideSecrets(text, target),
    });
    this.#wire = wire;
    try {
      target = this.#options.target();
      this.#log.debug(`dialing ${withoutSecrets(target.url)}`);
      wire.attach(this.#dial(target, profile, wire));
    } catch (thrown) {
      wire.failed(describeThrown(thrown));
      wire.closed(1006, "");
    }
  }

  #arm(timer: LinkTimer, ms: number): void {
    const kind = timerKinds[timer];
    this.#countDown(timer, ms, kind === undefined ? Infinity : limits.linkLookMs, kind ?? "bound");
  }

  #countDown(timer: LinkTimer, leftMs: number, longestMs: number, kind: "wait" | "bound"): void {
    const { system } = this.#options;
    const leg = Math.min(leftMs, longestMs);
    const startedAt = system.now();
    this.#disarm(timer);
    const cancel = system.after(leg, () => {
      const left = countDown(leftMs, leg, system.now() - startedAt, kind);
      if (left > 0) return this.#countDown(timer, left, longestMs, kind);
      this.#timers.delete(timer);
      this.#feed({ on: "timer", timer });
    });
    this.#timers.set(timer, cancel);
  }

  #disarm(timer: LinkTimer): void {
    this.#timers.get(timer)?.();
    this.#timers.delete(timer);
  }

  #guard(what: string, run: () => void): void {
    try {
      run();
    } catch (thrown) {
      this.#log.error(`${what} could not be handled: ${describeThrown(thrown)}`);
    }
  }
}

function prefixed(log: Log, prefix: string): Log {
  return {
    debug: (message) => log.debug(prefix + message),
    info: (message) => log.info(prefix + message),
    warn: (message) => log.warn(prefix + message),
    error: (message) => log.error(prefix + message),
  };
}

function isSame(one: LinkStatus, other: LinkStatus): boolean {
  return one.state === other.state && one.reason === other.reason && one.attempts === other.attempts && one.nextDialAt === other.nextDialAt;
}

/** The only place that makes a client socket. */
export function dialSocket({ url, headers }: LinkTarget, { maxPayload }: LinkProfile, ears: SocketEars): WireSocket {
  // Some of them are younger than the types.
  const options: ClientOptions & { closeTimeout: number; maxFragments: number; maxBufferedChunks: number } = {
    headers: { ...headers },
    followRedirects: false,
    perMessageDeflate: false,
    maxPayload,
    maxFragments: limits.linkFragments,
    maxBufferedChunks: limits.linkChunks,
    autoPong: false,
    // Also for a peer that sends its close frame and then keeps the connection.
    closeTimeout: limits.linkCloseMs,
  };
  const socket = new WebSocket(...withLogin(url, options));
  let bytes: { readonly bytesRead: number } = { bytesRead: 0 };
  socket.on("upgrade", (response) => void (bytes = response.socket));
  socket.on("open", () => ears.opened(bytes));
  socket.on("message", (data, isBinary) => ears.received(isBinary || !Buffer.isBuffer(data) ? undefined : data.toString()));
  const pongs = new Pongs();
  socket.on("ping", (payload) => pongs.answer(socket, payload, limits.linkPongs));
  socket.on("pong", (payload) => ears.ponged(payload.toString("latin1")));
  socket.on("unexpected-response", (_request, response) => {
    ears.refused(response.statusCode ?? 0);
    socket.terminate();
  });
  // Stays until the end: `terminate` while connecting emits an error, which nobody hearing it makes an uncaught one.
  socket.on("error", (error) => ears.failed(describeError(error)));
  socket.on("close", (code, reason) => ears.closed(code, reason.toString()));
  return socket;
}

/** The host's library would send the user and password of an address as they are escaped in it. */
function withLogin(url: string, options: ClientOptions): [url: string | URL, options: ClientOptions & { auth?: string }] {
  const address = URL.parse(url);
  if (!address || address.username + address.password === "") return [url, options];
  const auth = `${decoded(address.username)}:${decoded(address.password)}`;
  address.username = "";
  address.password = "";
  return [address, { ...options, auth }];
}

/** A host with several addresses fails with several errors and no message of its own. */
function describeError(error: Error): string {
  return describeThrown(error instanceof AggregateError ? (error.errors[0] ?? error) : error);
}
