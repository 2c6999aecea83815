/** The result of decoding: a value, or what is wrong with the text. */
export type Decoded<T> = { readonly ok: true; readonly value: T } | NotDecoded;

/** Why a text was refused. */
export interface NotDecoded {
  readonly ok: false;
  readonly code: "not-json" | "unknown-event" | "invalid";
  /** The name of the message, where the text named one. */
  readonly message?: string;
  /** The field at fault, such as `mediaPaths[2]`; empty for the whole. */
  readonly path: string;
  /** The JSON Schema keyword that failed; empty where none ran. */
  readonly keyword: string;
  /** One sentence for people. */
  readonly detail: string;
  /** What the text holds, where it is JSON. */
  readonly input?: unknown;
  /** Where a field holds JSON as text and the fault is in there: what is wrong with that text, seen by itself. */
  readonly inner?: NotDecoded;
}

/** What a validator says about the first thing it found. */
export interface ValidationError {
  readonly instancePath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
}

export interface Validator<T> {
  (value: unknown): value is T;
  errors?: readonly ValidationError[] | null;
}

/** A validation error in words. */
export interface ErrorDescription {
  readonly path: string;
  readonly keyword: string;
  readonly detail: string;
}

/** What a check says when it fails, but where. */
type Fault = Omit<ValidationError, "instancePath">;

/** Ends a validator with one error. */
export function fail(validator: { errors?: readonly ValidationError[] | null }, instancePath: string, { keyword, params }: Fault): false {
  validator.errors = [{ instancePath, keyword, params }];
  return false;
}

/** Ends a validator with what another one has found. */
export function failAs(validator: { errors?: readonly ValidationError[] | null }, { errors }: { errors?: readonly ValidationError[] | null }): false {
  validator.errors = errors ?? null;
  return false;
}

/** Ends a validator where a required field is missing. */
export function missing(validator: { errors?: readonly ValidationError[] | null }, instancePath: string, missingProperty: string): false {
  return fail(validator, instancePath, { keyword: "required", params: { missingProperty } });
}

/** Ends a validator where a field is not one of those there may be. */
export function unknown(validator: { errors?: readonly ValidationError[] | null }, instancePath: string, additionalProperty: string): false {
  return fail(validator, instancePath, { keyword: "additionalProperties", params: { additionalProperty } });
}

/** A name as a step of a JSON pointer (RFC 6901, 3). */
export function pointed(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}

/** One error more; there may have been none. */
export function add(errors: ValidationError[] | null, instancePath: string, { keyword, params }: Fault): ValidationError[] {
  const error = { instancePath, keyword, params };
  if (errors === null) return [error];
  errors.push(error);
  return errors;
}

/** With those that another validator has just found. */
export function join(errors: ValidationError[] | null, { errors: others }: { errors?: ValidationError[] | null }): ValidationError[] {
  return errors === null ? (others ?? []) : errors.concat(others ?? []);
}

/** The number of Unicode code points, which is what `minLength` and `maxLength` count. */
export function codePoints(text: string): number {
  let count = text.length;
  for (let at = 0; at + 1 < text.length; at++) {
    if ((text.charCodeAt(at) & 0xfc00) === 0xd800 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00) {
      count--;
      at++;
    }
  }
  return count;
}

/** Whether two JSON values are the same. */
export function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null || Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && equal((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]));
}

export function refuseText(text: string): NotDecoded {
  const start = text === "" ? "nothing" : `text that starts with ${quote(text)}`;
  return { ok: false, code: "not-json", path: "", keyword: "", detail: `Not JSON: expected one JSON value, got ${start}` };
}

export function refuseEvent(input: unknown, tag: string, known: readonly (string | number | boolean)[]): NotDecoded {
  const refused = { ok: false, code: "unknown-event", path: "", keyword: "", input } as const;
  if (typeof input !== "object" || input === null || Array.isArray(input))
    return { ...refused, detail: `Invalid message: expected an object, got ${show(input)}` };
  if (tag === "") return { ...refused, detail: "Invalid message: not one that is expected here" };
  const value = Object.hasOwn(input, tag) ? (input as Record<string, unknown>)[tag] : undefined;
  return { ...refused, path: tag, detail: `Invalid field ${tag}: expected ${listOf(known)}, got ${show(value)}` };
}

/** `sensitive` names properties whose values are not repeated. */
export function refuseInvalid(
  message: string,
  errors: readonly ValidationError[] | null | undefined,
  input: unknown,
  sensitive: readonly string[],
): NotDecoded {
  return { ok: false, code: "invalid", message, ...describe(errors, input, sensitive), input };
}

/**
 * Fits none of the messages it could be. What is said is about the one most of whose required fields are there, as that
 * is what the sender meant.
 */
export function refuseTrials(
  trials: readonly (readonly [message: string, errors: readonly ValidationError[] | null | undefined, required: readonly string[]])[],
  input: unknown,
  sensitive: readonly string[],
): NotDecoded {
  const has = (name: string): boolean => typeof input === "object" && input !== null && Object.hasOwn(input, name);
  const shares = trials.map(([, , required]) => required.filter(has).length / Math.max(1, required.length));
  const [message, errors] = trials[shares.indexOf(Math.max(...shares))] ?? ["", undefined];
  return refuseInvalid(message, errors, input, sensitive);
}

/** The text in a field of a message is at fault: `data » item.id` is the field `item.id` of the JSON in `data`. */
export function refuseContent(message: string, field: string, inner: NotDecoded, input: unknown): NotDecoded {
  const isJson = inner.code !== "not-json";
  const said = `${inner.detail.charAt(0).toLowerCase()}${inner.detail.slice(1)}`;
  return {
    ok: false,
    code: inner.code === "unknown-event" ? "unknown-event" : "invalid",
    message,
    path: inner.path === "" ? field : `${field} » ${inner.path}`,
    keyword: isJson ? inner.keyword : "contentMediaType",
    detail: isJson ? `Invalid field ${field}: in its JSON text, ${said}` : `Invalid field ${field}: ${said.replace("not JSON: ", "")}`,
    input,
    inner,
  };
}

/** A value so deep that looking at it exhausts the stack. */
export function refuseDepth(message: string, input: unknown): NotDecoded {
  return { ok: false, code: "invalid", message, path: "", keyword: "depth", detail: "Invalid value: nested too deeply", input };
}

/** Turns a validator's errors into one sentence: which field, what was expected, what came. */
export function describe(
  errors: readonly ValidationError[] | null | undefined,
  input: unknown,
  sensitive: readonly string[] = [],
): ErrorDescription {
  const fault = faultOf(errors);
  if (!fault) return { path: "", keyword: "", detail: "Invalid value" };
  const { error, steps } = fault;
  const { path, value } = follow(input, steps);
  const secret = steps.some((step) => sensitive.includes(step) || secretName.test(step));
  const name = path === "" ? "Invalid value" : `Invalid field ${path}`;
  return { path, keyword: error.keyword, detail: `${name}: ${expectation(error)}${came(error, value, secret)}` };
}

/** The error that says what is wrong, and the way to the field it is about. */
export function faultOf(errors: readonly ValidationError[] | null | undefined): { error: ValidationError; steps: readonly string[] } | undefined {
  const error = deepest(errors);
  if (!error) return undefined;
  const steps = error.instancePath
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  const added =
    error.params["missingProperty"] ??
    error.params["additionalProperty"] ??
    (error.keyword === "discriminator" ? error.params["tag"] : undefined);
  return { error, steps: typeof added === "string" ? [...steps, added] : steps };
}

const secretName = /token|secret|password|ticket|credential|authorization|api_?key/i;

/** Of the branches of a union, the one that got furthest is what the sender meant. */
function deepest(errors: readonly ValidationError[] | null | undefined): ValidationError | undefined {
  const last = errors?.at(-1);
  // What a condition asked for says more than that there was a condition.
  if (last?.keyword === "if") return errors?.at(-2) ?? last;
  if (!last || (last.keyword !== "oneOf" && last.keyword !== "anyOf")) return last;
  let found = last;
  for (const error of errors ?? []) if (error.instancePath.split("/").length > found.instancePath.split("/").length) found = error;
  if (found !== last) return found;
  // A value of the type of one branch alone was meant for that one.
  const ofItsType = errors?.filter((error) => error !== last && error.keyword !== "type") ?? [];
  return ofItsType.length === 1 ? ofItsType[0] : last;
}

/** A way as people write it, and what stands there. */
export function follow(input: unknown, steps: readonly string[]): { path: string; value: unknown } {
  let path = "";
  let value = input;
  for (const step of steps) {
    if (Array.isArray(value)) path += `[${step}]`;
    else if (/^[\p{L}_$][\p{L}\p{N}_$-]{0,63}$/u.test(step)) path += path === "" ? step : `.${step}`;
    else path += `[${quote(step)}]`;
    value =
      typeof value === "object" && value !== null && Object.hasOwn(value, step) ? (value as Record<string, unknown>)[step] : undefined;
  }
  return { path, value };
}

function expectation({ keyword, params }: ValidationError): string {
  const limit = Number(params["limit"]);
  switch (keyword) {
    case "required":
      return "expected a value";
    case "additionalProperties":
      return "there is no field of this name";
    case "type":
      return `expected ${typeNames(params["type"])}`;
    case "const":
      return `expected ${show(params["allowedValue"])}`;
    case "enum":
    case "discriminator":
      return `expected ${listOf(params["allowedValues"])}`;
    case "minLength":
      return limit === 1 ? "expected text" : `expected at least ${limit} characters`;
    case "maxLength":
      return `expected at most ${limit} characters`;
    case "minItems":
      return `expected at least ${limit} items`;
    case "maxItems":
      return `expected at most ${limit} items`;
    case "minProperties":
      return `expected at least ${limit} fields`;
    case "maxProperties":
      return `expected at most ${limit} fields`;
    case "minimum":
    case "exclusiveMinimum":
    case "maximum":
    case "exclusiveMaximum":
      return `expected a number ${comparisons[String(params["comparison"])] ?? ""} ${limit}`;
    case "multipleOf":
      return `expected a multiple of ${String(params["multipleOf"])}`;
    case "pattern":
      return `expected ${typeof params["expected"] === "string" ? params["expected"] : `text that matches ${String(params["pattern"])}`}`;
    case "format":
      return `expected ${String(params["format"])} format`;
    case "uniqueItems":
      return `expected items that differ, items ${[Number(params["i"]), Number(params["j"])].toSorted((a, b) => a - b).join(" and ")} are equal`;
    case "dependencies":
      return `expected beside ${show(params["property"])}`;
    default:
      return `does not fulfil "${keyword}"`;
  }
}

const comparisons: Readonly<Record<string, string>> = { ">=": "of at least", "<=": "of at most", ">": "above", "<": "below" };

const withoutValue: readonly string[] = ["additionalProperties", "uniqueItems", "if", "not", "false schema"];

function came({ keyword, params }: ValidationError, value: unknown, secret: boolean): string {
  if (keyword === "required" || keyword === "dependencies") return ", got nothing";
  if (withoutValue.includes(keyword)) return "";
  if ((keyword === "maxLength" || keyword === "minLength") && typeof value === "string" && value !== "")
    return `, got ${codePoints(value)}`;
  if (Array.isArray(value) && "limit" in params) return `, got ${value.length}`;
  return `, got ${secret && value !== "" ? kindOf(value) : show(value)}`;
}

function typeNames(type: unknown): string {
  const names = Array.isArray(type) ? type.map(String) : String(type).split(",");
  return names.map((name) => typeWords[name] ?? name).join(" or ");
}

const typeWords: Readonly<Record<string, string>> = {
  string: "a string",
  number: "a number",
  integer: "a whole number",
  boolean: "true or false",
  object: "an object",
  array: "an array",
};

function listOf(values: unknown): string {
  const shown = (Array.isArray(values) ? values : [values]).map(show);
  if (shown.length > 16) return `one of ${shown.length} known values`;
  return shown.length === 1 ? (shown[0] ?? "") : `${shown.slice(0, -1).join(", ")} or ${shown.at(-1)}`;
}

/** A value in at most forty characters of its own; never looks inside an object. Of an address only what holds no secret. */
function show(value: unknown): string {
  if (typeof value === "string") return quote(value.includes("://") ? value.replace(/\/\/[^/?#]*@/, "//…@").replace(/[?#].*$/s, "?…") : value);
  return typeof value === "number" || typeof value === "boolean" || value === null ? String(value) : kindOf(value);
}

function kindOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return value.length === 0 ? "an empty array" : `an array of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  return typeof value === "string" ? `${codePoints(value)} characters` : `a ${typeof value}`;
}

/** What a terminal would obey, or would turn the text around, that JSON leaves as it is. */
const obeyed = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

function quote(text: string): string {
  const start = Array.from(text.slice(0, 80)).slice(0, 40).join("");
  const quoted = JSON.stringify(start.length < text.length ? `${start}…` : start);
  return quoted.replace(obeyed, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** A message in the table of messages. */
export interface MessageRow {
  /** The name of its type. */
  readonly name: string;
  /** The value it is recognised by, and all of them where one is not enough. */
  readonly tag: string | number | boolean | undefined;
  readonly tags: Readonly<Record<string, string | number | boolean>>;
  /** As seen from the application the document describes. */
  readonly direction: "received" | "sent" | "both";
  readonly channels: readonly string[];
  readonly operations: readonly string[];
  /** The types of the messages that answer it, and of those it answers. */
  readonly replies: readonly string[];
  readonly repliesTo: readonly string[];
  /** JSON pointer into the message. */
  readonly correlationId: string | undefined;
  /** The type of its headers. */
  readonly headers?: string;
  /** The fields that hold JSON as text, with the type of what it says. */
  readonly content?: Readonly<Record<string, string>>;
}

export interface ChannelRow {
  readonly address: string | null;
  readonly received: readonly string[];
  readonly sent: readonly string[];
  readonly query: Readonly<Record<string, ParameterRow>>;
  readonly headers: Readonly<Record<string, ParameterRow>>;
  /** What stands in braces in the address. */
  readonly parameters?: Readonly<Record<string, ParameterRow>>;
}

/** A parameter of the request that opens a connection. */
export interface ParameterRow {
  readonly required: boolean;
  readonly description?: string;
  readonly schema: Readonly<Record<string, unknown>>;
}

export interface CloseCodeRow {
  readonly code: number;
  readonly reason: string;
  readonly when: string;
  readonly by?: string;
}

export interface ErrorCodeRow {
  readonly code: string | number;
  readonly error?: string;
  readonly when: string;
}

/** The parts of a configuration that have a default. */
export type Defaults<T> = T extends readonly unknown[] ? T : T extends object ? { [K in keyof T]?: Defaults<T[K]> } : T;
