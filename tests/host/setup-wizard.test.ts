import { beforeAll, describe, expect, it } from "vitest";
import { openHome, prepareHomes } from "./home.ts";
import { add, cases, type Step } from "./setup-cases.ts";
import { isKey, keyIn } from "./terminal.ts";

beforeAll(prepareHomes);

// Each has an OpenClaw of its own, so that several commands can start at once.
describe.concurrent.each(cases)("the wizard of $label", ({ channel, label, steps, environmentAtTerminal, answered }) => {
  it("asks a person in a terminal, and writes what was answered", async () => {
    await using home = await openHome();
    using terminal = home.terminal(add(channel), environmentAtTerminal);
    const walk: readonly Step[] = [
      [`${label} account`, "[enter]"],
      ...steps,
      ["Configure DM access", "y"],
      [`${label} DM policy`, "[down]", "[enter]"],
      ["Who may talk to the agent", "ann, bob", "[enter]"],
      ["Set up administration", "[enter]"],
      ["Channels updated"],
    ];
    for (const [seen, ...typed] of walk) {
      await terminal.sees(seen);
      for (const each of typed) {
        if (isKey(each)) terminal.press(keyIn(each));
        else terminal.type(each);
      }
    }
    expect(await terminal.exited).toBe(0);
    // A secret is not shown while it is typed.
    expect(terminal.text()).not.toMatch(/sec-1|tok-1/);
    expect(await home.block(channel)).toEqual({ ...answered, dmPolicy: "allowlist", allowFrom: ["ann", "bob"] });
  });

  it("leaves everything as it was at Ctrl-C", async () => {
    await using home = await openHome();
    const before = await home.text();
    using terminal = home.terminal(add(channel));
    await terminal.sees(`${label} account`);
    terminal.press("down", "enter");
    await terminal.sees(`New ${label} account id`);
    terminal.type("Left");
    terminal.press("enter");
    await terminal.sees(`${label} ─`);
    terminal.press("ctrl-c");
    expect(await terminal.exited).not.toBe(0);
    expect(await home.text()).toBe(before);
  });
});
