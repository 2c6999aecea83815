import type { Bundle } from "./bundle.ts";

/** Bytes that a command may have to read for one channel: for setup or status, and to ask about older names or secret fields. */
const mostBytes = { "setup-entry.js": 250_000, "doctor-contract-api.js": 20_000, "secret-contract-api.js": 20_000 };
/** What has no business where nothing is opened: sockets, a database, and all that runs an account. */
const runsAccounts = /^(?:node:(?:sqlite|net|tls|http|https|http2|dgram|worker_threads)|src\/(?:account|edge|link|store)\/.*|src\/channel\/(?:gateway|dispatch|turn)\.ts|src\/channel\/[\w-]+-open\.ts|.*node_modules\/ws\/.*|openclaw\/plugin-sdk\/websocket-runtime)$/;

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
  return [...findings, ...inspectEntries(bundle)];
}

/** What is wrong with the entries that the host loads where it only asks about a channel. */
export function inspectEntries({ parts, files }: Pick<Bundle, "parts" | "files">): string[] {
  return Object.entries(mostBytes).flatMap(([entry, most]) => {
    const loaded = loadedWith(parts, entry);
    const heavy = loaded.flatMap((file) => [...(parts.get(file)?.imports ?? []), ...(parts.get(file)?.sources ?? [])]).filter((name) => runsAccounts.test(name));
    const bytes = loaded.reduce((sum, file) => sum + Buffer.byteLength(files.get(file) ?? ""), 0);
    return [
      ...[...new Set(heavy)].map((name) => `dist/${entry} loads ${name}, which only a running account needs: import it where it is used`),
      ...(bytes > most ? [`dist/${entry} loads ${bytes} bytes; ${most} is the most`] : []),
    ];
  });
}

/** A file and all that is read before its first line runs. */
function loadedWith(parts: Bundle["parts"], entry: string, known: readonly string[] = []): readonly string[] {
  const part = parts.get(entry);
  if (!part || known.includes(entry)) return known;
  return part.imports.reduce<readonly string[]>((loaded, name) => loadedWith(parts, name, loaded), [...known, entry]);
}

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}
