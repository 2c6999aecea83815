import { withoutSecrets } from "../../../core/redact.ts";
import { faultOf } from "../../../link/fault.ts";
import { hideSecrets } from "../../../link/secrets.ts";
import { codeOf, messageOf } from "../../failure.ts";
import { type Check, type CheckOptions, fail, type Finding, type Patient, pass, skip, warn } from "../check.ts";
import { dial, type Meeting } from "../meeting.ts";
import { isOpen } from "../reach.ts";

export const handshake: Check = {
  name: "handshake",
  async run(patient, options) {
    const { target, protocol } = patient;
    if (!target) return skip("the configuration has no address", "correct the configuration first");
    const reason = await refrain(patient, options);
    if (reason) return reason;
    const meeting = await dial(target, greetings[protocol], options.timeoutMs);
    return judgeMeeting(meeting, patient);
  },
};

/** What shows that a server speaks the protocol: what it is told, and what it answers; nothing of it runs the agent. */
const greetings = {
  websocket: { say: JSON.stringify({ type: "chat.hello", extensions: [] }), expect: "chat.welcome" },
  "insta-claw": {},
  "local-im": {},
  clawchat: { expect: "connect.challenge" },
} as const;

/** Why nobody should dial: of two links of one account a server closes one, and it may be the gateway's. */
export async function refrain({ protocol, block, hasCredentials }: Patient, { takeOver, gatewayPort }: CheckOptions): Promise<Finding | undefined> {
  if (block?.enabled === false) return skip("the account is switched off", "see the configuration, if it should not be");
  if (protocol === "websocket" || protocol === "clawchat" || !block) return undefined;
  if (!hasCredentials) return skip("what proves who dials is not seen from here", "openclaw channels status --probe dials with it");
  const isTaken = !takeOver && (await isOpen(gatewayPort));
  return isTaken ? skip("the gateway runs, and a second link would push out its own", "openclaw channels status --probe asks over the gateway's own link; --take-over dials all the same") : undefined;
}

export function judgeMeeting(meeting: Meeting, patient: Met): Finding {
  const { target, protocol } = patient;
  const where = withoutSecrets(target?.url ?? "");
  const place = { ...patient, where, hide: (text: string) => (target ? hideSecrets(text, target) : text) };
  switch (meeting.end) {
    case "greeted":
      if (protocol === "clawchat") return pass(`${where} greets as a ClawChat hub after ${meeting.ms} ms; openclaw channels status --probe proves the login`);
      if (protocol === "websocket" && showsToken(target) && meeting.senderId?.startsWith("anon-")) return warn(`${where} lets anybody in, and does not take the token for a good one: who shows it is a stranger there`, NEW_TOKEN);
      return pass(`${where} lets the account in after ${meeting.ms} ms`);
    case "silent":
      return warn(`${where} opens a WebSocket, and then does not answer ${meeting.missing}`, "check that the address is that of a server of this protocol, and that it is not overloaded");
    case "closed":
      return judgeClose(meeting, place);
    case "refused":
      return judgeStatus(meeting.status, place);
    case "failed":
      return judgeFailure(meeting, place);
  }
}

type Met = Pick<Patient, "target" | "protocol" | "hasCredentials" | "channel" | "block">;

interface Place extends Met {
  where: string;
  hide(text: string): string;
}

const NEW_TOKEN = "the token is not good: get a new one from whoever gives them out, or look at the verifier";

function judgeClose({ code, reason }: { code: number; reason: string }, place: Place): Finding {
  const { where, hasCredentials, hide } = place;
  const said = `${where} closed with ${code}${reason === "" ? "" : ` "${hide(reason)}"`}`;
  if (code === 4401) return hasCredentials ? fail(said, NEW_TOKEN) : asksForCredentials(where);
  if (code === 1013) return warn(said, remedyOfFull(place));
  if (code === 4403 && place.protocol === "websocket") return fail(said, `list the sender in ${fieldOf(place, "allowFrom")}, or set another dmPolicy there`);
  return fail(said, "the server's own log says why; openclaw channels logs, where the server is the plugin");
}

function remedyOfFull(place: Place): string {
  return place.protocol === "websocket" ? `raise ${fieldOf(place, "limits.maxConnections")}, or close connections` : "the server has no room now: try again later, or ask who runs it";
}

function judgeStatus(status: number, place: Place): Finding {
  const { where, hasCredentials, block, channel } = place;
  const said = `${where} refuses the WebSocket with HTTP ${status}`;
  if (status === 401 || status === 403) {
    if (!hasCredentials) return asksForCredentials(where);
    return fail(said, block ? `put the right credentials into channels.${channel}, or ask who runs the server` : "show other credentials, or ask who runs the server");
  }
  if (status === 400 || status === 404) return fail(said, "check the path of the address: the server has no WebSocket there");
  return fail(said, "check the address, and the proxies before the server");
}

function asksForCredentials(where: string): Finding {
  return skip(`${where} asks for a token, as it should`, "--token TOKEN, or CLAWWIRE_DOCTOR_TOKEN in the environment, tries one");
}

function showsToken(target: Patient["target"]): boolean {
  return target !== undefined && (target.headers["Authorization"] !== undefined || URL.parse(target.url)?.searchParams.has("token") === true);
}

/** At an address nothing is known of the configuration behind it, but that it is the listener's. */
function fieldOf({ block, channel }: Place, field: string): string {
  return `channels.${channel}.${field}${block ? "" : " of the gateway that listens there"}`;
}

function judgeFailure({ error }: { error: unknown }, { where, channel, hide }: Place): Finding {
  const text = hide(messageOf(error instanceof AggregateError ? (error.errors[0] ?? error) : error));
  if (codeOf(error) === "ECONNREFUSED") return fail(`nothing listens at ${where}`, channel === "websocket" ? "start the gateway: openclaw gateway run" : "start the server, or correct the address");
  const fault = faultOf({ kind: "failed", error: text });
  return fail(`${where}: ${text}`, failures[fault] ?? "check that the server runs and that this machine reaches it");
}

const failures: Partial<Record<ReturnType<typeof faultOf>, string>> = {
  "name-unknown": "check the host name, and the DNS of this machine",
  tls: "see the check of TLS: the server needs a certificate that this machine trusts; for a private authority set NODE_EXTRA_CA_CERTS",
  "not-websocket": "check the address: something else than a WebSocket server answers there",
  "dial-timeout": "check the network and the firewalls on the way",
};
