/** What a `ClawwireError` can be about. Texts are for people, codes for programs. */
export type ErrorReason =
  | "config-invalid"
  | "port-taken"
  | "path-taken"
  | "journal-unavailable"
  | "login-unavailable"
  | "stopped";

/** When trying again can help. */
export type Retry = "never" | "later" | "after-refresh";

export class ClawwireError extends Error {
  override readonly name = "ClawwireError";
  readonly code: ErrorReason;
  readonly account: string | undefined;
  readonly retry: Retry;

  constructor(code: ErrorReason, message: string, options: { account?: string; retry?: Retry; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.account = options.account;
    this.retry = options.retry ?? "never";
  }
}

/** One line for a log, whatever was thrown. */
export function describeThrown(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message || thrown.name;
  return String(thrown);
}
