import { codePoints, equal, pointed, type ValidationError, type Validator } from "./runtime.ts";

/**
 * A JSON Schema (draft-07) in which what it refers to stands itself, as a schema or as a validator that is compiled.
 */
export type Schema = boolean | Keywords | Check;

type Check = Validator<unknown> & ((value: unknown, at: string) => boolean);

interface Keywords {
  readonly [keyword: string]: unknown;
  readonly type?: string | readonly string[];
}

/** What a rule sees beside its own keyword and the value: the rest of the schema, and where it is to say what it found. */
interface Sight {
  readonly schema: Keywords;
  /** A JSON pointer. */
  readonly at: string;
  readonly errors: ValidationError[];
  /** Always false. */
  fail(params: Readonly<Record<string, unknown>>): false;
}

type Rule<Wanted, Value> = (wanted: Wanted, value: Value, sight: Sight) => boolean;

type Rules<Value> = Readonly<Record<string, Rule<never, Value>>>;

/**
 * A validator that reads its schema anew at each call: ten times as slow as a compiled one, and a fifth of its size. It
 * ends at its first fault, in the order of a compiled one, in a branch of a union too.
 */
export function interpret<T>(schema: Schema): Validator<T> {
  const validate = (value: unknown, at = ""): value is T => {
    const errors: ValidationError[] = [];
    const isValid = judge(schema, value, at, errors);
    validate.errors = isValid ? null : errors;
    return isValid;
  };
  validate.errors = null as ValidationError[] | null;
  return validate;
}

function judge(schema: Schema, value: unknown, at: string, errors: ValidationError[]): boolean {
  if (typeof schema === "function") {
    if (schema(value, at)) return true;
    errors.push(...(schema.errors ?? []));
    return false;
  }
  const fail = (keyword: string, params: Readonly<Record<string, unknown>>): false => {
    errors.push({ instancePath: at, keyword, params });
    return false;
  };
  if (typeof schema === "boolean") return schema || fail("false schema", {});
  const { type } = schema;
  const [only, ...others] = [type].flat();
  const own = others.length === 0 ? groups.find(({ name, rules }) => name !== undefined && name === only && asks(schema, rules)) : undefined;
  // One type that has rules of its own is told where they are; every other one at once.
  if (type !== undefined && !own && ![type].flat().some((each) => hasType(each, value))) return fail("type", { type });
  for (const group of groups) {
    if (!asks(schema, group.rules)) continue;
    if (group.name !== undefined && !hasType(group.name, value)) {
      if (group === own) return fail("type", { type });
      continue;
    }
    for (const [keyword, rule] of Object.entries(group.rules)) {
      const wanted = schema[keyword];
      if (wanted !== undefined && !rule(wanted as never, value as never, { schema, at, errors, fail: (params) => fail(keyword, params) })) return false;
    }
  }
  return true;
}

function asks(schema: Keywords, rules: Rules<never>): boolean {
  return Object.keys(rules).some((keyword) => schema[keyword] !== undefined);
}

function hasType(type: string, value: unknown): boolean {
  if (type === "null") return value === null;
  if (type === "array") return Array.isArray(value);
  if (type === "object") return typeof value === "object" && value !== null && !Array.isArray(value);
  if (type === "integer") return Number.isInteger(value);
  return typeof value === type && (type !== "number" || Number.isFinite(value));
}

const ofNumbers: Rules<number> = {
  maximum: (limit: number, value, { fail }) => value <= limit || fail({ comparison: "<=", limit }),
  minimum: (limit: number, value, { fail }) => value >= limit || fail({ comparison: ">=", limit }),
};

const ofTexts: Rules<string> = {
  format: ({ name: format, check }: { readonly name: string; readonly check: RegExp }, text, { fail }) => check.test(text) || fail({ format }),
  maxLength: (limit: number, text, { fail }) => text.length <= limit || codePoints(text) <= limit || fail({ limit }),
  minLength: (limit: number, text, { fail }) => codePoints(text) >= limit || fail({ limit }),
  pattern(pattern: string, text, { schema: { expected }, fail }) {
    const expression = expressions.get(pattern) ?? new RegExp(pattern, "u");
    expressions.set(pattern, expression);
    return expression.test(text) || fail({ pattern, ...(expected !== undefined && { expected }) });
  },
};

const expressions = /*#__PURE__*/ new Map<string, RegExp>();

const ofAll: Rules<unknown> = {
  $ref: (schema: Schema, value, { at, errors }) => judge(schema, value, at, errors),
  const: (allowedValue: unknown, value, { fail }) => equal(value, allowedValue) || fail({ allowedValue }),
  enum: (allowedValues: readonly unknown[], value, { fail }) => allowedValues.some((allowed) => equal(value, allowed)) || fail({ allowedValues }),
  not: (schema: Schema, value, { at, fail }) => !judge(schema, value, at, []) || fail({}),
  anyOf(branches: readonly Schema[], value, { at, errors, fail }) {
    const before = errors.length;
    if (!branches.some((branch) => judge(branch, value, at, errors))) return fail({});
    errors.length = before;
    return true;
  },
  oneOf(branches: readonly Schema[], value, { at, errors, fail }) {
    const before = errors.length;
    const passing: number[] = [];
    for (const [index, branch] of branches.entries()) if (passing.length < 2 && judge(branch, value, at, errors)) passing.push(index);
    if (passing.length !== 1) return fail({ passingSchemas: passing.length === 0 ? null : passing });
    errors.length = before;
    return true;
  },
  allOf: (parts: readonly Schema[], value, { at, errors }) => parts.every((part) => judge(part, value, at, errors)),
  if(condition: Schema, value, { schema, at, errors }) {
    const branch = schema[judge(condition, value, at, []) ? "then" : "else"] as Schema | undefined;
    return branch === undefined || judge(branch, value, at, errors);
  },
};

const ofLists: Rules<readonly unknown[]> = {
  maxItems: (limit: number, list, { fail }) => list.length <= limit || fail({ limit }),
  minItems: (limit: number, list, { fail }) => list.length >= limit || fail({ limit }),
  items: (schema: Schema, list, { at, errors }) => list.every((item, index) => judge(schema, item, `${at}/${index}`, errors)),
};

const ofObjects: Rules<Readonly<Record<string, unknown>>> = {
  maxProperties: (limit: number, value, { fail }) => Object.keys(value).length <= limit || fail({ limit }),
  minProperties: (limit: number, value, { fail }) => Object.keys(value).length >= limit || fail({ limit }),
  required(names: readonly string[], value, { fail }) {
    const missingProperty = names.find((name) => value[name] === undefined);
    return missingProperty === undefined || fail({ missingProperty });
  },
  additionalProperties(schema: Schema, value, { schema: { properties }, at, errors, fail }) {
    const others = Object.keys(value).filter((name) => !Object.hasOwn(properties ?? {}, name));
    if (schema !== false) return others.every((name) => judge(schema, value[name], `${at}/${pointed(name)}`, errors));
    const [additionalProperty] = others;
    return additionalProperty === undefined || fail({ additionalProperty });
  },
  properties: (schemas: Readonly<Record<string, Schema>>, value, { at, errors }) =>
    Object.entries(schemas).every(([name, schema]) => value[name] === undefined || judge(schema, value[name], `${at}/${pointed(name)}`, errors)),
  discriminator({ tag, values }: { readonly tag: string; readonly values: readonly (readonly unknown[])[] }, value, { schema, at, errors, fail }) {
    const branch = (schema["x-branches"] as readonly Schema[])[values.findIndex((each) => each.includes(value[tag]))];
    return branch === undefined ? fail({ tag, allowedValues: values.flat() }) : judge(branch, value, at, errors);
  },
};

/** In the order in which a compiled validator asks. */
const groups: readonly { readonly name?: string; readonly rules: Rules<never> }[] = [
  { rules: ofAll },
  { name: "number", rules: ofNumbers },
  { name: "string", rules: ofTexts },
  { name: "array", rules: ofLists },
  { name: "object", rules: ofObjects },
];

/** The keywords that it reads; a schema with another one has to be compiled. */
export function readKeywords(): ReadonlySet<string> {
  return new Set(["type", "then", "else", "x-branches", ...groups.flatMap(({ rules }) => Object.keys(rules))]);
}
