import { describeThrown } from "../core/errors.ts";
import { every } from "../core/every.ts";
import { limits } from "../core/limits.ts";
import type { Log, System } from "../core/ports.ts";
import { wireLimits } from "../protocols/clawchat/rest.ts";
import { boundHttp, type HttpCall } from "../rest/http.ts";
import type { Login, LoginStore, StoredLogin } from "../store/logins.ts";
import { type ConfiguredLogin, plantLogin } from "./configured.ts";
import { afterLong } from "./legs.ts";
import type { RefreshOutcome } from "./outcome.ts";
import { classify, refreshRequest } from "./refresh-call.ts";
import { stepRefresh } from "./refresh.ts";
import { type Ask, createRefreshing, type RefreshEffect, type RefreshEvent, type Refreshing, type RefreshSettings, type RefreshTimer, type Unsaved } from "./refreshing.ts";
import { type LoginStatus, statusOf } from "./status.ts";
import { isNearEnd, spanOf } from "./timing.ts";

export interface KeeperHooks {
  /**
   * A proactive refresh has succeeded, or the login was replaced (activation, configuration, another process): the link
   * should be dialed again. Not called for what `prepare` and `refused` answer themselves.
   */
  renewed(login: Login): void;
  /** The login is gone for good; `why` tells the operator what to do next. */
  loggedOut(why: string): void;
  /** `status` has changed. */
  changed(): void;
}

export interface KeeperOptions {
  store: LoginStore;
  http: HttpCall;
  /** As `readBaseUrl` gives it. A login that another server gave is not used. */
  baseUrl: string;
  /** A login from the configuration; new tokens there replace the stored ones, the same ones never do. */
  configured?: ConfiguredLogin;
  /** The pin of the configuration; a stored device id wins. */
  deviceId?: string;
  /** The command that makes a login of an invite code, for the operator; by default that of the account `default`. */
  activate?: string;
  hooks: KeeperHooks;
  system: System;
  log: Log;
}

/** What the link and the REST side ask of an account's login. */
export interface LoginKeeper {
  /** What is known now; undefined before activation, after a logout, and where the configuration does not fit. */
  readonly login: Login | undefined;
  /** Without secrets. */
  readonly status: LoginStatus;
  /**
   * Asked before each dial: waits for a refresh in flight, and refreshes first where the token is near its end, unless
   * the auth service was said to be unavailable (`afterOutage`). Never rejects.
   */
  prepare(options?: { afterOutage?: boolean }): Promise<{ ok: true; login: Login } | { ok: false; why: string }>;
  /** This access token was refused, by `hello-fail` "authentication failed" or by HTTP 401 or 403. One flight for all callers; never rejects. */
  refused(accessToken: string, by: "socket" | "rest"): Promise<RefreshOutcome>;
  /** No timers and no hooks any more. Settles when an attempt in flight has written what it got. */
  stop(): Promise<void>;
}

const REFRESH_MS = wireLimits.refreshMs;

/** Keeps the login of an account from now on; the store stays open when it stops. */
export function keepLogin(options: KeeperOptions): LoginKeeper {
  return new Keeper(options);
}

/** Runs what the refresh machine decides: owns the timers and the one flight. */
class Keeper implements LoginKeeper {
  readonly #options: KeeperOptions;
  readonly #http: HttpCall;
  readonly #timers = new Map<RefreshTimer, () => void>();
  readonly #events: RefreshEvent[] = [];
  readonly #ended = Promise.withResolvers<void>();
  readonly #endLooks: () => void;
  #settings: RefreshSettings;
  #state: Refreshing = createRefreshing();
  #stored: StoredLogin | undefined;
  #isPlanted = false;
  #flight: PromiseWithResolvers<RefreshOutcome> | undefined;
  #isRunning = false;

  constructor(options: KeeperOptions) {
    const { system, http, baseUrl, activate } = options;
    this.#options = options;
    this.#http = boundHttp(http, system, REFRESH_MS);
    this.#settings = { baseUrl, holder: system.uuid(), ...(activate !== undefined && { activate }) };
    this.#plant();
    this.#feed({ on: "start" });
    this.#endLooks = every(system, wireLimits.credentialsPollMs, () => this.#look());
  }

  get login(): Login | undefined {
    return this.#state.login;
  }

  get status(): LoginStatus {
    return statusOf(this.#state, this.#stored);
  }

  async prepare({ afterOutage = false } = {}): ReturnType<LoginKeeper["prepare"]> {
    this.#feed({ on: "look", isAsked: true });
    if (this.#state.flight.is !== "none") await this.#join();
    else if (!afterOutage && this.#isDue()) await this.#ask({ cause: "dial" });
    const { login, absence, isStopped } = this.#state;
    if (isStopped) return { ok: false, why: "stopped" };
    return login ? { ok: true, login } : { ok: false, why: absence.why };
  }

  refused(accessToken: string, by: "socket" | "rest"): Promise<RefreshOutcome> {
    return this.#ask({ cause: by, refused: accessToken });
  }

  stop(): Promise<void> {
    this.#endLooks();
    this.#feed({ on: "stop" });
    const { system, log } = this.#options;
    const giveUp = system.after(limits.loginStopMs + (this.#state.flight.is === "calling" ? REFRESH_MS : 0), () => {
      for (const cancel of this.#timers.values()) cancel();
      if (this.#state.unsaved?.what === "pair") log.error("the new tokens could not be written before the stop, and are lost");
      this.#ended.resolve();
    });
    return this.#ended.promise.then(giveUp);
  }

  #isDue(): boolean {
    const { login } = this.#state;
    const span = login?.grant.refreshToken === undefined ? undefined : spanOf(login.grant);
    return span !== undefined && isNearEnd(span, this.#options.system.now());
  }

  #ask(ask: Ask): Promise<RefreshOutcome> {
    const outcome = this.#join();
    this.#feed({ on: "ask", ask });
    return outcome;
  }

  #join(): Promise<RefreshOutcome> {
    this.#flight ??= Promise.withResolvers<RefreshOutcome>();
    return this.#flight.promise;
  }

  #look(): void {
    if (!this.#isPlanted) this.#plant();
    if (this.#state.flight.is === "waiting" || this.#stored === undefined || this.#version() !== this.#stored.version) this.#feed({ on: "look" });
  }

  /** One event after the other, also those that effects of the one before bring about. */
  #feed(event: RefreshEvent): void {
    this.#events.push(event);
    if (this.#isRunning) return;
    this.#isRunning = true;
    for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) this.#step(next);
    this.#isRunning = false;
  }

  #step(event: RefreshEvent): void {
    const { system, hooks } = this.#options;
    const before = JSON.stringify(this.status);
    this.#stored = this.#read();
    const { next, effects } = stepRefresh(this.#state, event, { now: system.now(), random: system.random(), stored: this.#stored }, this.#settings);
    this.#state = next;
    for (const effect of effects) this.#guard(effect.do, () => this.#run(effect));
    if (!next.isStopped && JSON.stringify(this.status) !== before) this.#guard("a change of status", () => hooks.changed());
    // A logout that cannot be written is found again by the next refusal.
    if (next.isStopped && next.flight.is === "none" && this.#state.unsaved?.what !== "pair" && this.#events.length === 0) this.#end();
  }

  #run(effect: RefreshEffect): void {
    const { store, hooks, log } = this.#options;
    switch (effect.do) {
      case "claim":
        return this.#claim(effect);
      case "release":
        return store.release(this.#settings.holder);
      case "call":
        return this.#call(effect);
      case "write":
        return this.#write(effect.unsaved);
      case "settle": {
        const flight = this.#flight;
        this.#flight = undefined;
        return flight?.resolve(effect.outcome);
      }
      case "arm":
        return this.#arm(effect.timer, effect.ms);
      case "disarm":
        return this.#disarm(effect.timer);
      case "renewed":
        return hooks.renewed(effect.login);
      case "logged-out":
        return hooks.loggedOut(effect.why);
      case "tell":
        return log[effect.level](effect.text);
    }
  }

  #claim({ version, lease }: Extract<RefreshEffect, { do: "claim" }>): void {
    try {
      this.#feed({ on: "claimed", done: this.#options.store.claim({ version, lease }) });
    } catch (thrown) {
      this.#feed({ on: "unclaimable", why: describeThrown(thrown) });
    }
  }

  #call({ identity, refreshToken, accessToken }: Extract<RefreshEffect, { do: "call" }>): void {
    const answered = (answer: ReturnType<typeof classify>) => this.#feed({ on: "answered", answer });
    void this.#http(refreshRequest(identity, refreshToken)).then((answer) => answered(classify(answer, [refreshToken, accessToken])));
  }

  #write(unsaved: Unsaved): void {
    const { store } = this.#options;
    try {
      const { refreshHash } = unsaved;
      const isDone = unsaved.what === "pair" ? store.rotate(refreshHash, { ...unsaved.pair, grantedAt: unsaved.grantedAt }) : store.logout(refreshHash, unsaved);
      this.#feed({ on: "written", result: isDone ? "done" : "superseded" });
    } catch (thrown) {
      this.#feed({ on: "unwritable", why: describeThrown(thrown) });
    }
  }

  #arm(timer: RefreshTimer, ms: number): void {
    this.#disarm(timer);
    const cancel = afterLong(this.#options.system, ms, () => {
      this.#timers.delete(timer);
      this.#feed({ on: "timer", timer });
    });
    this.#timers.set(timer, cancel);
  }

  #disarm(timer: RefreshTimer): void {
    this.#timers.get(timer)?.();
    this.#timers.delete(timer);
  }

  #end(): void {
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
    this.#ended.resolve();
  }

  /** Takes the tokens of the configuration over, where they are new. */
  #plant(): void {
    try {
      const { lack: _lack, ...settings } = this.#settings;
      const found = plantLogin(this.#options);
      this.#settings = found === undefined ? settings : { ...settings, lack: found };
      this.#isPlanted = true;
    } catch (thrown) {
      this.#settings = { ...this.#settings, lack: describeThrown(thrown) };
    }
  }

  #read(): StoredLogin | undefined {
    try {
      return this.#options.store.read();
    } catch (thrown) {
      if (this.#stored) this.#options.log.error(describeThrown(thrown));
      return undefined;
    }
  }

  #version(): number | undefined {
    try {
      return this.#options.store.version();
    } catch {
      return undefined;
    }
  }

  #guard(what: string, run: () => void): void {
    try {
      run();
    } catch (thrown) {
      this.#options.log.error(`${what} could not be handled: ${describeThrown(thrown)}`);
    }
  }
}
