import type { EdgeOptions } from "../../src/edge/accept.ts";

/** Edge options with the documented bounds, on any free port; every stranger is let in as `"guest"`, frames go nowhere. */
export function edgeOptions(options: Partial<EdgeOptions<string>> = {}): EdgeOptions<string> {
  return {
    account: "default",
    host: "127.0.0.1",
    port: 0,
    path: "/ws",
    allowedOrigins: [],
    subprotocol: "openclaw.chat.v1",
    maxPayload: 1_048_576,
    maxConnections: 1_000,
    handshakeMs: 10_000,
    pingMs: 30_000,
    deadAfterMs: 90_000,
    closeMs: 5_000,
    preAuthFrames: 8,
    preAuthBytes: 65_536,
    stalledBytes: 4_194_304,
    stalledMs: 30_000,
    coalesceBytes: 1_048_576,
    closings: {
      stopping: { code: 1001, reason: "Server shutting down" },
      binary: { code: 1003, reason: "Text frames only" },
      origin: { code: 1008, reason: "Origin not allowed" },
      crowded: { code: 1013, reason: "Too many connections" },
      late: { code: 4401, reason: "Authentication failed", frames: ['{"type":"chat.error","error":"Authentication failed: timeout"}'] },
      flooded: { code: 4429, reason: "Rate limit exceeded" },
      idle: { code: 4408, reason: "Idle timeout" },
      fault: { code: 1011, reason: "Internal error" },
    },
    admit: async () => ({ ok: true, peer: "guest" }),
    opened: () => ({ frame() {}, closed() {} }),
    ...options,
  };
}
