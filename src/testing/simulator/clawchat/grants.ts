import type { System } from "../../../core/ports.ts";
import type { ClawchatSettings } from "./options.ts";
import type { Agent } from "./world.ts";

export interface TokenPair {
  access_token: string;
  refresh_token: string;
}

/** A login: one device of one agent, with the tokens it has had. */
export interface Grant {
  readonly agent: Agent;
  readonly deviceId: string;
  pair: TokenPair;
  /** ms since the epoch; the refresh token dies then. */
  refreshUntil: number;
  revoked: boolean;
  rotations: number;
}

export type Verdict = { ok: true; grant: Grant } | { ok: false; why: "unknown" | "expired" | "revoked" };

export type Rotation = { ok: true; grant: Grant } | { ok: false; why: "unknown" | "used" | "revoked" | "expired" | "another device" };

/** Access tokens that end, and refresh tokens that can be used once. */
export class Grants {
  readonly #system: System;
  readonly #settings: ClawchatSettings;
  readonly #all: Grant[] = [];
  /** When each access token dies; ms since the epoch. */
  readonly #access = new Map<string, { grant: Grant; until: number }>();
  /** Each refresh token there ever was. */
  readonly #refresh = new Map<string, Grant>();

  constructor(system: System, settings: ClawchatSettings) {
    this.#system = system;
    this.#settings = settings;
  }

  issue(agent: Agent, deviceId: string): Grant {
    const grant: Grant = { agent, deviceId, pair: { access_token: "", refresh_token: "" }, refreshUntil: 0, revoked: false, rotations: 0 };
    this.#all.push(grant);
    this.#renew(grant);
    return grant;
  }

  /** The one issued last. */
  of(agent: Agent): Grant | undefined {
    return this.#all.findLast((grant) => grant.agent === agent);
  }

  check(accessToken: string): Verdict {
    const known = this.#access.get(accessToken);
    if (!known) return { ok: false, why: "unknown" };
    if (known.grant.revoked) return { ok: false, why: "revoked" };
    return this.#system.now() < known.until ? { ok: true, grant: known.grant } : { ok: false, why: "expired" };
  }

  /** A refresh token that comes a second time was stolen, or its successor was lost: nobody keeps the grant. */
  rotate(refreshToken: string, deviceId: string): Rotation {
    const grant = this.#refresh.get(refreshToken);
    if (!grant) return { ok: false, why: "unknown" };
    if (grant.revoked) return { ok: false, why: "revoked" };
    if (grant.deviceId !== deviceId) return { ok: false, why: "another device" };
    if (grant.pair.refresh_token !== refreshToken) {
      grant.revoked = true;
      return { ok: false, why: "used" };
    }
    if (this.#system.now() >= grant.refreshUntil) return { ok: false, why: "expired" };
    grant.rotations += 1;
    this.#renew(grant);
    return { ok: true, grant };
  }

  /** The access tokens of an agent die now; its refresh tokens stay. */
  expire(agent: Agent): void {
    for (const token of this.#access.values()) if (token.grant.agent === agent) token.until = 0;
  }

  revoke(agent: Agent): void {
    for (const grant of this.#all) if (grant.agent === agent) grant.revoked = true;
  }

  /** Each token there ever was. */
  get tokens(): readonly string[] {
    return [...this.#access.keys(), ...this.#refresh.keys()];
  }

  #renew(grant: Grant): void {
    const now = this.#system.now();
    const until = now + this.#settings.accessTtlMs;
    const pair = { access_token: this.#jwt(grant, now, until), refresh_token: this.#system.sha256(this.#system.uuid()) };
    grant.pair = pair;
    grant.refreshUntil = now + this.#settings.refreshTtlMs;
    this.#access.set(pair.access_token, { grant, until });
    this.#refresh.set(pair.refresh_token, grant);
  }

  #jwt({ agent, deviceId }: Grant, now: number, until: number): string {
    const claims = { iat: Math.floor(now / 1000), exp: Math.floor(until / 1000), sub: agent.id, aid: agent.agentId, oid: agent.owner.id, did: deviceId, jti: this.#system.uuid() };
    const text = [{ alg: "HS256", typ: "JWT" }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
    return `${text}.${Buffer.from(this.#system.sha256(`simulator ${text}`), "hex").toString("base64url")}`;
  }
}
