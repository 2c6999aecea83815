/** A payload of a text message, as bytes, and whether it is UTF-8. */
export interface Sequence {
  isValid: boolean;
  payload: Buffer;
}

const bytes = (...hex: readonly string[]): Buffer[] => hex.map((one) => Buffer.from(one.replaceAll(" ", ""), "hex"));
const valid = (...payloads: readonly Buffer[]): Sequence[] => payloads.map((payload) => ({ isValid: true, payload }));
const invalid = (...payloads: readonly Buffer[]): Sequence[] => payloads.map((payload) => ({ isValid: false, payload }));

/** Five Greek letters, of which the second has three octets. */
export const kosme = Buffer.from("cebae1bdb9cf83cebcceb5", "hex");

/** Those at which a letter ends. */
const wholePrefixes = new Set([2, 5, 7, 9, 11]);

const range = (from: number, below: number): number[] => Array.from({ length: below - from }, (_, index) => from + index);
const lonelyStarts = (from: number, below: number): Buffer => Buffer.from(range(from, below).flatMap((byte) => [byte, 0x20]));
const withoutLast = bytes("c0", "e080", "f08080", "f8808080", "fc80808080", "df", "efbf", "f7bfbf", "fbbfbfbf", "fdbfbfbfbf");

/** U+1FFFE, U+1FFFF and so on to U+10FFFF. */
const nonCharacters = ["f0", "f1", "f2", "f3", "f4"].flatMap((first) =>
  ["8f", "9f", "af", "bf"]
    .filter((second) => (first === "f4" ? second === "8f" : first !== "f0" || second !== "8f"))
    .flatMap((second) => bytes(`${first}${second}bfbe`, `${first}${second}bfbf`)),
);

/** The groups 6.5 to 6.23, in their order, after Markus Kuhn's UTF-8 decoder stress test. */
export const groups: readonly { title: string; sequences: readonly Sequence[] }[] = [
  { title: "some valid sequences", sequences: valid(...bytes("68656c6c6f24776f726c64", "68656c6c6fc2a2776f726c64", "68656c6c6fe282ac776f726c64", "68656c6c6ff0a4ada2776f726c64"), kosme) },
  { title: "all prefixes of a valid string", sequences: range(1, kosme.length + 1).map((length) => ({ isValid: wholePrefixes.has(length), payload: kosme.subarray(0, length) })) },
  { title: "first possible sequence of a length", sequences: valid(...bytes("00", "c280", "e0a080", "f0908080")) },
  { title: "first possible sequence of 5 and 6 octets", sequences: invalid(...bytes("f888808080", "fc8480808080")) },
  { title: "last possible sequence of a length", sequences: valid(...bytes("7f", "dfbf", "efbfbf", "f48fbfbf")) },
  { title: "last possible sequence of 4, 5 and 6 octets", sequences: invalid(...bytes("f7bfbfbf", "fbbfbfbfbf", "fdbfbfbfbfbf")) },
  { title: "other boundaries", sequences: [...valid(...bytes("ed9fbf", "ee8080", "efbfbd", "f48fbfbf")), ...invalid(...bytes("f4908080"))] },
  { title: "unexpected continuation", sequences: invalid(...bytes("80", "bf", "80bf", "80bf80", "80bf80bf", "80bf80bf80", "80bf80bf80bf"), Buffer.from(range(0x80, 0xbf))) },
  { title: "lonely start", sequences: invalid(lonelyStarts(0xc0, 0xdf), lonelyStarts(0xe0, 0xef), lonelyStarts(0xf0, 0xf7), lonelyStarts(0xf8, 0xfb), lonelyStarts(0xfc, 0xfd)) },
  { title: "last continuation missing", sequences: invalid(...withoutLast) },
  { title: "incomplete sequences in a row", sequences: invalid(Buffer.concat(withoutLast)) },
  { title: "impossible octets", sequences: invalid(...bytes("fe", "ff", "fefeffff")) },
  { title: "overlong ASCII", sequences: invalid(...bytes("c0af", "e080af", "f08080af", "f8808080af", "fc80808080af")) },
  { title: "longest overlong sequences", sequences: invalid(...bytes("c1bf", "e09fbf", "f08fbfbf", "f887bfbfbf", "fc83bfbfbfbf")) },
  { title: "overlong NUL", sequences: invalid(...bytes("c080", "e08080", "f0808080", "f880808080", "fc8080808080")) },
  { title: "single surrogates", sequences: invalid(...bytes("eda080", "edadbf", "edae80", "edafbf", "edb080", "edbe80", "edbfbf")) },
  { title: "paired surrogates", sequences: invalid(...bytes("eda080edb080", "eda080edbfbf", "edadbfedb080", "edadbfedbfbf", "edae80edb080", "edae80edbfbf", "edafbfedb080", "edafbfedbfbf")) },
  { title: "non-characters, which are valid", sequences: valid(...bytes("efbfbe", "efbfbf"), ...nonCharacters) },
  { title: "specials, which are valid", sequences: valid(...bytes("efbfb9", "efbfba", "efbfbb", "efbfbc", "efbfbd", "efbfbe", "efbfbf")) },
];
