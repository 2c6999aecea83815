import { randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";

/** Random secrets by the place they were put in, and where each of them has turned up. */
export interface Canaries {
  /** A new one, 64 bits in hexadecimal: no encoding of an URL, of JSON or of a header changes it. */
  mint(place: string): string;
  /** A secret that somebody else has made. */
  add(place: string, secret: string): void;
  /** Looks through a text, whatever it is in. */
  look(where: string, text: string): void;
  /** What was looked through, and how many characters there were. */
  readonly looked: ReadonlyMap<string, number>;
  /** `place of the secret → where it was seen`. */
  readonly seen: ReadonlySet<string>;
}

export function createCanaries(): Canaries {
  const forms = new Map<string, readonly string[]>();
  const looked = new Map<string, number>();
  const seen = new Set<string>();
  const add = (place: string, secret: string) => void forms.set(place, formsOf(secret));
  return {
    looked,
    seen,
    add,
    mint(place) {
      const secret = randomBytes(8).toString("hex");
      add(place, secret);
      return secret;
    },
    look(where, text) {
      looked.set(where, (looked.get(where) ?? 0) + text.length);
      for (const [place, each] of forms) if (each.some((form) => text.includes(form))) seen.add(`${place} → ${where}`);
    },
  };
}

/** As it is, in either hexadecimal, as JSON and URLs escape it, and in base64 wherever in a text it may begin. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const shifted = [0, 1, 2].map((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes]).toString("base64").replace(/=+$/, "");
    // The first and the last character may hold bits of what stands beside it.
    return encoded.slice(shift === 0 ? 0 : shift + 1, -1);
  });
  const urlSafe = shifted.map((text) => text.replaceAll("+", "-").replaceAll("/", "_"));
  return [...new Set([secret, bytes.toString("hex"), bytes.toString("hex").toUpperCase(), JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), ...shifted, ...urlSafe])];
}

/** Every file below a directory but installed code, as text that keeps its bytes. */
export async function filesBelow(directory: string): Promise<{ name: string; text: string }[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  const kept = files.filter((file) => !/[\\/](node_modules|npm|extensions|plugin-runtime-deps)[\\/]/.test(file));
  return Promise.all(kept.map(async (file) => ({ name: path.relative(directory, file), text: await readFile(file, "latin1").catch(() => "") })));
}
