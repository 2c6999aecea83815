import { localIm } from "../../simulator/local-im/local-im.ts";
import type { Unchecked } from "../check.ts";
import { answersPings, letsIn, type Manners, takesAnswers, turnsAway } from "../dialed-checks.ts";
import { DialedSubject } from "../dialed-subject.ts";
import { defineSuite } from "../suite.ts";

const manners: Manners = {
  dials({ options: { url, account = "default", token: given } }, token = given) {
    const address = new URL(url);
    address.searchParams.set("accountId", account);
    return { url: address.href, options: { headers: { "x-local-im-extensions": "", ...(token !== undefined && { authorization: `Bearer ${token}` }) } } };
  },
};

function answerTo({ type, content, conversationId, sessionId }: Readonly<Record<string, unknown>>): readonly object[] | undefined {
  if ((type !== "message" && type !== undefined) || typeof content !== "string") return undefined;
  const echo = { ...(typeof conversationId === "string" && { conversationId }), ...(typeof sessionId === "string" && { sessionId }) };
  return [
    { type: "thought", content: "Hm", delta: "Hm", ...echo },
    { type: "stream", content: "You", ...echo },
    { type: "done", content: "You said it.", thought: "Hm", ...echo },
  ];
}

const checked = [3, 5, 6, 11];
const others = Array.from({ length: 31 }, (_, index) => index + 1).filter((number) => !checked.includes(number));
const unchecked: readonly Unchecked[] = [{ verdict: "not applicable", why: "binds the side that dials", rules: others.map((number) => `LI-${number}`) }];

/** Any server of the local IM wire, as our plugin sees it. */
export const localImServer = defineSuite({
  protocol: "local-im",
  side: "server",
  open: async (options) => await new DialedSubject(options, localIm.checkFromServer).reach(),
  checks: [letsIn("LI-3", manners), turnsAway("LI-6", manners), answersPings("LI-5", manners), takesAnswers("LI-11", manners, answerTo)],
  unchecked,
});
