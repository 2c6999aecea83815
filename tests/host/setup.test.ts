import { beforeAll, describe, it } from "vitest";
import { openHome, prepareHomes } from "./home.ts";
import { add, cases } from "./setup-cases.ts";

beforeAll(prepareHomes);

// Each in a home of its own: a command keeps one core busy for ten seconds.
describe.concurrent.each(cases)("the channel $label in an OpenClaw without a gateway", ({ channel, label, flags, written, wrong, environment }) => {
  it("is set up by flags alone", async ({ expect }) => {
    await using home = await openHome();
    const { code, stdout, stderr } = await home.cli(add(channel, ...flags));
    expect(code, stderr).toBe(0);
    expect(stderr).not.toMatch(/warn|error/i);
    expect(stdout).toContain(`Added ${label} account "default"`);
    expect(await home.block(channel)).toEqual(written);
  });

  it("refuses a wrong value with what was expected, and writes nothing", async ({ expect }) => {
    await using home = await openHome();
    const before = await home.text();
    const { code, stdout, stderr } = await home.cli(add(channel, ...wrong.flags));
    expect(code).not.toBe(0);
    expect(stdout + stderr).toMatch(wrong.says);
    expect(await home.text()).toBe(before);
  });

  it("gets a second account that inherits, is switched off and is deleted", async ({ expect }) => {
    await using home = await openHome();
    await home.configure({ channels: { [channel]: written } });
    const added = await home.cli(add(channel, "--account", "Work", "--allow-from", "eve"));
    // Only where a server is told the id does it keep its capitals.
    const id = channel === "nc-local-im-connector" ? "Work" : "work";
    expect(added.stdout).toContain(`Added ${label} account "${id}"`);
    expect(await home.block(channel)).toMatchObject({ ...written, accounts: { [id]: { enabled: true, allowFrom: ["eve"] } } });
    using terminal = home.terminal(["channels", "remove", "--channel", channel, "--account", id]);
    await terminal.sees(`Disable ${label} account "work"?`);
    terminal.press("enter");
    expect(await terminal.exited).toBe(0);
    expect(await home.block(channel)).toMatchObject({ ...written, accounts: { [id]: { enabled: false } } });
    expect((await home.cli(["channels", "list", "--json"])).stdout).toContain('"work"');
    expect((await home.cli(["channels", "remove", "--channel", channel, "--account", id, "--delete"])).code).toBe(0);
    expect(JSON.stringify(await home.block(channel))).not.toContain(`"${id}"`);
    expect(await home.block(channel)).toMatchObject(written);
  });

  it("leaves to the environment what it holds, and says which variables are missing", async ({ expect }) => {
    await using home = await openHome();
    const missing = await home.cli(add(channel, "--use-env", ...environment.flags));
    expect(missing.code).not.toBe(0);
    for (const variable of Object.keys(environment.variables)) expect(missing.stdout + missing.stderr).toContain(variable);
    expect(await home.block(channel)).toBeUndefined();
    expect((await home.cli(add(channel, "--use-env", ...environment.flags), environment.variables)).code).toBe(0);
    expect(await home.block(channel)).toEqual(environment.written);
  });
});
