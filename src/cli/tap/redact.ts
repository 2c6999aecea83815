import { hideSecrets } from "../../link/secrets.ts";

/** Fields of a frame, parameters of an address and headers that hold what proves who somebody is. */
const sensitive = /^(?:(?:access|refresh|id)?_?token|ticket|authorization|proxy-authorization|cookie|set-cookie|password|(?:x-)?(?:app|client)?[-_]?secret|api[-_]?key)$/i;

/** What such a name has in it, wherever it stands. */
const mentioned = /token|ticket|authorization|bearer|cookie|password|secret|api[-_]?key/i;
/** What seems to be said to be its value. */
const assigned = /(?:token|ticket|authorization|cookie|password|secret|api[-_]?key)["']?\s*[:=]\s*["']?(?:bearer\s+)?([^\s"',;}]+)/gi;

const HIDDEN = "***";

export function isSensitive(name: string): boolean {
  return sensitive.test(name);
}

/** An upgrade request, as far as secrets travel in it. */
export interface Upgrade {
  /** Path and query. */
  target: string;
  headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** Hides what is a secret by the name of its field, and on this connection wherever it comes up again. */
export interface Redact {
  /** What is no frame: a close reason, an error, what a ping carries. */
  words(text: string): string;
  /** Of a frame that is not JSON nothing is left where a field's name in it speaks of a secret: nobody can tell where its value ends. */
  frame(text: string): { text: string; hasHidden: boolean };
}

/** Knows what the connection has been opened with, and every value that was hidden in its frames. */
export function createRedact({ target, headers }: Upgrade): Redact {
  const query = [...(URL.parse(target, "ws://tap/")?.searchParams ?? [])].filter(([name]) => isSensitive(name));
  const offered = String(headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim()).filter((name) => name.startsWith("bearer."));
  const shown = Object.entries(headers).filter(([name, value]) => isSensitive(name) && value !== undefined).map(([name, value]) => [name, String(value)] as const);
  const bearers = offered.map((name, index) => [`bearer-${index}`, name.slice("bearer.".length)] as const);
  const met = new Set<string>();
  const secrets = { url: `ws://tap/?${new URLSearchParams(query).toString()}`, headers: Object.fromEntries([...shown, ...bearers]), said: () => [...met] };
  const words = (text: string): string => hideSecrets(redactFields(text, met) ?? text, secrets);
  return {
    words,
    frame(text) {
      const isUnreadable = mayHideFields(text);
      const redacted = isUnreadable ? "" : words(text);
      // The other end may well quote it.
      if (isUnreadable) for (const [, value = ""] of unescaped(text).matchAll(assigned)) remember(value, met);
      return { text: redacted, hasHidden: redacted !== text };
    },
  };
}

/** What a document says about a frame, without the beginning of what stands in it. */
export function withoutQuote(detail: string): string {
  return detail.replace(/, got .*$/s, "");
}

/** The address of an upgrade without the values of parameters that hold a secret. */
export function redactTarget(target: string): string {
  return target.replaceAll(/([?&])([^=&]*)=([^&]*)/g, (whole, mark: string, name: string) => (isSensitive(decode(name)) ? `${mark}${name}=${HIDDEN}` : whole));
}

/** As it was written, where nothing is to be hidden; undefined where it is no JSON. What is hidden is added to `met`. */
function redactFields(text: string, met: Set<string>): string | undefined {
  let found = false;
  const hide = (name: string, value: unknown): unknown => {
    if (value === "" || value === null) return value;
    if (isSensitive(name)) {
      found = true;
      remember(value, met);
      return HIDDEN;
    }
    // Some wires carry JSON as the text of a field.
    if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return value;
    const inner = mayHideFields(value) ? HIDDEN : (redactFields(value, met) ?? value);
    found ||= inner !== value;
    return inner;
  };
  try {
    const whole = JSON.stringify(JSON.parse(text, hide));
    return found ? whole : text;
  } catch {
    return undefined;
  }
}

/** No JSON, and about something that would be hidden if it were. */
function mayHideFields(text: string): boolean {
  return mentioned.test(unescaped(text)) && !isJson(text);
}

/** As it would be told, and as it would stand in a frame. */
function remember(value: unknown, met: Set<string>): void {
  if (typeof value === "object" && value !== null) return Object.values(value).forEach((inner) => remember(inner, met));
  const text = String(value);
  met.add(text).add(JSON.stringify(text).slice(1, -1));
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function unescaped(text: string): string {
  return text.replaceAll(/\\u([0-9a-f]{4})/gi, (_whole, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
