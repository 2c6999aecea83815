import { withoutSecrets } from "../../../core/redact.ts";
import { hideSecrets } from "../../../link/secrets.ts";
import { type Check, fail, type Finding, pass, skip, warn } from "../check.ts";
import { converse, type Reply } from "../meeting.ts";

export const roundTrip: Check = {
  name: "round trip",
  async run({ protocol, target, block, hasCredentials }, { roundTrip: isWanted, timeoutMs, newId }) {
    if (block?.enabled === false) return undefined;
    if (!isWanted) return skip("no message was sent", protocol === "websocket" ? "--round-trip sends one, and runs the agent" : "openclaw channels status --probe makes one, over the gateway's own link");
    if (protocol !== "websocket" || !target) return skip("only the gateway has the account's link", "openclaw channels status --probe makes a round trip over it");
    const reply = await converse(target, { messageId: newId(), content: "This is clawwire doctor. Please answer with one word." }, timeoutMs);
    return judgeReply(reply, { where: withoutSecrets(target.url), timeoutMs, hasCredentials, hide: (text) => hideSecrets(text, target) });
  },
};

export function judgeReply(reply: Reply, { where, timeoutMs, hasCredentials, hide }: { where: string; timeoutMs: number; hasCredentials: boolean; hide(text: string): string }): Finding {
  const seconds = timeoutMs / 1000;
  switch (reply.end) {
    case "answered":
      return pass(`the agent has answered after ${reply.ms} ms${reply.acknowledgedMs === undefined ? "" : `, and the message was taken after ${reply.acknowledgedMs} ms`}`);
    case "acknowledged":
      return warn(`the message was taken after ${reply.ms} ms, and is not answered within ${seconds} s`, "--timeout 120 waits longer; openclaw logs says what the agent and its model do");
    case "pairing":
      return warn("the sender of the message is told a pairing code, for nobody knows it", "openclaw pairing list shows it; a token of a sender who is listed gets an answer");
    case "failed":
      return fail(`the message is answered with an error: ${hide(reply.error)}${reply.code === undefined ? "" : ` (${reply.code})`}`, "openclaw logs says what was wrong");
    case "unanswered":
      return fail(`${where} says nothing about the message within ${seconds} s`, "openclaw channels logs --channel websocket says whether it came");
    case "lost":
      // Who it is, the listener asks behind the open socket.
      if (reply.code === 4401 && !hasCredentials) return noConnection;
      return fail(`${where} closed with ${reply.code}${reply.reason === "" ? "" : ` "${hide(reply.reason)}"`} before the message was answered`, "openclaw channels logs --channel websocket says why; see the proxies on the way, too, where nothing was closed there");
    case "unconnected":
      return noConnection;
  }
}

const noConnection = skip("there is no connection to send it over", "see the handshake");
