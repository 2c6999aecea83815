/** Where a host is, as far as its name tells: nobody else can listen on the way to this machine. */
export type Place = "this machine" | "private network" | "elsewhere";

/** Judges a host name or address, as in a URL or as a listener is given it; names are not looked up. */
export function placeOf(hostname: string): Place {
  const host = hostname.replace(/\.$/, "");
  if (host === "localhost" || host.endsWith(".localhost") || host === "[::1]" || host === "::1") return "this machine";
  const [, a, b] = (/^(\d+)\.(\d+)\.\d+\.\d+$/.exec(host) ?? []).map(Number);
  if (a === undefined || b === undefined) return "elsewhere";
  if (a === 127) return "this machine";
  const isPrivate = a === 10 || (a === 172 && b >= 16 && b <= 31) || (a === 192 && b === 168);
  return isPrivate ? "private network" : "elsewhere";
}
