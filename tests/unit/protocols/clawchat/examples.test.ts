import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, it } from "vitest";
import * as codec from "../../../../generated/clawchat/codec.ts";
import type { Decoded, Validator } from "../../../../generated/runtime.ts";
import { describe as explain } from "../../../../generated/runtime.ts";
import { channels, messages } from "../../../../generated/clawchat/tables.ts";
import * as validators from "../../../../generated/clawchat/validators.ts";
import { gone, refusedAnswers, refusedReceived, refusedSent, tolerated } from "./variants.ts";

const root = `${import.meta.dirname}/../../../..`;
const parse = (path: string) => JSON.parse(readFileSync(`${root}/${path}`, "utf8")) as object;
const examples = new Map(globSync("spec/examples/clawchat/*.json", { cwd: root }).map((path) => [basename(path, ".json"), parse(path)]));
const checks = validators as unknown as Readonly<Record<string, Validator<unknown>>>;
const functions = codec as unknown as Readonly<Record<string, (input: unknown) => unknown>>;

const typeOf = (example: string) => `${example.charAt(0).toUpperCase()}${example.slice(1).split(".")[0] ?? ""}`;
const rows = new Map(Object.values(messages).map((row) => [row.name as string, row]));
const wayOf = (example: string) => (rows.get(typeOf(example))?.direction === "sent" ? "Sent" : "Received");
const channelOf = (example: string) => typeOf(rows.get(typeOf(example))?.channels[0] ?? "");
const decode = (example: string, value: unknown) =>
  functions[`decode${channelOf(example)}${wayOf(example)}`]?.(JSON.stringify(value)) as Decoded<unknown>;

/** A copy of an example with one member replaced or taken out. */
function changed(example: string, path: string, value: unknown): object {
  const copy = structuredClone(examples.get(example)) as Record<string, unknown>;
  const steps = path.split(".");
  const last = steps.pop() ?? "";
  const holder = steps.reduce((at, step) => at[step] as Record<string, unknown>, copy);
  if (value === gone) delete holder[last];
  else holder[last] = value;
  return copy;
}

const shown = (value: unknown) => (value === gone ? "missing" : JSON.stringify(value).slice(0, 60));
const pathIn = (path: string) => path.replaceAll(/\.(\d+)/g, "[$1]");

/** What the strict validator says of something the plugin would send. */
function fault(example: string, value: unknown): { path: string; keyword: string } | undefined {
  const validate = checks[typeOf(example)];
  if (validate?.(value) !== false) return undefined;
  const { path, keyword } = explain(validate.errors, value);
  return { path, keyword };
}

const onHub = (way: "received" | "sent") => [...channels.hub[way]].map((name) => `${name.charAt(0).toLowerCase()}${name.slice(1)}`);

describe("examples", () => {
  it("are there for every message, and for all 36 events of the wire", () => {
    expect([...rows.keys()].filter((name) => ![...examples.keys()].some((example) => typeOf(example) === name))).toEqual([]);
    const events = new Set([...examples.values()].flatMap((value) => ("event" in value ? [value.event] : [])));
    // An event that no side sends any more has a type and no example.
    expect(checks["OfflineAck"]?.({ version: "2", event: "offline.ack", trace_id: "t", emitted_at: 1, payload: { batch_id: 1 } })).toBe(true);
    expect(events.size).toBe(35);
  });

  it.each([...examples.keys()])("%s is read and written as it is", (example) => {
    const value = examples.get(example);
    expect(decode(example, value)).toEqual({ ok: true, value });
    expect(JSON.parse(String(functions[`encode${channelOf(example)}${wayOf(example)}`]?.(value)))).toEqual(value);
    expect(fault(example, value)).toBeUndefined();
  });
});

const generic: readonly (readonly [path: string, value: unknown, keyword: string])[] = [
  ["version", gone, "required"],
  ["version", 2, "const"],
  ["version", "1", "const"],
  ["payload", gone, "required"],
  ["payload", null, "type"],
  ["payload", [], "type"],
  ["payload", "{}", "type"],
  ["emitted_at", gone, "required"],
  ["emitted_at", -1, "minimum"],
  ["emitted_at", 1.5, "type"],
  ["emitted_at", "1795000000000", "type"],
];

describe("CC-16 an envelope with a fault is malformed, whatever the event", () => {
  const all = [...onHub("received"), ...onHub("sent")].flatMap((example) => generic.map((variant) => [example, ...variant] as const));
  const cases = all.filter(([example, path, value]) => !(example === "replayDone" && path === "payload" && value === gone));

  it("covers every message of the hub", () => {
    expect(cases).toHaveLength(46 * 11 - 1);
  });

  it.each(cases.map(([example, path, value, keyword]) => ({ example, path, value, keyword, said: shown(value) })))(
    "$example: $path $said",
    ({ example, path, value, keyword }) => {
      const broken = changed(example, path, value);
      expect(decode(example, broken)).toMatchObject({ ok: false, code: "invalid", message: typeOf(example), path, keyword, input: broken });
      expect(fault(example, broken)).toEqual({ path, keyword });
    },
  );

  it.each([gone, "", "weather.changed", 7, null])("is of an unknown event with %o for its name", (event) => {
    for (const example of [...onHub("received"), ...onHub("sent")]) {
      const broken = changed(example, "event", event);
      expect(decode(example, broken)).toMatchObject({ ok: false, code: "unknown-event", path: "event", input: broken });
    }
  });

  it.each([[[]], [null], [7], ["text"], [true]])("is of no event where it is no object: %j", (value) => {
    expect(codec.decodeHubReceived(JSON.stringify(value))).toMatchObject({ ok: false, code: "unknown-event", path: "", input: value });
  });

  it.each(["", "{", "hello", "{'version':'2'}", "\u0000"])("is no JSON: %j", (text) => {
    expect(codec.decodeHubReceived(text)).toMatchObject({ ok: false, code: "not-json" });
    expect(codec.decodeHubReceived(text)).not.toHaveProperty("input");
  });
});

describe("CC-16 a payload with a fault is malformed", () => {
  it("covers what is known of careless hubs", () => {
    expect(refusedReceived).toHaveLength(89);
    expect(new Set(refusedReceived.map(([example]) => example)).size).toBe(26);
  });

  it.each(refusedReceived.map(([example, path, value, keyword]) => ({ example, path, value, keyword, said: shown(value) })))(
    "$example: $path $said",
    ({ example, path, value, keyword }) => {
      const broken = changed(example, path, value);
      expect(decode(example, broken)).toMatchObject({ ok: false, code: "invalid", message: typeOf(example), path, keyword, input: broken });
    },
  );
});

describe("what the plugin must not send is refused", () => {
  it("covers every message that is sent", () => {
    expect(refusedSent).toHaveLength(63);
    expect(new Set(refusedSent.map(([example]) => typeOf(example)))).toEqual(new Set(channels.hub.sent));
  });

  it.each(refusedSent.map(([example, path, value, keyword, at = path]) => ({ example, path, value, keyword, at: pathIn(at), said: shown(value) })))(
    "$example: $path $said",
    ({ example, path, value, keyword, at }) => {
      expect(fault(example, changed(example, path, value))).toEqual({ path: at, keyword });
    },
  );

  it.each(onHub("sent"))("%s with a member of the hub, or one nobody knows", (example) => {
    for (const member of ["chat_type", "seq", "dseq", "mood", ...(example === "historyTransit" ? [] : ["sender", "origin_device_id"])])
      expect(fault(example, changed(example, member, 1))).toEqual({ path: member, keyword: "additionalProperties" });
  });

  it.each(["pong", "offline.ack", "offline.batch", "permission.request", "permission.resolve", "interaction.submit", "hello-ok"])(
    "%s, which the plugin never says",
    (event) => {
      const frame = { version: "2", event, trace_id: "trace-1", emitted_at: 1, payload: {} };
      expect(codec.decodeHubSent(JSON.stringify(frame))).toMatchObject({ ok: false, code: "unknown-event" });
    },
  );
});

describe("CC-18 a strange member costs the member and not the frame", () => {
  it("covers what is known of careless hubs", () => {
    expect(tolerated).toHaveLength(63);
  });

  it.each(tolerated.map(([example, path, value]) => ({ example, path, value, said: shown(value) })))("$example: $path $said", ({ example, path, value }) => {
    const frame = changed(example, path, value);
    expect(decode(example, frame)).toEqual({ ok: true, value: frame });
  });

  it.each(onHub("received"))("%s with members nobody knows", (example) => {
    const frame = { ...changed(example, "mood", "calm"), payload: { ...(examples.get(example) as { payload: object }).payload, mood: ["calm"] } };
    expect(decode(example, frame)).toEqual({ ok: true, value: frame });
  });
});

describe("answers of the service", () => {
  it.each(refusedAnswers.map(([example, path, value, keyword]) => ({ example, path, value, keyword, said: shown(value) })))(
    "$example: $path $said is no success",
    ({ example, path, value, keyword }) => {
      expect(decode(example, changed(example, path, value))).toMatchObject({ ok: false, code: "invalid", message: typeOf(example), path, keyword });
    },
  );

  it.each(["activated", "refreshed", "uploaded", "profile", "groupSettingsList", "permissionList", "conversationDetails", "reported"])(
    "%s with any other code is a refusal, and with none or one that is no number nothing",
    (example) => {
      for (const code of [1, 400, 10003, -1]) {
        const answer = changed(example, "code", code);
        expect(decode(example, answer)).toEqual({ ok: true, value: answer });
        expect(codec.isRefusal(answer)).toBe(true);
      }
      for (const code of [gone, "0", null, 0.5]) expect(decode(example, changed(example, "code", code))).toMatchObject({ ok: false, message: "Refusal" });
      expect(codec.isRefusal(examples.get(example))).toBe(false);
    },
  );

  it("CC-90 whose tokens are broken are not repeated in what is said of them", () => {
    const secret = 77_123_499;
    for (const [example, path] of [["refreshed", "data.refresh_token"], ["activated", "data.access_token"], ["refreshRequest", "refresh_token"], ["activateRequest", "code"], ["connect", "payload.token"]] as const)
      expect(JSON.stringify({ ...decode(example, changed(example, path, secret)), input: "" })).not.toContain(String(secret));
  });
});

describe("CC-18 members that are looked at one by one", () => {
  it.each([
    ["FragmentReceived", { kind: "text", text: 7 }, true],
    ["FragmentReceived", { kind: "sticker", pack: [3], text: "x" }, true],
    ["FragmentReceived", { kind: "" }, false],
    ["FragmentReceived", { text: "x" }, false],
    ["FragmentReceived", ["text"], false],
    ["MentionReceived", { kind: "mention", user_id: "all" }, true],
    ["MentionReceived", { user_id: "" }, false],
    ["MentionReceived", { user_id: 17 }, false],
    ["MentionReceived", null, false],
    ["ReplyContextReceived", { reply_to_msg_id: "m-1", reply_preview: 7 }, true],
    ["ReplyContextReceived", {}, false],
    ["ReplyContextReceived", "m-1", false],
    ["ReplyPreviewReceived", { fragments: [7] }, true],
    ["ReplyPreviewReceived", { id: "usr_01" }, false],
    ["PermissionResult", { kind: "permission_result", request_id: "r", outcome: ["approved"] }, true],
    ["PermissionResult", { kind: "permission_result", request_id: "" }, false],
    ["PermissionResult", { kind: "greeting", request_id: "r" }, false],
    ["GroupSetting", { conversation_id: "cnv_01", reply_mode: "moon" }, true],
    ["GroupSetting", { conversation_id: "" }, false],
    ["GroupSetting", { conversation_id: "cnv_01", muted: "yes" }, false],
    ["GroupSetting", { conversation_id: "cnv_01", batch_delay_seconds: -1 }, false],
  ])("%s: %j", (type, value, isOne) => {
    expect(checks[type]?.(value)).toBe(isOne);
  });
});

it("reads frames that are nested deeper than any stack", () => {
  const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
  const said = JSON.stringify(examples.get("messageSendReceived"));
  expect(codec.decodeHubReceived(said.replace('"mentions":null', `"mentions":${deep}`))).toMatchObject({ ok: true });
  for (const text of [deep, said.replace('"text":"When does the ferry leave?"', `"text":${deep}`), `{"version":"2","event":"pong","trace_id":"t","emitted_at":1,"payload":${deep}}`])
    expect(typeof codec.decodeHubReceived(text).ok).toBe("boolean");
});

describe.each(globSync("spec/examples/clawchat/*.conversation.jsonl", { cwd: root }))("%s", (path) => {
  interface Line {
    from?: "server" | "plugin";
    link?: string;
    frame?: { event: keyof codec.HubSentByTag; dseq?: number };
  }
  const lines = readFileSync(`${root}/${path}`, "utf8").trim().split("\n").map((line) => JSON.parse(line) as Line);

  it("holds nothing from the plugin that its own rules forbid", () => {
    const sent = Object.values(messages).filter(({ direction }) => direction === "sent");
    for (const { frame } of lines.filter(({ from }) => from === "plugin")) {
      const row = sent.find(({ tags }) => "event" in tags && tags.event === frame?.event);
      const validate = checks[row?.name ?? ""];
      expect(validate?.(frame), JSON.stringify(validate?.errors)).toBe(true);
    }
  });

  it("holds nothing from the hub that cannot be read, but what is meant to be", () => {
    const read = lines.filter(({ from }) => from === "server").map(({ frame }) => codec.decodeHubReceived(JSON.stringify(frame)));
    expect(read.filter(({ ok }) => !ok).map((decoded) => !decoded.ok && decoded.code)).toEqual(path.includes("replayed") ? ["invalid", "unknown-event"] : path.includes("direct") ? ["unknown-event"] : []);
  });
});
