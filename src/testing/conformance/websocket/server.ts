import type { Unchecked } from "../check.ts";
import { defineSuite } from "../suite.ts";
import { answers } from "./server-answers.ts";
import { doors } from "./server-doors.ts";
import { extensions } from "./server-extensions.ts";
import { framing } from "./server-frames.ts";
import { WebsocketServerSubject } from "./subject.ts";

const unchecked: readonly Unchecked[] = [
  { verdict: "not observed", why: "needs a verifier that takes its time, and the server does not show when it is asked", rules: ["WS-5"] },
  { verdict: "not observed", why: "would use up a limit that others need too", rules: ["WS-12", "WS-32"] },
  { verdict: "not observed", why: "needs an agent that says several things in one turn", rules: ["WS-18"] },
  { verdict: "not observed", why: "needs a turn longer than limits.turnSeconds, which is minutes", rules: ["WS-21"] },
  { verdict: "not observed", why: "needs a group with members who have joined it", rules: ["WS-24"] },
  { verdict: "not observed", why: "needs an agent that says something unasked", rules: ["WS-27"] },
  { verdict: "not observed", why: "needs a message that makes the agent use a tool or think", rules: ["WS-33"] },
  { verdict: "not observed", why: "needs the server to be stopped", rules: ["WS-31"] },
  { verdict: "not observed", why: "needs a verifier that says when a token ends, or changes its mind about one", rules: ["WS-37", "WS-38"] },
  { verdict: "not testable", why: "is about how much of a connection that does not read waits in the server", rules: ["WS-22"] },
  { verdict: "not testable", why: "is about what the agent remembers and is told, which no frame shows", rules: ["WS-23", "WS-25"] },
  { verdict: "not testable", why: "is about a setting of the operator, which no frame tells", rules: ["WS-34"] },
];

/** Any server of the websocket wire, as applications see it. */
export const websocketServer = defineSuite({
  protocol: "websocket",
  side: "server",
  open: async (options) => await new WebsocketServerSubject(options).reach(),
  checks: [...doors, ...framing, ...answers, ...extensions],
  unchecked,
});
