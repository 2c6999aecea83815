import type { Probe } from "./probe.ts";

interface Line {
  text: string;
  tone?: "default" | "muted" | "success" | "warn" | "error";
}

/** What `openclaw channels capabilities` prints of a probe. */
export function formatProbe(probe: Probe | undefined): Line[] {
  if (!probe) return [];
  const { checked } = probe;
  const found = checked.length > 0 ? [{ text: `Checked: ${checked.join(", ")}` }] : [];
  if (probe.ok) return [{ text: `Probe: ok (${probe.roundTripMs} ms round trip, ${probe.elapsedMs} ms in all)`, tone: "success" }, ...found];
  return [{ text: `Probe: failed (${probe.error})`, tone: "error" }, ...found, ...(probe.fix === undefined ? [] : [{ text: `Fix: ${probe.fix}` }])];
}

/** Who the account is and what the other end can do, as the gateway's own process has it at this moment. */
export function describePeer(probe: Probe | undefined): { lines: Line[]; details: Record<string, unknown> } | undefined {
  if (!probe || probe.url === undefined) return undefined;
  const { url, hello, login, connections, senders } = probe;
  const lines: Line[] = [{ text: `Address: ${url}` }];
  if (login !== undefined) lines.push({ text: `Account: ${login}` });
  if (connections !== undefined) lines.push({ text: `Connections: ${connections}, senders: ${senders ?? 0}` });
  else lines.push(hello ? { text: `Server: ${Object.entries(hello).map(([name, value]) => `${name}=${Array.isArray(value) ? value.join(",") || "none" : String(value)}`).join(" ")}` } : { text: "Server: advertises no extensions", tone: "muted" });
  return { lines, details: { url, ...(login !== undefined && { login }), ...(hello && { hello }), ...(connections !== undefined && { connections, senders }) } };
}
