/** What somebody typed where an address belongs, for a message: user name, password and query are left out, however odd it is. */
export function quotable(typed: string): string {
  return typed.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, "$1…@").replace(/[?#].*$/s, "?…");
}
