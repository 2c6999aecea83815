import { checkFromApplication, checkFromServer } from "../../testing/conformance/websocket/subject.ts";
import type { RuledProtocol } from "../../testing/conformance/rulebook.ts";
import { protocols } from "../../testing/simulator/protocols.ts";
import type { Check } from "../../testing/simulator/record.ts";

/** Who has sent a frame: whoever dialed, or whoever listens. */
export type From = "client" | "server";

/** What the document of a protocol says about a frame, by who has sent it. */
export interface Wire {
  check(from: From, text: string): Check;
  /** Which field of OpenClaw's configuration leads a channel that dials through the tap. */
  field?: string;
}

export const wires: Readonly<Record<RuledProtocol, Wire>> = {
  websocket: { check: (from, text) => (from === "client" ? checkFromApplication(text) : checkFromServer(text)) },
  "insta-claw": dialed("insta-claw", "wsUrl"),
  "local-im": dialed("local-im", "serverUrl"),
  clawchat: dialed("clawchat", "websocketUrl"),
};

function dialed(name: keyof typeof protocols, field: string): Wire {
  const { channel, checkFromPlugin, checkFromServer: checkFromRemote } = protocols[name];
  return { check: (from, text) => (from === "client" ? checkFromPlugin(text) : checkFromRemote(text)), field: `channels.${channel}.${field}` };
}
