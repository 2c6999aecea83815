import { instaClaw } from "../../simulator/insta-claw/insta-claw.ts";
import type { Check, Unchecked } from "../check.ts";
import { answersPings, letsIn, type Manners, refusalOf, saysGoodbye, showsInFrames, takesAnswers, turnsAway, turnsStrangersAway } from "../dialed-checks.ts";
import { DialedSubject } from "../dialed-subject.ts";
import { fieldsIn } from "../dialing.ts";
import { defineSuite } from "../suite.ts";
import { judgeServer } from "./judge.ts";

type Fields = Readonly<Record<string, unknown>>;

const manners: Manners = {
  dials: ({ options: { url, account = "conformance", token: given = "conformance" } }, token = given) => ({
    url,
    options: { headers: { "x-app-key": account, "x-app-secret": token, "x-claw-extensions": "edit,reactions;v=1" } },
  }),
};

/** The message in a frame; undefined where there is none. */
function saidIn(frame: Fields): Fields | undefined {
  const data = typeof frame["data"] === "string" ? fieldsIn(frame["data"]) : frame["data"];
  const said = typeof data === "object" && data !== null ? (data as Fields) : undefined;
  return said?.["type"] === "response.completed" || typeof said?.["content"] === "string" ? said : undefined;
}

/** Numbers the events of one response and puts each into an envelope of its own. */
function enveloped(events: readonly Fields[], said: Fields, responseId: string, newId: () => string): readonly object[] {
  const metadata = typeof said["metadata"] === "object" && said["metadata"] !== null ? said["metadata"] : {};
  return events.map((event, index) => {
    const whole = { ...event, event_id: newId(), response_id: responseId, sequence_number: index, metadata };
    return { type: "message", headers: { messageId: newId(), timestamp: 0 }, data: JSON.stringify(whole) };
  });
}

/** The documented events of one answer that is these parts together. */
const answer = (deltas: readonly string[]) => (frame: Fields, newId: () => string) => {
  const said = saidIn(frame);
  if (!said) return undefined;
  const [responseId, itemId, text] = [`resp_${newId()}`, `item_${newId()}`, deltas.join("")];
  const at = { item_id: itemId, output_index: 0, content_index: 0 };
  const part = { type: "output_text", text, annotations: [] };
  const response = (status: string, output: unknown[]) => ({ id: responseId, object: "response", status, output });
  const item = (status: string, content: unknown[]) => ({ id: itemId, type: "message", status, role: "assistant", content });
  const events = [
    { type: "response.in_progress", response: response("in_progress", []) },
    { type: "response.output_item.added", output_index: 0, item: item("in_progress", []) },
    ...deltas.map((delta) => ({ type: "response.output_text.delta", ...at, delta })),
    { type: "response.content_part.done", ...at, part },
    { type: "response.completed", response: response("completed", [item("completed", [part])]) },
  ];
  return enveloped(events, said, responseId, newId);
};

function failure(frame: Fields, newId: () => string): readonly object[] | undefined {
  const said = saidIn(frame);
  const id = `resp_${newId()}`;
  const error = { code: "SDK_ERROR", message: "The agent could not produce a reply." };
  const events = [
    { type: "response.in_progress", response: { id, object: "response", status: "in_progress", output: [] } },
    { type: "response.failed", status: "failed", error, response: { id, object: "response", status: "failed", output: [], error } },
  ];
  return said && enveloped(events, said, id, newId);
}

const checks: readonly Check<DialedSubject>[] = [
  letsIn("IC-1", manners),
  turnsAway("IC-3", manners),
  turnsStrangersAway("IC-1", { dials: ({ options: { url } }) => ({ url, options: {} }) }),
  answersPings("IC-4", manners),
  saysGoodbye("IC-31", manners),
  takesAnswers({ rule: "IC-20", title: "takes the answer to a message and keeps the connection", answerTo: answer(["You said it."]) }, manners),
  takesAnswers({ rule: "IC-21", title: "takes an answer in many deltas", answerTo: answer(["You ", "said ", "it ", "👍."]) }, manners),
  takesAnswers({ rule: "IC-27", title: "takes response.failed for an answer", answerTo: failure }, manners),
  showsInFrames("IC-9", "says in response_id and in response.id the same", "a message in events"),
  showsInFrames("IC-10", "begins the events of a message, and ends them once", "a message in events"),
  showsInFrames("IC-11", "counts the events of a message", "a message in events with sequence_number"),
  showsInFrames("IC-12", "adds an item before it says something of it", "a message in events with an item"),
  showsInFrames("IC-16", "sends messages with text or an attachment", "a user of the server who says something while the kit is connected"),
  showsInFrames("IC-18", "names the group of a message from one", "somebody who says something in a group while the kit is connected"),
  showsInFrames("IC-29", "uses the id of a message for one message only", "a message with an id"),
  showsInFrames("IC-33", "uses the extensions that it has named in its hello", "a user who reacts to a message or edits one while the kit is connected"),
  showsInFrames("IC-35", "lets only its author edit or delete a message", "a user who edits or deletes a message while the kit is connected"),
];

const rules = (...numbers: readonly number[]): string[] => numbers.map((number) => `IC-${number}`);

const unchecked: readonly Unchecked[] = [
  { verdict: "not applicable", why: "binds the client before and while it dials; the kit keeps it", rules: rules(2) },
  { verdict: "not applicable", why: "binds the client when it reads a frame or puts one together", rules: rules(5, 6, 7, 8, 13, 14, 15, 17) },
  { verdict: "not applicable", why: "binds the client when it answers; what a server does with it shows in no frame", rules: rules(19, 22, 23, 24, 25, 26, 28, 30, 32) },
  { verdict: "not observed", why: "is about messages of before, which the kit has not seen", rules: rules(34) },
];

/** Any gateway of the InstaClaw wire, as our plugin sees it. */
export const instaClawServer = defineSuite({
  protocol: "insta-claw",
  side: "server",
  async open(options) {
    const subject = new DialedSubject(options, instaClaw.checkFromServer, judgeServer());
    return await subject.reach(() => refusalOf(subject, manners));
  },
  checks,
  unchecked,
});
