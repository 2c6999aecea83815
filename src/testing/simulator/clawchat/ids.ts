import type { Digests, Now } from "../../../core/ports.ts";

const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** An id that is the same in every run: `usr_`, `agt_` or `cnv_` and the form of a ULID. */
export function fixedId(prefix: string, label: string, { sha256 }: Digests): string {
  const bytes = Buffer.from(sha256(`${prefix} ${label}`), "hex");
  const [first = 0, ...others] = bytes.subarray(0, 26);
  return `${prefix}${alphabet[first % 8] ?? ""}${others.map((byte) => alphabet[byte % 32] ?? "").join("")}`;
}

/** 48 bits of time and 80 random ones. */
export function mintUlid({ now, random }: { now: Now; random(): number }): string {
  let rest = now();
  let time = "";
  for (let count = 0; count < 10; count += 1) {
    time = `${alphabet[rest % 32] ?? ""}${time}`;
    rest = Math.floor(rest / 32);
  }
  const noise = Array.from({ length: 16 }, () => alphabet[Math.floor(random() * 32)] ?? "").join("");
  return `${time}${noise}`;
}
