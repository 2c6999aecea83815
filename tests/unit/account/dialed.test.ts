import { beforeEach, describe, expect, it } from "vitest";
import { type Correspondent, createCorrespondent } from "../../../src/account/dialed/correspondent.ts";
import { createDialedDelivery, type DialedDelivery } from "../../../src/account/dialed/delivery.ts";
import type { Inbound } from "../../../src/protocols/inbound.ts";
import { type Journal, openJournal } from "../../../src/store/journal.ts";
import { createFakeLink, type FakeLink } from "../../support/fake-link.ts";
import { createPlainProtocol, plainInbound, type PlainOrigin, type PlainState } from "../../support/plain-protocol.ts";
import { createVirtualSystem, settle, silentLog, type VirtualSystem } from "../../support/virtual.ts";

let system: VirtualSystem;
let journal: Journal;
let link: FakeLink;
let correspondent: Correspondent<PlainOrigin>;
let delivery: DialedDelivery<PlainOrigin>;
let warned: string[];

/** A process with its memory: the journal outlives it. */
function start(repeatsUnproven: boolean): void {
  const protocol = createPlainProtocol({ mostWrites: repeatsUnproven ? Infinity : 1 });
  const log = { ...silentLog, warn: (line: string) => void warned.push(line) };
  link = createFakeLink(() => correspondent);
  correspondent = createCorrespondent<PlainState, PlainOrigin>({
    link: () => link,
    session: () => protocol.session,
    carried: () => [],
    system,
    log,
    asked: async () => true,
    readied: () => delivery.linked(),
    changed() {},
  });
  delivery = createDialedDelivery({ correspondent, protocol: () => protocol, isCongested: () => link.congested, journal, system, log });
}

beforeEach(() => {
  system = createVirtualSystem();
  journal = openJournal(":memory:", { remembered: 9 });
  warned = [];
  start(true);
});

/** A message that was admitted and has just been answered. */
function answered(id: string): Inbound<PlainOrigin> {
  const inbound = plainInbound(id);
  journal.admit({ sender: "", messageId: id, lane: "l", inbound: JSON.stringify(inbound), at: system.now() });
  journal.finish({ sender: "", messageId: id }, JSON.stringify({ type: "response", content: `to ${id}` }), system.now());
  void delivery.conclude(inbound, { type: "response", content: `to ${id}` });
  return inbound;
}

const find = (messageId: string) => journal.find({ sender: "", messageId });
const replies = () => link.sent.filter(({ say }) => say === "terminal").map(({ id, isRepeat }) => `${id}${isRepeat ? " again" : ""}`);

describe("replies on a link", () => {
  it("are done with when the peer has proven that they came, not when they were sent", async () => {
    link.up();
    answered("1");
    expect(find("1")).toMatchObject({ wasHanded: true, handings: 1, wasDelivered: false });
    link.unproven.shift()?.("arrived");
    await settle();
    expect(find("1")).toMatchObject({ wasDelivered: true });
    link.lose();
    link.up();
    expect(replies()).toEqual(["1"]);
  });

  it("wait on disk while there is no link, and leave in order when it is back", async () => {
    for (const id of ["1", "2", "3"]) answered(id);
    await settle();
    expect(link.sent).toEqual([]);
    link.up();
    answered("4");
    expect(replies()).toEqual(["1", "2", "3", "4"]);
  });

  it("that certainly did not leave go out as new", async () => {
    link.up();
    answered("1");
    link.unproven.shift()?.("unsent");
    await settle();
    link.up();
    expect(replies()).toEqual(["1", "1"]);
  });

  it("that may have arrived go out again, and say so", async () => {
    link.up();
    answered("1");
    link.lose();
    await settle();
    link.up();
    expect(replies()).toEqual(["1", "1 again"]);
    expect(warned).toEqual([]);
  });

  it("that may have arrived are reported and not repeated where the peer could not tell", async () => {
    start(false);
    link.up();
    answered("1");
    link.lose();
    await settle();
    link.up();
    expect(replies()).toEqual(["1"]);
    expect(warned).toEqual([expect.stringContaining("the reply to 1 was on its way: it may have arrived or not") as string]);
    expect(delivery.lastLoss()).toBe(warned[0]);
    expect(find("1")).toMatchObject({ wasDelivered: false });
  });

  it("that left just before a crash are treated like those of a lost link", () => {
    link.up();
    answered("1");
    start(true);
    link.up();
    expect(replies()).toEqual(["1 again"]);
    start(false);
    link.up();
    expect(replies()).toEqual([]);
    expect(warned).toHaveLength(1);
  });

  it("that were given up go out once more when the peer asks again, and those that arrived do not", async () => {
    start(false);
    link.up();
    const lost = answered("1");
    const got = answered("2");
    link.unproven.pop()?.("arrived");
    link.lose();
    await settle();
    link.up();
    for (const inbound of [lost, got]) delivery.repeated(inbound, find(inbound.messageId) ?? { inbound: "", wasHanded: false, handings: 0, wasDelivered: false });
    expect(link.sent.map(({ say, id }) => `${say} ${id}`)).toEqual(["terminal 1", "terminal 2", "terminal 1", "repeated 2"]);
  });

  it("are not sent twice when the peer asks again while they are on their way", () => {
    link.up();
    const inbound = answered("1");
    delivery.repeated(inbound, { inbound: "", terminal: JSON.stringify({ type: "response", content: "x" }), wasHanded: true, handings: 1, wasDelivered: false });
    expect(replies()).toEqual(["1"]);
  });

  it("older than the time of repeats are not sent any more", async () => {
    answered("1");
    await system.pass(300_001);
    link.up();
    expect(replies()).toEqual([]);
  });

  it("show partial text only where it can go at once", () => {
    const inbound = plainInbound("1");
    delivery.show(inbound, { say: "stream", content: "a" }, 1);
    link.up();
    link.full = true;
    delivery.show(inbound, { say: "stream", content: "ab" }, 1);
    delivery.show(inbound, { say: "typing" }, 1);
    link.full = false;
    delivery.show(inbound, { say: "stream", content: "abc" }, 1);
    expect(link.sent.map(({ say, text }) => [say, text])).toEqual([["typing", undefined], ["stream", "abc"]]);
  });
});
