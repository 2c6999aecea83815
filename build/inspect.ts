import type { Bundle } from "./bundle.ts";

interface Forbidden {
  what: string;
  pattern: RegExp;
  /** Only forbidden in a file that also has this. */
  beside?: RegExp;
}

/**
 * What must not be in a shipped file. OpenClaw's own scanner reports all but the last, which would lead readers
 * to files of the machine that built the package.
 */
const forbidden: readonly Forbidden[] = [
  { what: "runs text as code", pattern: /\beval\s*\(|\bnew\s+Function\s*\(/ },
  { what: "can start processes", pattern: /\bchild_process\b/ },
  { what: "reads files in a module that sends over HTTP", pattern: /readFile/, beside: /\bfetch\s*\(|\bpost\s*\(|http\.request\s*\(/i },
  { what: "hides text in hexadecimal", pattern: /(\\x[0-9a-fA-F]{2}){6,}/ },
  { what: "refers to a source map", pattern: /[#@]\s*sourceMappingURL=/ },
];

/** Everything wrong with a bundle, one line each; empty when it may be shipped. */
export function inspect(bundle: Bundle, root: string): string[] {
  const findings = bundle.imports
    .filter((name) => !name.startsWith("node:") && !name.startsWith("openclaw/plugin-sdk/"))
    .map((name) => `imports "${name}", which is neither Node's own nor a focused path of openclaw/plugin-sdk`);
  for (const [file, code] of bundle.files) {
    for (const { what, pattern, beside } of forbidden) {
      const found = pattern.exec(code);
      if (found && (!beside || beside.test(code))) findings.push(`dist/${file}:${lineOf(code, found.index)} ${what}`);
    }
    if (code.includes(root)) findings.push(`dist/${file}:${lineOf(code, code.indexOf(root))} contains the path ${root}`);
  }
  return findings;
}

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}
