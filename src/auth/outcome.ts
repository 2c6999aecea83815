import type { Login } from "../store/logins.ts";

/** What became of an attempt to get fresh tokens. */
export type RefreshOutcome =
  /** There are newer tokens than the refused ones, whoever got them. */
  | { kind: "success"; login: Login }
  /** The login is gone for good; the operator has to activate again. */
  | { kind: "permanent"; code: number; message: string }
  /** The old tokens stay; later it may succeed. */
  | { kind: "transient"; message: string }
  | { kind: "skipped"; reason: SkipReason }
  /** The account is configured so that no refresh can be sent; no login is lost by it. */
  | { kind: "misconfigured"; message: string };

/** `in-flight` also stands for a keeper that has stopped. */
export type SkipReason = "in-flight" | "rejected-latch" | "min-interval" | "no-refresh-token";
