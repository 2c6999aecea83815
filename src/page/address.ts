const SUFFIX = "/playground";

/** Where the page dials: its own address without the last part, so that it also works behind a proxy with a path. */
export function socketAddress(page: string): string {
  const url = new URL(page);
  const path = url.pathname.endsWith(SUFFIX) ? url.pathname.slice(0, -SUFFIX.length) : url.pathname;
  return `${url.protocol === "https:" ? "wss:" : "ws:"}//${url.host}${path === "" ? "/" : path}`;
}
