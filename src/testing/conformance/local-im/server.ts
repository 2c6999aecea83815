import { OFFERED } from "../../../protocols/local-im/profile.ts";
import { localIm } from "../../simulator/local-im/local-im.ts";
import type { Unchecked } from "../check.ts";
import { answersPings, letsIn, type Manners, refusalOf, saysGoodbye, showsInFrames, takesAnswers, turnsAway } from "../dialed-checks.ts";
import { DialedSubject } from "../dialed-subject.ts";
import { defineSuite } from "../suite.ts";
import { judgeServer } from "./judge.ts";

type Fields = Readonly<Record<string, unknown>>;

const manners: Manners = {
  dials({ options: { url, account = "default", token: given } }, token = given) {
    const address = new URL(url);
    address.searchParams.set("accountId", account);
    return { url: address.href, options: { headers: { "x-local-im-extensions": `${OFFERED.join(",")};v=1`, ...(token !== undefined && { authorization: `Bearer ${token}` }) } } };
  },
};

/** What every frame of an answer repeats; undefined where there is nothing to answer. */
function echoOf({ type, content, conversationId, sessionId }: Fields): Fields | undefined {
  if ((type !== "message" && type !== undefined) || typeof content !== "string") return undefined;
  return { ...(typeof conversationId === "string" && { conversationId }), ...(typeof sessionId === "string" && { sessionId }) };
}

const isHello = ({ type }: Fields): boolean => type === "hello";

/** With `seq` and `replyTo` where the server has said hello. */
const answer = (parts: readonly Fields[]) => (message: Fields, _newId: () => string, seen: readonly Fields[]) => {
  const echo = echoOf(message);
  const { messageId } = message;
  const named = typeof messageId === "string" ? { replyTo: messageId } : {};
  return echo && parts.map((part, seq) => ({ ...part, ...echo, ...(seen.some(isHello) && { seq, ...named }) }));
};

const whole = answer([
  { type: "thought", content: "Hm", delta: "Hm" },
  { type: "stream", content: "You" },
  { type: "done", content: "You said it.", thought: "Hm" },
]);

const checks = [
  letsIn("LI-3", manners),
  turnsAway("LI-6", manners),
  saysGoodbye("LI-6", manners),
  answersPings("LI-5", manners),
  takesAnswers({ rule: "LI-11", title: "takes the answer to a message and keeps the connection", answerTo: whole }, manners),
  takesAnswers({ rule: "LI-15", title: "takes an answer without text", answerTo: answer([{ type: "done", content: "", thought: "" }]) }, manners),
  takesAnswers({ rule: "LI-16", title: "takes an error for an answer", answerTo: answer([{ type: "error", error: "The agent failed to answer" }]) }, manners),
  takesAnswers({ rule: "LI-26", title: "takes seq and replyTo after its hello", answerTo: (message, newId, seen) => (seen.some(isHello) ? whole(message, newId, seen) : undefined) }, manners),
  showsInFrames("LI-7", "sends messages that can be run", "a user of the server who says something while the kit is connected"),
  showsInFrames("LI-10", "uses a messageId for one message only", "a message with an id"),
  showsInFrames("LI-25", "uses the extensions that the kit offers, after its hello", "a server that says hello"),
  showsInFrames("LI-31", "lets only its author edit or delete a message", "a user who edits or deletes a message while the kit is connected"),
];

const rules = (...numbers: readonly number[]): string[] => numbers.map((number) => `LI-${number}`);

const unchecked: readonly Unchecked[] = [
  { verdict: "not applicable", why: "binds the client before and while it dials; the kit keeps it", rules: rules(1, 2, 4) },
  { verdict: "not applicable", why: "binds the client when it reads a frame", rules: rules(8, 9) },
  { verdict: "not applicable", why: "binds the client when it answers; what a server does with it shows in no frame", rules: rules(12, 13, 14, 17, 18, 19, 20, 21, 28, 29) },
  { verdict: "not applicable", why: "is about what the client's agent remembers, whom it lets in and what it says unasked", rules: rules(22, 23, 24) },
  { verdict: "not observed", why: "is about messages of before, which the kit has not seen", rules: rules(27, 30) },
];

/** Any server of the local IM wire, as our plugin sees it. */
export const localImServer = defineSuite({
  protocol: "local-im",
  side: "server",
  async open(options) {
    const subject = new DialedSubject(options, localIm.checkFromServer, judgeServer());
    return await subject.reach(() => refusalOf(subject, manners));
  },
  checks,
  unchecked,
});
