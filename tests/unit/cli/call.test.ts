import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { commands } from "../../../src/cli/commands.ts";
import { dispatch } from "../../../src/cli/dispatch.ts";
import { kitCommands } from "../../../src/cli/kit-commands.ts";

/** Everything that a command says, in the workshop or in the package. */
async function said(from: typeof commands, ...args: string[]): Promise<string> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const all = Promise.all([text(stdout), text(stderr)]);
  await dispatch(from, args, { stdin, stdout, stderr, env: {}, cwd: "/" });
  stdout.end();
  stderr.end();
  return (await all).join("");
}

describe("a command calls itself as whoever reads it can", () => {
  it.each(kitCommands.map(({ name }) => name))("clawwire %s in the package, in its usage and where an option is wrong", async (name) => {
    expect(await said(kitCommands, name, "--help")).toMatch(new RegExp(`^Usage: clawwire ${name} `));
    const refused = await said(kitCommands, name, "--nope");
    expect(refused).toContain(`See: clawwire ${name} --help`);
    expect(refused).not.toContain("npm run");
  });

  it.each([
    ["start", "npm start --"],
    ["chat", "npm run chat --"],
    ["simulate", "npm run simulate --"],
    ["tap", "clawwire tap"],
  ])("%s in the workshop as %s", async (name, call) => {
    expect(await said(commands, name, "--help")).toContain(`Usage: ${call} `);
    expect(await said(commands, name, "--nope")).toContain(`See: ${call} --help`);
  });

  it("clawwire simulate also where no protocol is named, or its port is taken", async () => {
    expect(await said(kitCommands, "simulate")).toContain("Which protocol? clawwire simulate insta-claw|local-im|clawchat");
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    expect(await said(kitCommands, "simulate", "local-im", "--port", `${port}`)).toContain("Choose another: clawwire simulate local-im --port");
    other.close();
  });
});
