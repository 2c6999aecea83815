import type { Envelope } from "./frames.ts";
import { fieldsOf, textIn } from "./frames.ts";
import { post, type Realm } from "./realm.ts";
import { frameLimits } from "./options.ts";
import { beginSession, type Session } from "./session.ts";
import type { ServerLink } from "../link.ts";

/** The ways in which a handshake can go wrong on demand. */
export const handshakeFaults = ["no-challenge", "two-challenges", "empty-nonce", "no-hello", "stray-hello", "two-hellos"] as const;

/** Says who it is waiting for, and for how long. */
export function challenge(realm: Realm, link: ServerLink): Session {
  const { host, pen, settings, faults } = realm;
  const session = beginSession(link, pen.nonce());
  realm.sessions.push(session);
  session.cancels.add(
    host.system.after(settings.handshakeMs, () => {
      if (session.phase === "challenged" && link.open) link.drop();
    }),
  );
  const fault = faults.take("challenge");
  const nonces = fault === "no-challenge" ? [] : fault === "two-challenges" ? [session.nonce, pen.nonce()] : [fault === "empty-nonce" ? "" : session.nonce];
  for (const nonce of nonces) post(realm, session, pen.frame("connect.challenge", { nonce }, "challenge"));
  return session;
}

/** Takes the first frame of the plugin, and tells what it did against the rules. */
export function greet(realm: Realm, session: Session, frame: Envelope): string[] {
  const payload = fieldsOf(frame.payload);
  if (frame.event !== "connect") {
    refuse(realm, session, frame, "invalid connect event");
    return [`${frame.event} came before hello-ok`];
  }
  const told = realm.faults.take("hello-fail");
  const token = textIn(payload, "token");
  const nonce = textIn(payload, "nonce");
  if (told !== undefined) refuse(realm, session, frame, told);
  else if (token === "" || nonce === "") refuse(realm, session, frame, "invalid connect payload");
  else if (nonce !== session.nonce) {
    refuse(realm, session, frame, "nonce mismatch");
    return ["connect has another nonce than the challenge"];
  } else return admit(realm, session, frame, token);
  return [];
}

function admit(realm: Realm, session: Session, frame: Envelope, token: string): string[] {
  const verdict = realm.grants.check(token);
  if (!verdict.ok) {
    refuse(realm, session, frame, "authentication failed");
    return [];
  }
  const { agent } = verdict.grant;
  const payload = fieldsOf(frame.payload);
  const wanted = fieldsOf(payload["capabilities"]);
  const capabilities = new Set(Object.keys(wanted).filter((name) => wanted[name] === true));
  const deviceId = textIn(payload, "device_id") || agent.id;
  const { mode, faults } = granted(capabilities, realm.settings.reliable);
  takeOver(realm, agent.id, deviceId);
  Object.assign(session, { phase: "ready", agent, deviceId, capabilities, mode, epoch: mode === "v2" ? realm.pen.epoch() : "" });
  sayHello(realm, session, frame.trace_id ?? "");
  if (Buffer.byteLength(deviceId) > frameLimits.deviceId) faults.push(`connect has a device_id of more than ${frameLimits.deviceId} bytes`);
  return faults;
}

function sayHello(realm: Realm, session: Session, traceId: string): void {
  const { pen } = realm;
  const payload = { device_id: session.deviceId, delivery_mode: "device_replay", ...(session.mode === "v2" && { ack_mode: "dseq", ack_epoch: session.epoch }) };
  const fault = realm.faults.take("hello");
  if (fault === "no-hello") {
    session.phase = "challenged";
    return;
  }
  if (fault === "stray-hello") post(realm, session, pen.frame("hello-ok", payload, `${traceId}-of-another`));
  post(realm, session, pen.frame("hello-ok", payload, traceId));
  if (fault === "two-hellos") post(realm, session, pen.frame("hello-ok", payload, traceId));
}

/** One live link of a user and a device. */
function takeOver({ sessions, faults }: Realm, agentId: string, deviceId: string): void {
  for (const older of sessions) {
    if (older.phase !== "ready" || older.agent?.id !== agentId || older.deviceId !== deviceId || !older.link.open) continue;
    if (faults.take("no-takeover") === undefined) older.link.close(4001, "taken over by a newer connection");
  }
}

/** v2 takes both flags, and a server that has it. */
function granted(capabilities: ReadonlySet<string>, reliable: Session["mode"]): { mode: Session["mode"]; faults: string[] } {
  const asks = capabilities.has("reliable_delivery");
  const asksDense = capabilities.has("reliable_delivery_v2");
  const faults = asksDense && !asks ? ["connect has reliable_delivery_v2 without reliable_delivery"] : [];
  if (!asks || reliable === "legacy") return { mode: "legacy", faults };
  return { mode: asksDense && reliable === "v2" ? "v2" : "v1", faults };
}

/** Its close carries no code. */
function refuse({ host, pen }: Realm, session: Session, frame: Envelope, reason: string): void {
  session.phase = "over";
  host.sendLast(session.link, JSON.stringify(pen.frame("hello-fail", { reason }, frame.trace_id ?? "")));
}
