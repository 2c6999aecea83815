import { describeThrown } from "../../core/errors.ts";
import type { Log, System } from "../../core/ports.ts";
import type { DialedProtocol } from "../../protocols/dialed.ts";
import type { Inbound } from "../../protocols/inbound.ts";
import type { Login, LoginStore } from "../../store/logins.ts";

/** ms after which a process that claimed the greeting and did not come back to it has lost the claim. */
const CLAIM_MS = 600_000;

export interface GreetingDeps<Origin> {
  account: { ask(inbound: Inbound<Origin>): Promise<boolean> };
  logins: LoginStore;
  login: Login | undefined;
  protocol: Pick<DialedProtocol<unknown, Origin>, "reach">;
  system: System;
  log: Log;
}

/** Lets the agent say hello to its owner, once per activation: one turn of its own in their direct conversation (CC-84). Never rejects. */
export async function greetOwner<Origin>(deps: GreetingDeps<Origin>): Promise<void> {
  try {
    await greet(deps);
  } catch (thrown) {
    // A claim that stays is void after its time.
    deps.log.warn(`the owner could not be greeted: ${describeThrown(thrown)}`);
  }
}

async function greet<Origin>({ account, logins, login, protocol, system, log }: GreetingDeps<Origin>): Promise<void> {
  const owner = login?.identity.ownerUserId;
  const place = owner === undefined ? undefined : protocol.reach?.({ kind: "direct", id: owner });
  if (place === undefined || login?.identity.activatedAt === undefined || !logins.claimGreeting(system.now(), CLAIM_MS)) return;
  const inbound = { ...place, messageId: `greeting:${login.identity.activatedAt}`, content: GREETING, receivedAt: system.now() };
  if (await account.ask(inbound)) return logins.greetingSent();
  log.warn("the owner could not be greeted; it is tried again with the next connection");
  logins.releaseGreeting();
}

const GREETING = "You have just been connected to ClawChat, and this is your direct conversation with your owner. Say hello in one or two sentences, in the owner's language where you know it.";
