import type { System } from "../../../core/ports.ts";
import { mintUlid } from "./ids.ts";
import type { Agent } from "./world.ts";

export interface Invite {
  readonly code: string;
  readonly agent: Agent;
  used: boolean;
}

/** Codes with which an agent's owner lets a plugin in; each one works once. */
export class Invites {
  readonly #all: Invite[] = [];
  readonly #system: System;

  constructor(system: System) {
    this.#system = system;
  }

  issue(agent: Agent, code = `CLAW-${mintUlid(this.#system).slice(-8)}`): string {
    this.#all.push({ code, agent, used: false });
    return code;
  }

  /** The newest one of an agent that still works. */
  of(agent: Agent): string | undefined {
    return this.#all.findLast((invite) => invite.agent === agent && !invite.used)?.code;
  }

  find(code: string): Invite | undefined {
    return this.#all.find((invite) => invite.code === code && !invite.used);
  }

  redeem(invite: Invite): void {
    invite.used = true;
  }
}
