import { readFileSync } from "node:fs";
import { PassThrough } from "node:stream";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { main } from "../../../src/cli/main.ts";
import { createWatcher, type News } from "../../../src/cli/tap/news.ts";
import { createRedact, isSensitive, redactTarget } from "../../../src/cli/tap/redact.ts";
import { wires } from "../../../src/cli/tap/wires.ts";

const root = `${import.meta.dirname}/../../..`;

describe("secrets at the tap", () => {
  it("are hidden by the names of their fields, and wherever they come up again", () => {
    const { words: redact } = createRedact({ target: "/ws?token=in-the-query&senderId=ann-marie", headers: { authorization: "Bearer in-the-header", "x-app-secret": "in-the-secret", "sec-websocket-protocol": "openclaw.chat.v1, bearer.in-the-protocol" } });
    expect(redact("in-the-query in-the-header in-the-secret in-the-protocol ann-marie openclaw.chat.v1")).toBe("*** *** *** *** ann-marie openclaw.chat.v1");
    expect(redact('{ "type": "connect", "payload": { "token": "x", "refresh_token": "yy", "code": "kept" } }')).toBe('{"type":"connect","payload":{"token":"***","refresh_token":"***","code":"kept"}}');
    expect(redact('{ "type":  "chat.send" }')).toBe('{ "type":  "chat.send" }');
    expect(redactTarget("/ws?a=1&to%6ben=x&ticket=y&senderId=z")).toBe("/ws?a=1&to%6ben=***&ticket=***&senderId=z");
  });

  it.each([
    ['{"type":"chat.auth","token":"s3cret",}', ""],
    ['{"type":"chat.auth","to\\u006ben":"s3cret"', ""],
    ["Authorization: Bearer s3cret", ""],
    ['{"type":"chat.auth","token":{"value":"s3cret"}}', '{"type":"chat.auth","token":"***"}'],
    ['{"type":"chat.auth","token":["s3cret"],"secret":1234567,"ticket":""}', '{"type":"chat.auth","token":"***","secret":"***","ticket":""}'],
    [`{"data":${JSON.stringify('{"token":"s3cret"}')}}`, '{"data":"{\\"token\\":\\"***\\"}"}'],
    [`{"data":${JSON.stringify('{"token":"s3cret"')}}`, '{"data":"***"}'],
    ['{"type":"chat.send",}', '{"type":"chat.send",}'],
  ])("are hidden in a frame whatever it is made of: %s", (text, shown) => {
    expect(createRedact({ target: "/", headers: {} }).frame(text)).toEqual({ text: shown, hasHidden: shown !== text });
  });

  it("are told neither as what is wrong with a frame, nor by anybody for the rest of the connection", () => {
    const news: News[] = [];
    const ears = createWatcher(wires.websocket, Date.now, (each) => news.push(each)).dialing({ target: "/ws", headers: {} });
    const [client, server] = [ears.ears("client"), ears.ears("server")];
    const say = (value: string) => client.message(Buffer.from(value), false);
    say('{"type":"chat.auth","token":"s3cret-1",}');
    say('{"type":"chat.auth","token":12345678}');
    say('"token s3cret-2"');
    say('{"type":"chat.auth","token":"s3cret-2\\"and more"}');
    server.message(Buffer.from('{"type":"chat.error","error":"bad token s3cret-2\\"and more"}'), false);
    server.message(Buffer.from('{"type":"chat.s3cret-2\\"and more, of which only the beginning is quoted"}'), false);
    server.ping(Buffer.from('s3cret-2"and more'));
    server.closing(4401, 'not s3cret-1, not s3cret-2"and more, not 12345678');
    const last = news.slice(4).map((each) => [each.news, "detail" in each ? each.detail : "reason" in each ? each.reason : "", "text" in each ? each.text : ""]);
    expect(news[1]).toMatchObject({ ok: false, detail: "Not JSON: expected one JSON value", text: "" });
    expect(JSON.stringify([news[1], news[2], ...news.slice(4)])).not.toMatch(/s3cret|12345678/);
    expect(last.at(-1)).toEqual(["close", "not ***, not ***, not ***", ""]);
  });

  it("do not get through, whatever the address looks like", () => {
    const secret = "s3cret-word";
    fc.assert(
      fc.property(fc.webQueryParameters(), fc.webQueryParameters(), (before, after) => {
        expect(redactTarget(`/ws?${before}&token=${secret}&${after}`)).not.toContain(secret);
      }),
    );
  });

  it("are every field that the documents call sensitive", () => {
    const found = new Set<string>();
    for (const name of ["websocket", "insta-claw", "local-im", "clawchat"]) {
      const spec = parse(readFileSync(`${root}/spec/${name}.asyncapi.yaml`, "utf8")) as { components?: { schemas?: Record<string, Schema> } };
      walk(spec, spec.components?.schemas ?? {}, found);
    }
    // The invite code of a REST call, which passes no WebSocket.
    found.delete("code");
    expect([...found].toSorted()).toEqual(["access_token", "refresh_token", "token", "x-app-secret"]);
    expect([...found].filter((name) => !isSensitive(name))).toEqual([]);
  });

  it.each([
    ["tap", ["websocket", "https://ann:s3cret@h/ws?token=s3cret"]],
    ["tap", ["ws://h/ws?token=s3cret"]],
    ["tap", ["websocket", "ws://h", "h/ws?token=s3cret", "s3/?cret@h#s3cret"]],
    ["doctor", ["https://h/ws?token=s3cret"]],
    ["doctor", ["ws://h", "ws://s3cret@h"]],
    ["conform", ["websocket", "https://h/ws?token=s3cret"]],
    ["chat", ["--url", "https://h/ws?token=s3cret"]],
  ])("are not quoted by %s where an address is wrong: %j", async (command, args) => {
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
    expect(await main([command, ...args], { stdin, stdout, stderr, env: {}, cwd: root })).toBeGreaterThan(0);
    expect(String(stderr.read())).toMatch(/^((?!s3cret|cret@).)*\n$/);
  });
});

interface Schema {
  $ref?: string;
  "x-sensitive"?: boolean;
  properties?: Record<string, Schema>;
}

/** Every property whose schema, or the one it refers to, is called sensitive. */
function walk(value: unknown, schemas: Readonly<Record<string, Schema>>, found: Set<string>): void {
  if (typeof value !== "object" || value === null) return;
  for (const [name, schema] of Object.entries((value as Schema).properties ?? {})) {
    const named = schemas[schema.$ref?.split("/").at(-1) ?? ""];
    if (schema["x-sensitive"] || named?.["x-sensitive"]) found.add(name);
  }
  for (const inner of Object.values(value)) walk(inner, schemas, found);
}
