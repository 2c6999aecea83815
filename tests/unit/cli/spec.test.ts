import { readFileSync } from "node:fs";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { main } from "../../../src/cli/main.ts";
import { ruledProtocols } from "../../../src/testing/conformance/rulebook.ts";

async function spec(...args: string[]) {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const said = Promise.all([text(stdout), text(stderr)]);
  const code = await main(["spec", ...args], { stdin, stdout, stderr, env: {}, cwd: "/" });
  stdout.end();
  stderr.end();
  const [out, error] = await said;
  return { code, out, error };
}

const file = (name: string) => readFileSync(`${import.meta.dirname}/../../../spec/${name}`, "utf8");

describe("clawwire spec", () => {
  it.each(ruledProtocols)("prints the document of %s and its rules", async (protocol) => {
    expect(await spec(protocol)).toEqual({ code: 0, out: file(`${protocol}.asyncapi.yaml`), error: "" });
    expect(await spec(protocol, "--rules")).toEqual({ code: 0, out: file(`rules/${protocol}.md`), error: "" });
  });

  it("says what there is", async () => {
    expect((await spec("--help")).out).toContain("clawwire spec websocket|insta-claw|local-im|clawchat [--rules]");
    expect(await spec()).toEqual({ code: 1, out: "", error: expect.stringContaining("Which protocol? There are websocket, insta-claw, local-im, clawchat.") as string });
    expect(await spec("smoke-signals")).toEqual({ code: 1, out: "", error: expect.stringContaining('There is no protocol "smoke-signals". There are websocket,') as string });
    expect(await spec("websocket", "clawchat")).toEqual({ code: 1, out: "", error: expect.stringContaining('One protocol at a time: "clawchat" is too much.') as string });
    expect(await spec("websocket", "--rule")).toEqual({ code: 1, out: "", error: expect.stringContaining("See: clawwire spec --help") as string });
  });
});
