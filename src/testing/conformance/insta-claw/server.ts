import { instaClaw } from "../../simulator/insta-claw/insta-claw.ts";
import type { Unchecked } from "../check.ts";
import { answersPings, letsIn, type Manners, takesAnswers, turnsAway } from "../dialed-checks.ts";
import { DialedSubject } from "../dialed-subject.ts";
import { fieldsIn } from "../dialing.ts";
import { defineSuite } from "../suite.ts";

const manners: Manners = {
  dials: ({ options: { url, account = "conformance", token: given = "conformance" } }, token = given) => ({ url, options: { headers: { "x-app-key": account, "x-app-secret": token } } }),
};

/** The documented events of one answer, in envelopes. */
function answerTo(frame: Readonly<Record<string, unknown>>, newId: () => string): readonly object[] | undefined {
  const data = typeof frame["data"] === "string" ? fieldsIn(frame["data"]) : frame["data"];
  const said = typeof data === "object" && data !== null ? (data as Readonly<Record<string, unknown>>) : undefined;
  if (said?.["type"] !== "response.completed" && typeof said?.["content"] !== "string") return undefined;
  const [responseId, itemId, text] = [`resp_${newId()}`, `item_${newId()}`, "You said it."];
  const metadata = typeof said["metadata"] === "object" && said["metadata"] !== null ? said["metadata"] : {};
  const at = { item_id: itemId, output_index: 0, content_index: 0 };
  const part = { type: "output_text", text, annotations: [] };
  const response = (status: string, output: unknown[]) => ({ id: responseId, object: "response", status, output });
  const item = (status: string, content: unknown[]) => ({ id: itemId, type: "message", status, role: "assistant", content });
  const events = [
    { type: "response.in_progress", response: response("in_progress", []) },
    { type: "response.output_item.added", output_index: 0, item: item("in_progress", []) },
    { type: "response.output_text.delta", ...at, delta: text },
    { type: "response.content_part.done", ...at, part },
    { type: "response.completed", response: response("completed", [item("completed", [part])]) },
  ];
  return events.map((event, index) => {
    const whole = { ...event, event_id: newId(), response_id: responseId, sequence_number: index, metadata };
    return { type: "message", headers: { messageId: newId(), timestamp: 0 }, data: JSON.stringify(whole) };
  });
}

const checked = [1, 3, 4, 20];
const others = Array.from({ length: 35 }, (_, index) => index + 1).filter((number) => !checked.includes(number));
const unchecked: readonly Unchecked[] = [{ verdict: "not applicable", why: "binds the side that dials", rules: others.map((number) => `IC-${number}`) }];

/** Any gateway of the InstaClaw wire, as our plugin sees it. */
export const instaClawServer = defineSuite({
  protocol: "insta-claw",
  side: "server",
  open: async (options) => await new DialedSubject(options, instaClaw.checkFromServer).reach(),
  checks: [letsIn("IC-1", manners), turnsAway("IC-3", manners), answersPings("IC-4", manners), takesAnswers("IC-20", manners, answerTo)],
  unchecked,
});
