import type { LinkTarget } from "../../link/link.ts";
import type { RuledProtocol } from "../../testing/conformance/rulebook.ts";
import type { Environment } from "../gateway/environment.ts";

export type Verdict = "pass" | "skip" | "warn" | "fail";

/** What a check has found, for the operator; whatever is not good comes with what to do about it. Holds no secret. */
export type Finding = { verdict: "pass"; found: string } | { verdict: "skip" | "warn" | "fail"; found: string; remedy: string };

/** One account, or an address alone, as far as it is known what it is made of. */
export interface Patient {
  protocol: RuledProtocol;
  /** The key under `channels`. */
  channel: string;
  account: string;
  /** Absent where only an address was given. */
  block?: {
    enabled: boolean;
    /** Why it cannot run. */
    problem?: string;
    /** A secret that OpenClaw looks up where this program does not. */
    unseen?: string;
    warnings: readonly string[];
  };
  /** Where the plugin itself listens. */
  listens?: { host: string; port: number };
  /** Where a WebSocket is opened, with what proves who opens it; absent where the block does not say. */
  target?: LinkTarget;
  /** The target holds what the server asks for, as far as it asks for anything. */
  hasCredentials: boolean;
  verifier?: { endpoint: string; timeoutMs: number };
  /** Further servers of the account, such as ClawChat's REST side. */
  others: readonly string[];
}

export interface CheckOptions {
  /** For one thing. */
  timeoutMs: number;
  /** Run the agent. */
  roundTrip: boolean;
  /** Dial in the account's name even where the gateway may hold the account's only link. */
  takeOver: boolean;
  /** Of OpenClaw's gateway itself. */
  gatewayPort: number;
  env: Environment;
  now(): number;
  newId(): string;
}

export interface Check {
  name: string;
  /** Never rejects for what it looks at; undefined where it is not about such an account. */
  run(patient: Patient, options: CheckOptions): Promise<Finding | undefined> | Finding | undefined;
}

export const pass = (found: string): Finding => ({ verdict: "pass", found });
export const skip = (found: string, remedy: string): Finding => ({ verdict: "skip", found, remedy });
export const warn = (found: string, remedy: string): Finding => ({ verdict: "warn", found, remedy });
export const fail = (found: string, remedy: string): Finding => ({ verdict: "fail", found, remedy });

const order: readonly Verdict[] = ["skip", "pass", "warn", "fail"];

/** Of several findings about one thing the gravest, with others as grave. */
export function gravest(findings: readonly Finding[]): Finding | undefined {
  const [first, ...others] = findings.toSorted((one, other) => order.indexOf(other.verdict) - order.indexOf(one.verdict));
  if (!first) return undefined;
  const told = [first, ...others.filter(({ verdict }) => verdict === first.verdict)].map(({ found }) => found);
  return { ...first, found: told.join("; ") };
}

/** Every server the account has to do with, the one that is connected to first. */
export function addressesOf({ target, verifier, others }: Patient): string[] {
  return [target?.url, verifier?.endpoint, ...others].filter((url) => url !== undefined);
}
