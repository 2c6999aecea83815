/** A host as a URL has it: an IPv6 address stands in brackets (RFC 3986, 3.2.2). */
export function bracketed(host: string): string {
  return host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
}

/** Where a client of this machine reaches a listener that is bound to all addresses. */
export function reachable(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return bracketed(host === "::" ? "::1" : host);
}
