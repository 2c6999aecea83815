import { describe, expect, it } from "vitest";
import { check, type Event, type History } from "./checker.ts";

const good: readonly Event[] = [
  { is: "said", id: "1", by: "a" },
  { is: "admitted", id: "1" },
  { is: "acknowledged", id: "1" },
  { is: "began", id: "1", life: 1 },
  { is: "said", id: "2", by: "a" },
  { is: "admitted", id: "2" },
  { is: "completed", id: "1", life: 1, text: "one" },
  { is: "written", id: "1" },
  { is: "seen", id: "1", to: "a", how: "whole", text: "one" },
  { is: "began", id: "2", life: 1 },
  { is: "completed", id: "2", life: 1, text: "two" },
  { is: "written", id: "2" },
  { is: "seen", id: "2", to: "a", how: "whole", text: "two" },
];

const kindsOf = (events: readonly Event[], more: Partial<History> = {}): string[] => check({ events, keepsAll: true, proves: true, repeatMs: 300_000, ...more }).map(({ kind, id }) => `${kind} ${id}`);
const without = (is: Event["is"], id: string): Event[] => good.filter((event) => !(event.is === is && "id" in event && event.id === id));
const at = (place: number, ...events: Event[]): Event[] => good.toSpliced(place, 0, ...events);
const end = good.length;

describe("the checker", () => {
  it("finds nothing in a good history", () => {
    expect(kindsOf(good)).toEqual([]);
    expect(kindsOf(good, { keepsAll: false, proves: false })).toEqual([]);
  });

  it.each<[why: string, events: Event[], findings: string[]]>([
    ["a message that never came", without("admitted", "2").filter((event) => !("id" in event && event.id === "2" && event.is !== "said")), ["lost 2"]],
    ["a message that never ran", good.filter((event) => !("id" in event && event.id === "2" && ["began", "completed", "written", "seen"].includes(event.is))), ["lost 2", "lost 2"]],
    ["a reply that nobody saw and of which nobody was told", without("seen", "2"), ["lost 2"]],
    ["a second turn in one life", at(10, { is: "began", id: "2", life: 1 }), ["ran-twice 2"]],
    ["a second turn in another life, although the end of the first was on disk", at(end, { is: "killed", life: 1 }, { is: "began", id: "2", life: 2 }, { is: "completed", id: "2", life: 2, text: "two" }), ["ran-twice 2"]],
    ["a second admission", at(6, { is: "admitted", id: "2" }), ["ran-twice 2"]],
    ["a reply that is visible twice", at(end, { is: "seen", id: "2", to: "a", how: "whole", text: "two" }), ["duplicated 2"]],
    ["a reply in another conversation", good.map((event) => (event.is === "seen" && event.id === "2" ? { ...event, to: "b" } : event)), ["misdirected 2"]],
    ["a reply in no conversation", good.map((event) => (event.is === "seen" && event.id === "2" ? { ...event, to: undefined } : event)), ["misdirected 2"]],
    ["a reply to something that was never said", at(end, { is: "seen", id: "3", to: "a", how: "whole", text: "" }), ["misdirected 3", "garbled 3"]],
    ["a reply that says something else", good.map((event) => (event.is === "seen" && event.id === "2" ? { ...event, text: "tw" } : event)), ["garbled 2"]],
    ["replies in another order", [...without("seen", "1"), { is: "seen", id: "1", to: "a", how: "whole", text: "one" }], ["disordered 2"]],
    ["an acknowledgement before it is on disk", [{ is: "acknowledged", id: "1" }, ...good], ["early 1"]],
    ["a turn of what was not admitted", without("admitted", "2"), ["unadmitted 2", "lost 2"]],
    ["an error although nothing was wrong", good.map((event) => (event.is === "seen" && event.id === "2" ? { ...event, how: "error" } : event)), ["failed 2"]],
    ["what answers nothing", at(end, { is: "unasked", to: "a", text: "I go on." }), ["misdirected "]],
    ["a frame that the protocol forbids", at(end, { is: "broke", text: "two heads" }), ["forbidden "]],
  ])("finds %s", (_why, events, findings) => {
    expect(kindsOf(events)).toEqual(findings);
  });

  it("takes a reply that was reported for one, and not for two", () => {
    const reported: Event[] = [...without("seen", "2"), { is: "reported", id: "2" }];
    const seen: Event = { is: "seen", id: "2", to: "a", how: "whole", text: "two" };
    expect(kindsOf(reported)).toEqual([]);
    expect(kindsOf([...reported, seen, seen])).toEqual([]);
    expect(kindsOf([...reported, seen, seen, seen])).toEqual(["duplicated 2"]);
  });

  it("lets a turn run again whose end was not on disk when its process was killed", () => {
    const cut: Event[] = [...without("written", "2"), { is: "killed", life: 1 }, { is: "began", id: "2", life: 2 }, { is: "completed", id: "2", life: 2, text: "two" }, { is: "written", id: "2" }, { is: "seen", id: "2", to: "a", how: "whole", text: "two" }];
    expect(kindsOf(cut)).toEqual([]);
    expect(kindsOf([...cut, { is: "killed", life: 2 }, { is: "began", id: "2", life: 3 }, { is: "completed", id: "2", life: 3, text: "two" }])).toEqual(["ran-twice 2"]);
  });

  it("lets a wire without proofs repeat what is asked for again, and no other", () => {
    const twice = at(end, { is: "asked-again", id: "2" }, { is: "seen", id: "2", to: "a", how: "whole", text: "two" });
    expect(kindsOf(twice, { proves: false })).toEqual([]);
    expect(kindsOf(twice, { proves: true })).toEqual(["duplicated 2"]);
    expect(kindsOf([...twice, { is: "seen", id: "2", to: "a", how: "whole", text: "two" }], { proves: false })).toEqual(["duplicated 2"]);
  });

  it("takes a reply that replaces another for the same one", () => {
    expect(kindsOf(at(end, { is: "replaced", id: "2" }, { is: "seen", id: "2", to: "a", how: "whole", text: "two" }))).toEqual([]);
  });

  it("takes an error for an answer while the store fails, and not once it works", () => {
    const failing = good.flatMap((event): Event[] => (event.is === "seen" && event.id === "2" ? [{ is: "store-fails" }, { ...event, how: "error" }, { is: "store-works" }] : [event]));
    expect(kindsOf(failing)).toEqual([]);
    const mended: Event[] = [{ is: "store-fails" }, { is: "store-works" }, ...good.map((event): Event => (event.is === "seen" && event.id === "2" ? { ...event, how: "error" } : event))];
    expect(kindsOf(mended)).toEqual(["failed 2"]);
  });

  const lateFrame: Event[] = [{ is: "asked-again", id: "2" }, { is: "broke", id: "2", text: "event after the done of response 2" }];
  const failing = (events: readonly Event[]): Event[] => [{ is: "store-fails" }, ...events, { is: "store-works" }];

  it("lets what came again be turned away like what is new while the store cannot be asked, and not once it works", () => {
    expect(kindsOf([...good, ...failing(lateFrame)])).toEqual([]);
    expect(kindsOf([{ is: "store-fails" }, { is: "store-works" }, ...good, ...lateFrame])).toEqual(["forbidden 2"]);
    expect(kindsOf([...good, ...failing(lateFrame.slice(1))])).toEqual(["forbidden 2"]);
    expect(kindsOf([...good, ...failing([...lateFrame.slice(0, 1), { is: "broke", id: "2", text: "no frame at all" }])])).toEqual(["forbidden 2"]);
  });

  it("takes an end that may be lost for one, though its message ran", () => {
    const reported: Event[] = [...without("seen", "2"), { is: "reported", id: "2" }];
    expect(kindsOf(reported)).toEqual([]);
    expect(kindsOf(reported.slice(0, -1))).toEqual(["lost 2"]);
    expect(kindsOf(reported.filter((event) => !(event.is === "completed" && event.id === "2")))).toEqual([]);
  });

  it("takes an error for an answer to what was cut as often as it may be, and not before", () => {
    const told = good.flatMap((event): Event[] => (event.is === "completed" && event.id === "2" ? [] : event.is === "seen" && event.id === "2" ? [{ ...event, how: "error" }] : [event]));
    const cut: Event = { is: "cut", id: "2" };
    expect(kindsOf([cut, cut, cut, ...told], { mostCuts: 3 })).toEqual([]);
    expect(kindsOf([cut, cut, ...told], { mostCuts: 3 })).toEqual(["failed 2"]);
    expect(kindsOf([cut, cut, cut, ...told])).toEqual(["failed 2"]);
    const late: Event[] = [{ is: "completed", id: "2", life: 4, text: "two" }, { is: "seen", id: "2", to: "a", how: "whole", text: "two" }];
    expect(kindsOf([cut, cut, cut, ...told, ...late], { mostCuts: 3 })).toEqual([]);
    expect(kindsOf([cut, cut, cut, ...told, ...late, ...late.slice(1)], { mostCuts: 3 })).toEqual(["duplicated 2"]);
  });

  it("lets a host say the answer of what was given up, once there is an error for it, and to no one else", () => {
    const told = good.flatMap((event): Event[] => (event.is === "seen" && event.id === "2" ? [{ ...event, how: "error" }] : [event]));
    const late = (to: string): Event[] => [{ is: "shut-out", id: "2" }, ...told, { is: "unasked", to, text: "two" }];
    expect(kindsOf(late("a"))).toEqual([]);
    expect(kindsOf(late("b"))).toEqual(["misdirected "]);
    expect(kindsOf([...good, { is: "unasked", to: "a", text: "two" }])).toEqual(["misdirected "]);
  });

  it("takes an error for an answer where the host has ended the session", () => {
    const told = good.map((event): Event => (event.is === "seen" && event.id === "2" ? { ...event, how: "error" } : event));
    expect(kindsOf(told)).toEqual(["failed 2"]);
    expect(kindsOf([...told, { is: "shut-out", id: "2" }])).toEqual([]);
  });

  it("lets a host say that it goes on, and nothing else unasked", () => {
    const events = (text: string): Event[] => at(end, { is: "unasked", to: "a", text });
    expect(kindsOf(events("I go on with it."), { notices: ["I go on"] })).toEqual([]);
    expect(kindsOf(events("Buy now."), { notices: ["I go on"] })).toEqual(["misdirected "]);
  });

  it("lets what waits be forgotten when the clock runs ahead, and not before", () => {
    const lost = without("seen", "2");
    expect(kindsOf([...lost, { is: "clock-moved", byMs: 300_000 }])).toEqual([]);
    expect(kindsOf([...lost, { is: "clock-moved", byMs: 299_999 }])).toEqual(["lost 2"]);
    expect(kindsOf([...lost, { is: "clock-moved", byMs: -7_200_000 }])).toEqual(["lost 2"]);
    expect(kindsOf([{ is: "clock-moved", byMs: 300_000 }, ...lost])).toEqual(["lost 2"]);
  });

  it("knows no order between conversations", () => {
    const apart = good.map((event): Event => (event.is === "said" && event.id === "1" ? { ...event, by: "b" } : event.is === "seen" && event.id === "1" ? { ...event, to: "b" } : event));
    const isFirst = (event: Event): boolean => event.is === "seen" && event.id === "1";
    expect(kindsOf([...apart.filter((event) => !isFirst(event)), ...apart.filter(isFirst)])).toEqual([]);
  });
});
