import path from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { partyOf } from "../../../codegen/diff/documents.ts";
import { formatNamed, formats } from "../../../codegen/emit/formats.ts";
import { Bench } from "./diff/lamp.ts";

/** What stands at the edge of a format: accepted and refused, from the RFCs and what implementations get wrong. */
const verdicts: Readonly<Record<string, { readonly accepted: readonly string[]; readonly refused: readonly string[] }>> = {
  uri: { accepted: ["http://a.b/c?d#e", "mailto:a@b", "urn:oasis:names"], refused: ["/a", "a b:c", "1a:b", "http://a b", "a"] },
  uuid: { accepted: ["2EB8AA08-aa98-11ea-b4aa-73b441d16380"], refused: ["2eb8aa08aa9811eab4aa73b441d16380", "{2eb8aa08-aa98-11ea-b4aa-73b441d16380}"] },
  "date-time": {
    accepted: ["1963-06-19T08:30:06.283185Z", "2024-02-29t00:00:00z", "1998-12-31T23:59:60Z"],
    refused: ["2023-02-29T00:00:00Z", "1990-02-31T15:59:59.123-08:00", "1990-12-31T15:59:59", "1985-04-12 23:20:50Z", "1990-12-31T24:00:00Z"],
  },
  date: { accepted: ["2020-02-29", "2000-02-29", "2021-12-31"], refused: ["1900-02-29", "2021-02-29", "2021-04-31", "2021-13-01", "2021-1-1", "21-01-01"] },
  time: { accepted: ["08:30:06Z", "23:59:60+00:00"], refused: ["08:30:06", "24:00:00Z", "8:30:06Z", "08:30:06 Z"] },
  duration: { accepted: ["P4DT12H30M5S", "P4Y", "PT0S", "P1M", "PT1M", "P2W"], refused: ["PT1D", "P", "P1YT", "P1Y2W", "4D"] },
  email: { accepted: ["joe.bloggs@example.com"], refused: ["2962", "a@", "@b.c", "a b@c.d"] },
  "idn-email": { accepted: ["\uc2e4\ub840@\uc2e4\ub840.\ud14c\uc2a4\ud2b8"], refused: ["\uc2e4\ub840", "a@"] },
  hostname: { accepted: ["www.example.com", "xn--4gbwdl.xn--wgbh1c", "a"], refused: ["-a.b", "a-.b", "a_b", "", `${"a".repeat(64)}.b`, "a..b"] },
  "idn-hostname": { accepted: ["\uc2e4\ub840.\ud14c\uc2a4\ud2b8", "a-b"], refused: ["", "a..b", "-a", "a b", "a/b"] },
  ipv4: { accepted: ["192.168.0.1", "0.0.0.0"], refused: ["127.0.0.0.1", "256.1.1.1", "127.0", "1.2.3.4.", "01.2.3.4"] },
  ipv6: { accepted: ["::1", "::", "2001:db8::1", "::ffff:192.168.0.1"], refused: ["12345::", "1:1:1:1:1:1:1:1:1", "::laptop", "1::2::3", "127.0.0.1"] },
  "uri-reference": { accepted: ["/abc", "abc", "#fragment", "http://a.b", ""], refused: ["\\\\a\\b", "#frag\\ment", "a b"] },
  iri: { accepted: ["http://\u0192\u00f8\u00f8.\u00df\u00e5r/?\u2202\u00e9\u0153", "urn:a"], refused: ["/abc", "\u00e2\u03c0", "a b:c"] },
  "iri-reference": { accepted: ["/\u00e2\u03c0", "#\u0192r\u00e4gm\u00eant", ""], refused: ["\\\\a", "a b"] },
  "uri-template": { accepted: ["http://a/{term:1}/{term}", "/{a,b}{?c*}", "a"], refused: ["http://a/{term:1}/{term", "a b", "{}"] },
  "json-pointer": { accepted: ["", "/", "/foo/bar~0/baz~1/%a", "/a b", "//"], refused: ["a", "/~", "/~2", "#", "0"] },
  "relative-json-pointer": { accepted: ["1", "0/foo/bar", "0#", "120/foo"], refused: ["/foo", "-1/foo", "+1/foo", "0##", "01/a", ""] },
  byte: { accepted: ["", "AAEC", "AA==", "AAE="], refused: ["A", "AA=", "A===", "AA==AA==", "A A="] },
};

const names = Object.keys(formats).filter((name) => formats[name] !== true);
const document = `asyncapi: 3.1.0
info: { title: Formats, version: 1.0.0 }
channels:
  all:
    address: /
    messages:
${names.map((_, index) => `      m${index}: { payload: { $ref: '#/components/schemas/F${index}' } }`).join("\n")}
operations:
  say: { action: send, channel: { $ref: '#/channels/all' } }
components:
  schemas:
${names.map((name, index) => `    F${index}: { type: object, required: [value], properties: { value: { type: string, maxLength: 4096, format: ${name} } } }`).join("\n")}
`;

const bench = new Bench();
afterAll(() => bench.remove());

describe("a format", () => {
  it("is known with its edges, or says nothing about a value", () => {
    expect(Object.keys(verdicts).sort()).toEqual([...names].sort());
    expect(Object.keys(formats).filter((name) => formats[name] === true)).toEqual(["binary", "password"]);
  });

  it.each(Object.entries(verdicts))("%s accepts what the RFCs accept, and refuses what they refuse", (name, { accepted, refused }) => {
    const check = formats[name];
    const isAccepted = (text: string): boolean => check === true || (check?.test(text) ?? false);
    expect(accepted.filter((text) => !isAccepted(text))).toEqual([]);
    expect(refused.filter(isAccepted)).toEqual([]);
    expect(formatNamed(name)?.edges?.filter((text) => !isAccepted(text))).toEqual([]);
    expect(isAccepted(" ")).toBe(false);
  });

  it("of any kind is drawn as its validator wants it", async () => {
    const { arbitraries, reader } = await partyOf(await bench.read(document), path.join(bench.root, "formats"));
    for (const [index, name] of names.entries()) {
      const arbitrary = arbitraries[`F${index}`];
      const values = arbitrary === undefined ? [] : fc.sample(arbitrary, { seed: 1, numRuns: 200 });
      expect(values, name).toHaveLength(200);
      expect(values.filter((value) => !reader.accepts(`F${index}`, value)), name).toEqual([]);
      expect(new Set(values.map((value) => JSON.stringify(value))).size, name).toBeGreaterThan(20);
    }
  }, 30_000);
});
