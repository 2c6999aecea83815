/**
 * How long decoding takes beside JSON.parse alone, and beside Zod 4 on the same schema. Prints ratios, asserts nothing.
 * Rounds are interleaved and every text is parsed afresh: V8 remembers what a regular expression said of a string.
 */
import { z } from "zod";
import { decodeChatReceived, decodeChatSent } from "../../generated/websocket/index.ts";

const noControls = "[^\\u0000-\\u001f\\u007f]";
const id = z
  .string()
  .min(1)
  .max(128)
  .regex(new RegExp(`^${noControls}+$`, "u"));
const name = id;
const mime = z.string().min(3).max(128);
const mediaPath = z.string().min(1).max(4096);
const mediaItem = z.looseObject({
  url: z.string().min(1).max(4096).optional(),
  data: z.string().min(1).max(1048576).optional(),
  mimeType: mime.optional(),
  name: name.optional(),
});
const chatSend = z
  .looseObject({
    type: z.literal("chat.send"),
    messageId: id.optional(),
    content: z.string().min(1).max(65536),
    senderId: id.optional(),
    senderName: name.optional(),
    chatType: z.enum(["direct", "group"]).optional(),
    groupId: id.optional(),
    groupSubject: name.optional(),
    replyToMessageId: id.optional(),
    replyToBody: z.string().max(4096).optional(),
    mediaPath: mediaPath.optional(),
    mediaType: mime.optional(),
    mediaPaths: z.array(mediaPath).max(16).optional(),
    mediaTypes: z.array(mime).max(16).optional(),
    customData: z.record(z.string(), z.unknown()).optional(),
    media: z.array(mediaItem).max(16).optional(),
    mentioned: z.boolean().optional(),
    threadId: id.optional(),
  })
  .refine((frame) => frame.chatType !== "group" || frame.groupId !== undefined);
const others = ["hello", "cancel", "join", "leave", "auth", "directory", "edit", "delete", "react"].map((word) =>
  z.looseObject({ type: z.literal(`chat.${word}`) }),
);
const received = z.discriminatedUnion("type", [chatSend, ...others]);
const stream = z.looseObject({
  type: z.literal("chat.stream"),
  messageId: id,
  content: z.string().min(1).max(262144),
  done: z.literal(false),
  delta: z.string().max(262144).optional(),
  seq: z.int().min(0).optional(),
  groupId: id.optional(),
  threadId: id.optional(),
});
const sentOthers = [
  "typing",
  "response",
  "error",
  "welcome",
  "pairing",
  "message",
  "media",
  "directory.result",
  "edited",
  "deleted",
  "reaction",
].map((word) => z.looseObject({ type: z.literal(`chat.${word}`) }));
const sent = z.discriminatedUnion("type", [stream, ...sentOthers]);

const small = { type: "chat.send", messageId: "app-71", content: "When does the library close?", senderId: "u_9", senderName: "Mara" };
const words = "The library closes at eight on weekdays and at six on Saturdays, and the reading room upstairs stays open one hour longer. ";
const group = {
  ...small,
  chatType: "group",
  groupId: "reading-club",
  groupSubject: "Reading club",
  replyToMessageId: "app-70",
  replyToBody: "Shall we read poetry next?",
  customData: { client: "kiosk" },
};
const streamFrame = { type: "chat.stream", messageId: "app-71", content: "It closes at eight", done: false, delta: " eight", seq: 3 };

const cases = [
  { label: "chat.send", text: JSON.stringify(small), decode: decodeChatReceived, zod: received },
  { label: "chat.send, group", text: JSON.stringify(group), decode: decodeChatReceived, zod: received },
  { label: "chat.send, long", text: JSON.stringify({ ...group, content: words.repeat(2) }), decode: decodeChatReceived, zod: received },
  { label: "chat.stream", text: JSON.stringify(streamFrame), decode: decodeChatSent, zod: sent },
] as const;

const rounds = 25;
const callsPerRound = 20_000;
let sink = 0;

/** Texts that differ, so that no cache of a string's meaning helps. */
function variants(text: string): string[] {
  return Array.from({ length: 64 }, (_, index) => text.replace("app-71", `app-${String(index).padStart(2, "0")}`));
}

function measure(texts: readonly string[], job: (text: string) => boolean): number {
  const start = process.hrtime.bigint();
  for (let call = 0; call < callsPerRound; call++) if (job(texts[call & 63] ?? "")) sink++;
  return Number(process.hrtime.bigint() - start) / callsPerRound;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

const jobs = cases.map(({ label, text, decode, zod }) => ({
  label,
  bytes: text.length,
  texts: variants(text),
  runs: [
    (each: string) => JSON.parse(each) !== null,
    (each: string) => decode(each).ok,
    (each: string) => zod.safeParse(JSON.parse(each)).success,
  ],
  times: [[], [], []] as number[][],
}));

for (let round = -3; round < rounds; round++) {
  for (const { texts, runs, times } of jobs) {
    for (const [index, run] of runs.entries()) {
      const time = measure(texts, run);
      if (round >= 0) times[index]?.push(time);
    }
  }
}

console.log("frame                bytes   JSON.parse   decode   / parse   zod 4   / decode");
for (const { label, bytes, times } of jobs) {
  const [parse = 0, decode = 0, zod = 0] = times.map(median);
  console.log(
    `${label.padEnd(20)} ${String(bytes).padStart(5)} ${parse.toFixed(0).padStart(9)} ns ${decode.toFixed(0).padStart(5)} ns ${(decode / parse).toFixed(2).padStart(9)} ${zod.toFixed(0).padStart(4)} ns ${(zod / decode).toFixed(2).padStart(10)}`,
  );
}
if (sink === 0) throw new Error("nothing was decoded");
