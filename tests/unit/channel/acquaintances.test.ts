import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { acquaintancesIn, lookUp, membersIn, search } from "../../../src/channel/acquaintances.ts";
import { writeAddress } from "../../../src/channel/addresses.ts";
import { writeId } from "../../../src/channel/identity.ts";
import type { Seen } from "../../../src/store/seen.ts";

const grammar = { prefix: "ws", aliases: ["websocket"] };
const seen: Seen[] = [
  { kind: "user", id: "17", name: "Ann Lee", at: 5 },
  { kind: "user", id: "18", name: "Bob", at: 4 },
  { kind: "user", id: "19", name: "BOB ", at: 3 },
  { kind: "user", id: "mallory", name: "boss", at: 3 },
  { kind: "group", id: "r1", name: "The Room", at: 2 },
  { kind: "member", id: "17", groupId: "r1", name: "Ann Lee", at: 2 },
  { kind: "member", id: "18", groupId: "r2", at: 1 },
];
const known = acquaintancesIn({ listed: ["boss", "*", "17"], groups: ["*", "r1", "r9"], approved: ["zed"], seen });

describe("acquaintances", () => {
  it("are whoever was seen, whoever the operator lists and whoever was approved, each once", () => {
    expect(known.map(({ kind, id, name }) => [kind, id, name])).toEqual([
      ["direct", "17", "Ann Lee"],
      ["direct", "18", "Bob"],
      ["direct", "19", "BOB "],
      ["direct", "mallory", "boss"],
      ["group", "r1", "The Room"],
      ["direct", "boss", undefined],
      ["direct", "zed", undefined],
      ["group", "r9", undefined],
    ]);
    expect(membersIn(seen, "r1").map(({ id }) => id)).toEqual(["17"]);
  });

  it("are found by the name they go by, in any case, and by nothing that only resembles it", () => {
    expect(lookUp(grammar, "@ann lee", known)).toMatchObject({ found: "name", address: { kind: "direct", id: "17" } });
    expect(lookUp(grammar, "websocket:#the room", known)).toMatchObject({ found: "name", address: { kind: "group", id: "r1" } });
    for (const text of ["@ann", "@Ann Le", "#Ann Lee", "@The Room", "@", "#"]) expect(lookUp(grammar, text, known).found === "name").toBe(false);
  });

  it("of one name are told apart by nobody: all of them are named", () => {
    expect(lookUp(grammar, "@bob", known)).toMatchObject({ found: "several", candidates: [{ id: "18" }, { id: "19" }] });
  });

  it("cannot take the place of an id by calling themselves like it", () => {
    expect(lookUp(grammar, "@boss", known)).toMatchObject({ found: "id", address: { id: "boss" } });
    for (const text of ["Ann Lee", "ws:user:Ann Lee", "user:Ann Lee"]) expect(lookUp(grammar, text, known)).toMatchObject({ found: "id", address: { kind: "direct", id: "Ann Lee" } });
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 20 }), (id) => {
        const impostor = acquaintancesIn({ listed: [writeId(id)], groups: [], approved: [], seen: [{ kind: "user", id: `not ${id}`, name: id, at: 1 }] });
        const found = lookUp(grammar, writeAddress(grammar, { kind: "direct", id }), impostor);
        return found.found === "id" && found.address.id === id;
      }),
    );
  });

  it("are searched by a bare name too where nothing is sent", () => {
    expect(search(grammar, "Ann Lee", "direct", known)).toMatchObject({ found: "name", address: { id: "17" } });
    expect(search(grammar, "bob", "direct", known)).toMatchObject({ found: "several" });
    expect(search(grammar, "r9", "group", known)).toMatchObject({ found: "id", address: { kind: "group", id: "r9" } });
    expect(search(grammar, "stranger", "direct", known)).toMatchObject({ found: "id", address: { kind: "direct", id: "stranger" } });
    expect(search(grammar, "@stranger", "direct", known)).toEqual({ found: "nobody" });
  });

  it("of a wire with several kinds of direct conversations are users", () => {
    expect(lookUp({ ...grammar, scopes: ["user", "conversation"] }, "@Ann Lee", known)).toMatchObject({ address: { kind: "direct", scope: "user", id: "17" } });
  });
});
