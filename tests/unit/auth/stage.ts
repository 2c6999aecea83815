import { keepLogin, type KeeperOptions, type LoginKeeper } from "../../../src/auth/keeper.ts";
import type { HttpAnswer, HttpCall, HttpRequest } from "../../../src/rest/http.ts";
import { type LoginStore, openLogins } from "../../../src/store/logins.ts";
import { createLinkClock, type LinkClock } from "../../support/link-clock.ts";
import { type RecordedLog, recordLog } from "../../support/recorded-log.ts";

export const BASE = "https://app.test";
export const HOUR = 3_600_000;

/** A token as the server mints it; times in ms. */
export function mintToken(claims: Readonly<Record<string, unknown>>): string {
  return `head.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.seal`;
}

export interface ServedCall {
  at: number;
  refreshToken: string;
  deviceId: string | undefined;
}

/** How the server treats the next calls. `lost`: it rotates, and nobody hears of it. */
export type Mood = "well" | "broken" | "lost" | "unreachable" | { http: number } | { code: number };

/** The tokens that came of one activation. */
interface Family {
  access: string;
  refresh: string;
  isRevoked: boolean;
}

/** Rotates tokens, and ends a login when one that was rotated away comes back. */
export class AuthServer {
  readonly calls: ServedCall[] = [];
  readonly clock: LinkClock;
  mood: Mood = "well";
  /** ms until an answer is there. */
  slowMs = 200;
  lifetimeMs = 24 * HOUR;
  /** The most calls with one refresh token that were under way at once. */
  mostAtOnce = 0;
  /** Has given tokens that nobody got. */
  hasLost = false;
  #minted = 0;
  #latest: Family;
  readonly #families = new Map<string, Family>();
  readonly #open = new Map<string, number>();

  constructor(clock: LinkClock) {
    this.clock = clock;
    this.#latest = this.#rotate({ access: "", refresh: "", isRevoked: false });
  }

  /** Of the last activation. */
  get access(): string {
    return this.#latest.access;
  }

  get refresh(): string {
    return this.#latest.refresh;
  }

  get isRevoked(): boolean {
    return this.#latest.isRevoked;
  }

  /** What an activation gives. */
  mint(): { accessToken: string; refreshToken: string } {
    this.#latest = this.#rotate({ access: "", refresh: "", isRevoked: false });
    return { accessToken: this.access, refreshToken: this.refresh };
  }

  #rotate(family: Family): Family {
    const now = this.clock.now();
    this.#minted += 1;
    family.access = mintToken({ n: this.#minted, iat: Math.floor(now / 1000), exp: Math.floor((now + this.lifetimeMs) / 1000) });
    family.refresh = `refresh-${String(this.#minted).padStart(8, "0")}`;
    this.#families.set(family.refresh, family);
    return family;
  }

  /** A call is under way. */
  get isBusy(): boolean {
    return [...this.#open.values()].some((open) => open > 0);
  }

  readonly http: HttpCall = (request) => {
    const token = refreshTokenOf(request);
    const mood = this.mood;
    const answer = Promise.withResolvers<HttpAnswer>();
    if (mood === "unreachable") return Promise.resolve({ kind: "never-arrived", why: "the server cannot be reached (ECONNREFUSED)" });
    this.calls.push({ at: this.clock.now(), refreshToken: token, deviceId: request.headers?.["X-Device-Id"] });
    this.#count(token, 1);
    this.clock.io(this.slowMs, () => {
      this.#count(token, -1);
      answer.resolve(this.#answer(token, mood));
    });
    return answer.promise;
  };

  #answer(token: string, mood: Mood): HttpAnswer {
    if (mood === "broken") return { kind: "answered", status: 503, text: "<html>" };
    if (typeof mood === "object" && "http" in mood) return { kind: "answered", status: mood.http, body: { code: 10003, msg: "not decided by the service" } };
    if (typeof mood === "object") return said(mood.code, `told by order about ${token}`);
    const family = this.#families.get(token);
    if (!family || token !== family.refresh || family.isRevoked) {
      if (family) family.isRevoked = true;
      return said(10003, `unknown refresh token ${token}`);
    }
    const { access, refresh } = this.#rotate(family);
    if (mood === "lost") this.hasLost = true;
    if (mood === "lost") return { kind: "unclear", why: "the exchange failed (ECONNRESET)" };
    return { kind: "answered", status: 200, body: { code: 0, msg: "ok", data: { access_token: access, refresh_token: refresh } } };
  }

  #count(token: string, by: number): void {
    const open = (this.#open.get(token) ?? 0) + by;
    this.#open.set(token, open);
    this.mostAtOnce = Math.max(this.mostAtOnce, open);
  }
}

function said(code: number, msg: string): HttpAnswer {
  return { kind: "answered", status: 200, body: { code, msg } };
}

function refreshTokenOf({ body }: HttpRequest): string {
  const json = body !== undefined && "json" in body ? body.json : undefined;
  return String((json as { refresh_token?: unknown }).refresh_token);
}

/** Where a process can die, or a write fail: before or after the named method of the store. */
export type Point = { before: keyof LoginStore } | { after: keyof LoginStore } | { before: "http" } | { after: "http" };

/** One process: its keeper, and what is left of it once it is killed, which is nothing. */
export class Process {
  readonly log: RecordedLog = recordLog();
  readonly told: string[] = [];
  readonly keeper: LoginKeeper;
  isDead = false;
  /** The methods of the store that throw. */
  readonly failing = new Set<keyof LoginStore>();
  /** Where it is killed. */
  death: Point | undefined;

  constructor(stage: Stage, options: Partial<KeeperOptions> = {}) {
    const { clock } = stage;
    this.keeper = keepLogin({
      store: this.#seen(stage.store),
      http: (request) => this.#send(stage.server.http, request),
      baseUrl: BASE,
      hooks: {
        renewed: (login) => void this.told.push(`renewed ${login.grant.refreshToken}`),
        loggedOut: (why) => void this.told.push(`logged out: ${why}`),
        changed: () => {},
      },
      system: { ...clock, after: (ms, run) => clock.after(ms, () => void (this.isDead || run())) },
      log: this.log,
      ...options,
    });
  }

  kill(): void {
    this.isDead = true;
  }

  /** The store as this process sees it. */
  #seen(store: LoginStore): LoginStore {
    return new Proxy(store, {
      get: (target, name: keyof LoginStore) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== "function") return member;
        return (...given: unknown[]): unknown => {
          if (this.death && "before" in this.death && this.death.before === name) this.kill();
          if (this.isDead || this.failing.has(name)) throw new Error(`disk full in ${name}`);
          const result: unknown = Reflect.apply(member, target, given);
          if (this.death && "after" in this.death && this.death.after === name) {
            this.kill();
            throw new Error("killed");
          }
          return result;
        };
      },
    });
  }

  async #send(http: HttpCall, request: HttpRequest): Promise<HttpAnswer> {
    if (this.death && "before" in this.death && this.death.before === "http") this.kill();
    if (this.isDead) return new Promise(() => {});
    const answer = await http(request);
    if (this.death && "after" in this.death && this.death.after === "http") this.kill();
    return this.isDead ? new Promise(() => {}) : answer;
  }
}

/** A machine: one clock, one server, one store for all its processes. */
export interface Stage {
  clock: LinkClock;
  server: AuthServer;
  store: LoginStore;
  /** A process that is logged in already, as its store says. */
  start(options?: Partial<KeeperOptions>): Process;
}

export function createStage({ file = ":memory:", random, isLoggedIn = true }: { file?: string; random?: () => number; isLoggedIn?: boolean } = {}): Stage {
  const clock = createLinkClock(random);
  const server = new AuthServer(clock);
  const store = openLogins(file, clock);
  if (isLoggedIn) login({ clock, server, store });
  const stage: Stage = { clock, server, store, start: (options) => new Process(stage, options) };
  return stage;
}

/** What an activation leaves behind. */
export function login({ clock, server, store }: Pick<Stage, "clock" | "server" | "store">, userId = "usr_agent"): void {
  const identity = { userId, ownerUserId: "usr_owner", deviceId: "openclaw-1", baseUrl: BASE, activatedAt: clock.now() };
  store.activate(identity, { ...server.mint(), grantedAt: clock.now() });
}
