/** A configuration field that an environment variable overrides. Tables of them are generated from `spec/config`. */
export interface EnvironmentField {
  variable: string;
  /** Where it stands in an account's block. */
  path: readonly string[];
  kind: "boolean" | "string" | "integer" | "list";
}

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Override {
  variable: string;
  path: readonly string[];
  value: boolean | string | number | readonly string[];
}

export interface Overrides {
  values: readonly Override[];
  /** One sentence per variable that cannot be read. It names what was expected, never what came. */
  problems: readonly string[];
}

const words: Readonly<Record<string, boolean>> = { true: true, "1": true, yes: true, on: true, false: false, "0": false, no: false, off: false };

/** Reads the variables that are set; an empty one counts as unset. */
export function readEnvironment(fields: readonly EnvironmentField[], environment: Environment): Overrides {
  const values: Override[] = [];
  const problems: string[] = [];
  for (const { variable, path, kind } of fields) {
    const text = environment[variable]?.trim() ?? "";
    if (text === "") continue;
    const value = parsers[kind](text);
    if (value === undefined) problems.push(`environment variable ${variable} must be ${expectations[kind]}`);
    else values.push({ variable, path, value });
  }
  return { values, problems };
}

const parsers: Readonly<Record<EnvironmentField["kind"], (text: string) => Override["value"] | undefined>> = {
  boolean: (text) => (Object.hasOwn(words, text.toLowerCase()) ? words[text.toLowerCase()] : undefined),
  string: (text) => text,
  integer: (text) => (/^\d{1,15}$/.test(text) ? Number(text) : undefined),
  list: (text) => text.split(",").map((entry) => entry.trim()).filter((entry) => entry !== ""),
};

const expectations: Readonly<Record<EnvironmentField["kind"], string>> = {
  boolean: "true, 1, yes, on, false, 0, no or off",
  string: "a text",
  integer: "a whole number",
  list: "texts separated by commas",
};
