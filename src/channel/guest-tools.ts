import type { ChannelRuntime } from "./host.ts";

type ToolPolicy = NonNullable<NonNullable<Parameters<ChannelRuntime["inbound"]["buildContext"]>[0]["access"]>["toolPolicy"]>;

/**
 * What the agent may not do for a sender the operator has not named: nothing of OpenClaw's own that reaches this
 * machine, its files, its other conversations or its memory. Tools of plugins and MCP servers stay what the operator
 * made of them. Denials of one layer cannot be undone by another, so this narrows and never widens.
 */
export const guestTools: ToolPolicy = {
  deny: ["group:openclaw", "group:fs", "group:runtime", "group:ui", "transcripts"],
};
