import { fullFormats } from "ajv-formats/dist/formats.js";

/** What is known of a format: how a value is checked, how values are drawn, and some that readers easily get wrong. */
interface Format {
  /** A plain expression, so that it is printed into a validator; `true` says nothing about the value. */
  readonly check: RegExp | true;
  /** The source of a fast-check arbitrary; what it draws amiss, the validator takes out. */
  readonly draw?: string;
  readonly edges?: readonly string[];
}

/** Every year that has a 29th of February. */
const leapYear = String.raw`(?:\d\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)`;
const day = String.raw`(?:\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2[0-8]))|${leapYear}-02-29)`;
const time = String.raw`(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)`;
const byte = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const mail = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

const someDate = "fc.date({ min: new Date(0), max: new Date(4102444800000), noInvalidDate: true }).map((date) => date.toISOString()";
const somePlace = "fc.oneof(fc.webUrl(), fc.webPath())";

/**
 * The formats of draft-07 and those that OpenAPI adds. An address is checked for its form only; whether it may be
 * called is for the code that calls it. Names in other scripts are checked for what they must not have.
 */
const known = {
  uri: { check: /^[a-z][a-z0-9+.-]*:[^\s<>"{}|\\^`]+$/i, draw: "fc.webUrl()", edges: ["https://example.org/a?b=c#d", "urn:x:1"] },
  uuid: {
    check: /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i,
    draw: "fc.uuid()",
    edges: ["123e4567-e89b-12d3-a456-426614174000", "00000000-0000-0000-0000-000000000000"],
  },
  "date-time": { check: new RegExp(`^${day}[Tt]${time}$`), draw: `${someDate})`, edges: ["2026-02-28T23:59:59.5Z", "1970-01-01T00:00:00+01:00"] },
  date: { check: new RegExp(`^${day}$`), draw: `${someDate}.slice(0, 10))`, edges: ["2026-02-28", "2028-02-29"] },
  time: { check: new RegExp(`^${time}$`), draw: `${someDate}.slice(11))`, edges: ["23:59:59Z", "00:00:00.5+01:00"] },
  duration: {
    check: expressionFor("duration"),
    draw: "fc.tuple(fc.nat(999), fc.nat(999), fc.nat(999)).map(([days, hours, seconds]) => `P${days}DT${hours}H${seconds}S`)",
    edges: ["P1W", "PT0S"],
  },
  email: { check: mail, draw: "fc.emailAddress()", edges: ["a@example.org"] },
  "idn-email": { check: mail, draw: "fc.emailAddress()", edges: ["\u5de5@\u4f8b.\u793a"] },
  hostname: { check: expressionFor("hostname"), draw: "fc.domain()", edges: ["localhost", "a-1.example.org"] },
  "idn-hostname": {
    check: /^(?=.{1,253}$)[^\s.,:;@/\\?#[\]-](?:[^\s.,:;@/\\?#[\]]{0,62})(?:\.[^\s.,:;@/\\?#[\]-][^\s.,:;@/\\?#[\]]{0,62})*$/,
    draw: "fc.domain()",
    edges: ["\u4f8b.\u793a", "localhost"],
  },
  ipv4: {
    check: /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)$/,
    draw: "fc.ipV4()",
    edges: ["127.0.0.1", "255.255.255.255"],
  },
  ipv6: { check: expressionFor("ipv6"), draw: "fc.ipV6()", edges: ["::1", "2001:db8::ffff:192.0.2.1"] },
  "uri-reference": { check: expressionFor("uri-reference"), draw: somePlace, edges: ["../a?b#c", ""] },
  iri: { check: /^[a-z][a-z0-9+.-]*:[^\s<>"{}|\\^`]+$/i, draw: "fc.webUrl()", edges: ["https://\u4f8b.\u793a/\u5de5"] },
  "iri-reference": { check: /^[^\s<>"{}|\\^`]*$/, draw: somePlace, edges: ["../\u5de5#\u4f8b", ""] },
  "uri-template": {
    check: expressionFor("uri-template"),
    draw: "fc.webPath().map((path) => `${path}/{name}`)",
    edges: ["/{a}/{+b*}", ""],
  },
  "json-pointer": {
    check: expressionFor("json-pointer"),
    draw: `fc.array(fc.string()).map((steps) => steps.map((step) => \`/\${step.replaceAll("~", "~0").replaceAll("/", "~1")}\`).join(""))`,
    edges: ["", "/a~1b/~0/0"],
  },
  "relative-json-pointer": { check: expressionFor("relative-json-pointer"), draw: "fc.nat().map((up) => `${up}/a`)", edges: ["0", "1#"] },
  byte: { check: byte, draw: "fc.base64String()", edges: ["", "AA=="] },
  /** Bytes as they are, which no text is checked for. */
  binary: { check: true },
  /** Says how a form field is shown, nothing about the value. */
  password: { check: true },
} satisfies Readonly<Record<string, Format>>;

export const formats: Readonly<Record<string, RegExp | true>> = Object.fromEntries(Object.entries(known).map(([name, { check }]) => [name, check]));

/** What is known of a format by this name; undefined of one that nobody checks. */
export function formatNamed(name: string | undefined): Format | undefined {
  return name !== undefined && Object.hasOwn(known, name) ? known[name as keyof typeof known] : undefined;
}

/** The expression of ajv's own collection, where it is one. */
function expressionFor(name: keyof typeof fullFormats): RegExp {
  const check = fullFormats[name];
  if (!(check instanceof RegExp)) throw new Error(`ajv-formats has no expression for "${name}"`);
  return check;
}
