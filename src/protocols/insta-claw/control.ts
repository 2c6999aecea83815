import { encodeGatewaySent, type GatewaySent, type System } from "../../../generated/insta-claw/index.ts";
import { forLog } from "../../core/redact.ts";
import type { Effect } from "../session.ts";
import type { Change } from "./acts.ts";
import type { ControlFrame } from "./codec.ts";
import { pongFrame, systemPong } from "./frames.ts";

type Word = Exclude<Effect<never>, { do: "deliver" }>;

/** Answers what the server says about the connection or about itself (IC-30). */
export function handleControl(frame: Exclude<ControlFrame, Change>): Word[] {
  if (!("type" in frame)) return [note("warn", "gateway-rejection", about(frame.error))];
  switch (frame.type) {
    case "ping":
    case "PING":
      return [send(pongFrame({ ...frame, type: "ping" }))];
    case "pong":
    case "PONG":
      return [];
    case "system":
    case "SYSTEM":
      return handleSystem(frame);
    case "control":
    case "CONTROL":
      return [note("debug", "control", {})];
    case "instaclaw:hello":
      return [note("debug", "hello", { extensions: frame.extensions.map(forLog) })];
    case "session.auto_bound":
      return [note("debug", "sessions-bound", { sessions: frame.sessions?.length ?? 0 })];
    case "error":
      return [note("warn", frame.status === 401 || frame.status === 403 ? "auth-failed" : "server-error", about(frame.error))];
  }
}

function handleSystem(frame: System): Word[] {
  const topic = frame.headers?.topic?.toLowerCase() ?? "";
  switch (topic) {
    case "ping":
      return [send(systemPong(frame))];
    case "disconnect": {
      const odd = frame.data !== undefined && typeof frame.data !== "string" ? [note("warn", "data-not-text", {})] : [];
      return [...odd, { do: "recycle", reason: "the server asked for a new connection" }];
    }
    default:
      return [note("debug", "system", { topic: forLog(topic) })];
  }
}

function about({ code, message }: { code?: string | null; message?: string }): Readonly<Record<string, unknown>> {
  return { code: forLog(code ?? "unknown_error"), ...(message !== undefined && { message: forLog(message) }) };
}

function note(level: "debug" | "warn", code: string, data: Readonly<Record<string, unknown>>): Word {
  return { do: "note", level, code, data };
}

function send(frame: GatewaySent): Word {
  return { do: "send", text: encodeGatewaySent(frame) };
}
