import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { limits } from "../../../src/core/limits.ts";
import { createRooms, type Rooms } from "../../../src/edge/rooms.ts";

function seat(rooms: Rooms<string>, ...connections: string[]): void {
  for (const connection of connections) rooms.add(connection, connection.toUpperCase());
}

describe("rooms", () => {
  it("WS-20 names first the connection that asked, then the one heard of last", () => {
    const rooms = createRooms<string>();
    seat(rooms, "c1", "c2", "c3");
    for (const connection of ["c1", "c2", "c3"]) rooms.speakAs(connection, "ann");
    expect(rooms.forSender("ann")).toEqual(["C3", "C2", "C1"]);
    expect(rooms.forSender("ann", "c1")).toEqual(["C1", "C3", "C2"]);
    rooms.speakAs("c2", "ann");
    expect(rooms.forSender("ann")).toEqual(["C2", "C3", "C1"]);
  });

  it("WS-20 names one connection as it names them all: the preferred one while the sender has it, or the one heard of last", () => {
    const rooms = createRooms<string>();
    seat(rooms, "c1", "c2", "c3");
    for (const connection of ["c1", "c2"]) rooms.speakAs(connection, "ann");
    rooms.speakAs("c3", "bob");
    const named = () => ["c1", "c2", "c3"].map((preferred) => [rooms.oneForSender("ann", preferred), rooms.forSender("ann", preferred)[0]]);
    expect(named()).toEqual([["C1", "C1"], ["C2", "C2"], ["C2", "C2"]]);
    rooms.remove("c2");
    expect(named()).toEqual([["C1", "C1"], ["C1", "C1"], ["C1", "C1"]]);
    rooms.remove("c1");
    expect(named()).toEqual([[undefined, undefined], [undefined, undefined], [undefined, undefined]]);
  });

  it("WS-20 turns to the sender's other connections when the one that asked is gone", () => {
    const rooms = createRooms<string>();
    seat(rooms, "c1", "c2");
    rooms.speakAs("c1", "ann");
    rooms.speakAs("c2", "ann");
    rooms.remove("c1");
    expect(rooms.forSender("ann", "c1")).toEqual(["C2"]);
    rooms.remove("c2");
    expect(rooms.forSender("ann", "c1")).toEqual([]);
    expect(rooms.senders()).toBe(0);
  });

  it("gives a sender nothing of another one, though the other's connection is preferred", () => {
    const rooms = createRooms<string>();
    seat(rooms, "c1", "c2");
    rooms.speakAs("c1", "ann");
    rooms.speakAs("c2", "Ann");
    expect(rooms.forSender("ann", "c2")).toEqual(["C1"]);
  });

  it("tells the first frame of a sender on a connection from later ones", () => {
    const rooms = createRooms<string>();
    seat(rooms, "c1", "c2");
    expect([rooms.speakAs("c1", "ann"), rooms.speakAs("c1", "ann"), rooms.speakAs("c1", "bob"), rooms.speakAs("c2", "ann")]).toEqual([true, false, true, true]);
    expect(rooms.speakAs("nobody", "ann")).toBe(false);
  });

  it("WS-32 has room for a sender up to the cap, and always on a connection it has", () => {
    let cap = 2;
    const rooms = createRooms<string>(() => cap);
    seat(rooms, "c1", "c2", "c3");
    rooms.speakAs("c1", "ann");
    expect(rooms.hasRoom("c2", "ann")).toBe(true);
    rooms.speakAs("c2", "ann");
    expect(rooms.hasRoom("c3", "ann")).toBe(false);
    expect(rooms.hasRoom("c2", "ann")).toBe(true);
    expect(rooms.hasRoom("c3", "bob")).toBe(true);
    cap = 3;
    expect(rooms.hasRoom("c3", "ann")).toBe(true);
  });

  it("WS-24 names who joined a group, once, until it leaves", () => {
    const rooms = createRooms<string>();
    seat(rooms, "c1", "c2");
    rooms.join("c1", "g");
    rooms.join("c2", "g");
    rooms.join("c1", "g");
    expect(rooms.forGroup("g")).toEqual(["C1", "C2"]);
    rooms.leave("c1", "g");
    expect(rooms.forGroup("g")).toEqual(["C2"]);
    expect(rooms.forGroup("G")).toEqual([]);
  });

  it("WS-24 keeps no membership for a connection that comes again under its id", () => {
    const rooms = createRooms<string>();
    seat(rooms, "c1");
    rooms.join("c1", "g");
    rooms.speakAs("c1", "ann");
    seat(rooms, "c1");
    expect([rooms.forGroup("g"), rooms.forSender("ann")]).toEqual([[], []]);
  });

  it("bounds what one connection may join and speak for", () => {
    const rooms = createRooms<string>();
    seat(rooms, "c1");
    for (let i = 0; i < limits.groupsPerConnection; i += 1) expect(rooms.join("c1", `g${i}`)).toBe(true);
    expect(rooms.join("c1", "one more")).toBe(false);
    expect(rooms.join("c1", "g0")).toBe(true);
    for (let i = 0; i <= limits.sendersPerConnection; i += 1) rooms.speakAs("c1", `s${i}`);
    expect(rooms.senders()).toBe(limits.sendersPerConnection);
    expect(rooms.forSender("s0")).toEqual([]);
    expect(rooms.forSender("s1")).toEqual(["C1"]);
  });

  it("leaves nothing behind of a connection, after any sequence", () => {
    const id = fc.constantFrom("a", "b", "c");
    const step = fc.tuple(fc.constantFrom("add", "speak", "join", "leave", "remove"), id, id);
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const rooms = createRooms<string>();
        for (const [what, connection, other] of steps) {
          if (what === "add") rooms.add(connection, connection);
          else if (what === "speak") rooms.speakAs(connection, other);
          else if (what === "join") rooms.join(connection, other);
          else if (what === "leave") rooms.leave(connection, other);
          else rooms.remove(connection);
        }
        for (const connection of ["a", "b", "c"]) rooms.remove(connection);
        expect(rooms.senders()).toBe(0);
        for (const key of ["a", "b", "c"]) expect([...rooms.forSender(key), ...rooms.forGroup(key)]).toEqual([]);
      }),
    );
  });
});
