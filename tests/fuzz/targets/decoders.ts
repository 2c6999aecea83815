import * as clawchat from "../../../generated/clawchat/index.ts";
import * as instaClaw from "../../../generated/insta-claw/index.ts";
import * as localIm from "../../../generated/local-im/index.ts";
import { type Decoded, describe, type NotDecoded, type Validator } from "../../../generated/runtime.ts";
import * as websocket from "../../../generated/websocket/index.ts";
import { readToken } from "../../../src/auth/jwt.ts";
import { describeFault, pathText } from "../../../src/channel/config-fault.ts";
import * as backend from "../../../src/protocols/clawchat/backend.ts";
import * as clawchatCodec from "../../../src/protocols/clawchat/codec.ts";
import { readConnected, readTokenPair } from "../../../src/protocols/clawchat/rest.ts";
import * as instaClawCodec from "../../../src/protocols/insta-claw/codec.ts";
import { readServer as readGateway } from "../../../src/protocols/insta-claw/target.ts";
import * as localImCodec from "../../../src/protocols/local-im/codec.ts";
import { readServer } from "../../../src/protocols/local-im/target.ts";
import * as websocketCodec from "../../../src/protocols/websocket/codec.ts";
import { explainOutcome, readOutcome } from "../../../src/rest/call.ts";
import { insist, oneByOne, type Target } from "../target.ts";
import { framesOf } from "./seeds.ts";

type Generated = Readonly<Record<string, unknown>>;
interface Codec {
  name: string;
  decode(text: string): Decoded<unknown>;
  encode?(value: unknown): string;
}

/** Characters of a refusal's sentence: what came is quoted in it, and must not fill it. */
const SENTENCE = 1_000;

/** Every decoder of a protocol, with its encoder where there is one. */
function codecsOf(generated: Generated): Codec[] {
  return Object.keys(generated).filter((name) => name.startsWith("decode")).map((name) => {
    const encode = generated[name.replace("decode", "encode")] as Codec["encode"];
    return { name, decode: generated[name] as Codec["decode"], ...(encode && { encode }) };
  });
}

function checkDecoder({ name, decode, encode }: Codec, text: string): void {
  const decoded = decode(text);
  if (!decoded.ok) return checkRefusal(name, decoded);
  const written = encodes(encode ?? JSON.stringify, decoded.value);
  if (written === undefined) return;
  const again = decode(written);
  insist(again.ok, () => `${name} refuses what it has accepted: ${again.ok ? "" : again.detail}`);
  insist(encodes(encode ?? JSON.stringify, again.value) === written, () => `${name}: what is written is read as something else`);
}

/** Undefined where the platform itself cannot write what is so deep: only fields that may be anything are. */
function encodes(encode: (value: unknown) => string, value: unknown): string | undefined {
  try {
    return encode(value);
  } catch (thrown) {
    if (thrown instanceof RangeError && depthOf(value) > 1_000) return undefined;
    throw thrown;
  }
}

function depthOf(value: unknown): number {
  let depth = 0;
  for (let level: unknown[] = [value]; level.length > 0; depth++) level = level.flatMap((each) => (typeof each === "object" && each !== null ? Object.values(each) : []));
  return depth;
}

function checkRefusal(name: string, refused: NotDecoded): void {
  insist(refused.detail !== "", () => `${name} refuses without a word`);
  insist(refused.detail.length <= SENTENCE, () => `${name} refuses in ${refused.detail.length} characters: ${refused.detail.slice(0, 200)}`);
  for (const secret of secretsIn(refused.input)) {
    // Before that stands what the document expects, whose words anybody may take for a secret.
    insist(!refused.detail.slice(refused.detail.lastIndexOf(", got ")).includes(secret), () => `${name} repeats a secret: ${refused.detail}`);
  }
}

/** Texts in fields that are named like secrets, as far as they stand nowhere else. */
function secretsIn(input: unknown): string[] {
  const secret: string[] = [];
  const open: string[] = [];
  const walk = (value: unknown, isSecret: boolean, depth: number): void => {
    if (typeof value === "string") (isSecret ? secret : open).push(value);
    else if (depth < 50 && typeof value === "object" && value !== null) {
      for (const [key, member] of Object.entries(value)) {
        open.push(key);
        walk(member, isSecret || /token|secret|password|ticket|credential|authorization|api_?key/i.test(key), depth + 1);
      }
    } else if (typeof value === "number" || typeof value === "boolean") open.push(String(value));
  };
  walk(input, false, 0);
  return secret.map((text) => text.slice(0, 24)).filter((text) => /^[\w .-]{8,}$/.test(text) && !open.some((other) => other.includes(text)));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function decoding(protocol: string, generated: Generated, read: (text: string) => void): Target {
  const codecs = codecsOf(generated);
  return {
    name: `decode-${protocol}`,
    form: "json",
    batch: 250,
    isRepeatable: true,
    seeds: () => framesOf(protocol),
    play: oneByOne((text) => {
      for (const codec of codecs) checkDecoder(codec, text);
      read(text);
    }),
  };
}

interface ConfigCodec {
  validateConfig: unknown;
  validateAccount: unknown;
  configSecrets: readonly string[];
  configExpectations: Readonly<Record<string, string>>;
  configDefaults: unknown;
  accountDefaults: unknown;
}

/** A block of the operator's configuration, which is reported by field and type and never by what stands there. */
function configuring(protocol: string, { validateConfig, validateAccount, configSecrets, configExpectations, configDefaults, accountDefaults }: ConfigCodec): Target {
  return {
    name: `config-${protocol}`,
    form: "json",
    batch: 250,
    isRepeatable: true,
    seeds: () => [
      JSON.stringify(configDefaults),
      JSON.stringify({ ...(configDefaults as object), accounts: { office: accountDefaults } }),
      ...Object.keys(configExpectations).flatMap((path) => ["x-s3cret-value", 7, true, {}, [], ["a"]].map((value) => JSON.stringify(blockWith(path.split("."), value)))),
    ],
    play: oneByOne((text) => {
      const block = parse(text);
      for (const validate of [validateConfig, validateAccount] as Validator<unknown>[]) {
        if (validate(block)) {
          const written = encodes(JSON.stringify, block);
          if (written !== undefined) insist(validate(JSON.parse(written)), () => "a block is refused that was accepted");
          continue;
        }
        const { detail } = describe(validate.errors, block, configSecrets);
        checkRefusal("describe", { ok: false, code: "invalid", path: "", keyword: "", detail, input: block });
        const fault = describeFault(validate.errors, block, configExpectations);
        // The path and what is expected are words of the document; a token may be one of them.
        const said = fault.text.slice(fault.text.lastIndexOf(", got "));
        pathText(block, fault.steps);
        insist(fault.text !== "", () => "a fault without a word");
        for (const secret of secretsIn(block)) insist(!said.includes(secret), () => `a fault repeats a secret: ${said}`);
      }
    }),
  };
}

function blockWith(path: readonly string[], value: unknown): unknown {
  const [first, ...rest] = path;
  return first === undefined ? value : { [first === "*" ? "some" : first]: blockWith(rest, value) };
}

const TOKEN = "tok-s3cret";

/** What a server of ClawChat answers by HTTP, and what the claims of a token say. */
function readAnswer(text: string): void {
  const body = parse(text);
  for (const data of [body, (body as { data?: unknown } | null)?.data]) {
    readTokenPair(data);
    readConnected(data);
    backend.readGroupSettings(data);
    backend.readOwnUserId(data);
    backend.readTitle(data);
    backend.readPermissions(data);
    backend.readUploaded(data);
  }
  for (const status of [200, 401, 500]) {
    const outcome = readOutcome({ kind: "answered", status, body }, [TOKEN]);
    if (outcome.kind === "ok") continue;
    const said = explainOutcome(outcome);
    insist(said !== "" && said.length <= SENTENCE && !said.includes(TOKEN), () => `an answer is explained as: ${said.slice(0, 300)}`);
  }
  readToken(text);
  readToken(`e30.${btoa(unescape(encodeURIComponent(text.toWellFormed())))}.sig`.replaceAll("+", "-").replaceAll("/", "_"));
}

/** What operators write as an address. */
function readAddress(text: string): void {
  for (const allowInsecure of [false, true]) {
    for (const server of [readServer(text, text.slice(0, 20), allowInsecure), readGateway({ clientId: "app", clientSecret: "s3cret", wsUrl: text, allowInsecure })]) {
      insist(server.ok || (server.why !== "" && !server.why.includes("s3cret")), () => "an address is refused without a word, or with a secret");
    }
  }
}

export const decoders: readonly Target[] = [
  decoding("websocket", websocket, (text) => void websocketCodec.readFrame(text)),
  decoding("local-im", localIm, (text) => void localImCodec.readFrame(text, 100)),
  decoding("insta-claw", instaClaw, (text) => void instaClawCodec.readFrame(text)),
  decoding("clawchat", clawchat, (text) => {
    clawchatCodec.readFrame(text);
    readAnswer(text);
  }),
  configuring("websocket", websocket),
  configuring("local-im", localIm),
  configuring("insta-claw", instaClaw),
  configuring("clawchat", clawchat),
  {
    name: "addresses",
    form: "bytes",
    batch: 250,
    isRepeatable: true,
    seeds: () => ["ws://127.0.0.1:18800/ws?accountId=office", "192.168.100.168:8080", "wss://user:pw@im.example/a?b=c&accountId=x#h", "ws://[fe80::1%25eth0]:1/", "wss://gateway.example/user-ws/", "http://x", ""],
    play: oneByOne(readAddress),
  },
];
