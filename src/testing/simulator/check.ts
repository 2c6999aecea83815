import { describe, type Decoded, type Validator } from "../../../generated/runtime.ts";
import type { Check } from "./record.ts";

/** Closed validators by the value of `type`. */
export type StrictValidators = Readonly<Record<string, Validator<unknown>>>;

/** Decoders pass fields they do not know; a conforming sender sends none. */
export function checkStrictly<Frame extends { type?: string }>(decoded: Decoded<Frame>, validators: StrictValidators): Check {
  const check = checkDecoded(decoded);
  if (!decoded.ok || !check.ok) return check;
  const validate = validators[check.name];
  if (!validate || validate(decoded.value)) return check;
  const { path, detail } = describe(validate.errors, decoded.value);
  return { ok: false, path, detail };
}

export function checkDecoded<Frame extends { type?: string }>(decoded: Decoded<Frame>): Check {
  return decoded.ok ? { ok: true, name: decoded.value.type ?? "" } : { ok: false, path: decoded.path, detail: decoded.detail };
}
