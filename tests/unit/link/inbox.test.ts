import { describe, expect, it } from "vitest";
import { limits } from "../../../src/core/limits.ts";
import { Inbox } from "../../../src/link/inbox.ts";
import { settle } from "../../support/virtual.ts";

/** An inbox whose handler takes its time when told to. */
function createInbox() {
  const heard: string[] = [];
  const gates = new Map<string, PromiseWithResolvers<void>>();
  const inbox = new Inbox(
    (text) => {
      heard.push(text);
      return gates.get(text)?.promise;
    },
    {
      full: () => void heard.push("(full)"),
      free: () => void heard.push("(free)"),
      empty: () => void heard.push("(empty)"),
      failed: (thrown) => void heard.push(`(failed: ${String(thrown)})`),
    },
  );
  const slow = (text: string) => {
    const gate = Promise.withResolvers<void>();
    gates.set(text, gate);
    return gate;
  };
  return { inbox, heard, slow };
}

describe("inbox", () => {
  it("hands frames over one after the other", async () => {
    const { inbox, heard, slow } = createInbox();
    const first = slow("1");
    for (const text of ["1", "2", "3"]) inbox.add(text);
    expect(heard).toEqual(["1"]);
    first.resolve();
    await settle();
    expect(heard).toEqual(["1", "2", "3", "(empty)"]);
    expect(inbox.isEmpty).toBe(true);
  });

  it("asks for silence when too much waits, once, and says when there is room again", async () => {
    const { inbox, heard, slow } = createInbox();
    const first = slow("0");
    for (let i = 0; i <= limits.linkWaitingFrames + 3; i += 1) inbox.add(String(i));
    expect(heard).toEqual(["0", "(full)"]);
    expect(inbox.isFull).toBe(true);
    first.resolve();
    await settle();
    expect(heard.filter((word) => word.startsWith("("))).toEqual(["(full)", "(free)", "(empty)"]);
    expect(heard).toHaveLength(limits.linkWaitingFrames + 4 + 3);
  });

  it("goes on after a frame that threw or rejected", async () => {
    const { inbox, heard, slow } = createInbox();
    const first = slow("1");
    inbox.add("1");
    inbox.add("2");
    first.reject(new Error("no"));
    await settle();
    expect(heard).toEqual(["1", "(failed: Error: no)", "2", "(empty)"]);
  });

  it("keeps the order for a frame that comes from within the handling of another", () => {
    const heard: string[] = [];
    const inbox: Inbox = new Inbox(
      (text) => {
        heard.push(`${text} begins`);
        if (text === "1") inbox.add("2");
        heard.push(`${text} ends`);
      },
      { full() {}, free() {}, empty() {}, failed() {} },
    );
    inbox.add("1");
    expect(heard).toEqual(["1 begins", "1 ends", "2 begins", "2 ends"]);
  });

  it("forgets what waits when it is cleared", async () => {
    const { inbox, heard, slow } = createInbox();
    const first = slow("1");
    inbox.add("1");
    inbox.add("2");
    inbox.clear();
    first.resolve();
    await settle();
    expect(heard).toEqual(["1", "(empty)"]);
  });
});
