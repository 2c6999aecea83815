import type { Unchecked } from "../check.ts";

const rules = (...numbers: readonly number[]): string[] => numbers.map((number) => `CC-${number}`);

/** What the kit does not look at in a client, and why. */
export const clientUnchecked: readonly Unchecked[] = [
  { verdict: "not testable", why: "is about what is set and looked for before anything is dialed", rules: rules(1, 2) },
  { verdict: "not testable", why: "is about what the client counts and keeps in its memory, which no frame shows", rules: rules(17, 24, 30, 50) },
  { verdict: "not testable", why: "is about what the client does not queue, which looks like nothing to say", rules: rules(23) },
  { verdict: "not testable", why: "is about what the agent is told, which no frame shows", rules: rules(35, 36, 37, 39, 71) },
  { verdict: "not testable", why: "is about how a login is kept on disk and shared by processes", rules: rules(72, 74, 76, 81, 83, 84, 86) },
  { verdict: "not testable", why: "is about where files of this machine may come from and where a token may go", rules: rules(87, 88) },
  { verdict: "not observed", why: "takes three connections that end in the same place, and a wait of 30 seconds after that", rules: rules(52) },
  { verdict: "not observed", why: "takes a handshake without an answer for 10 seconds", rules: rules(6) },
  { verdict: "not observed", why: "takes a turn of more than 15 minutes", rules: rules(43) },
  { verdict: "not observed", why: "takes 10 seconds of silence in a group with the operator's settings for it", rules: rules(60) },
  { verdict: "not observed", why: "needs the client to be stopped", rules: rules(15) },
  { verdict: "not observed", why: "needs an answer that is longer than one frame or one message may be", rules: rules(21, 33) },
  { verdict: "not observed", why: "needs the outcome of a send, which the client tells its agent and nobody else", rules: rules(26) },
  { verdict: "not observed", why: "needs an agent that decides to say nothing, or fails", rules: rules(34) },
  { verdict: "not observed", why: "needs a conversation with the owner that is dissolved in the middle of a turn", rules: rules(41) },
  { verdict: "not testable", why: "is about a setting that the service keeps of before, which no frame tells", rules: rules(58) },
  { verdict: "not testable", why: "is about who may give commands, which the operator has set", rules: rules(61) },
  { verdict: "not observed", why: "takes a token that is about to end, and a service that refuses it for good", rules: rules(14, 75, 77, 78, 79) },
  { verdict: "not observed", why: "needs a login by invite code", rules: rules(82) },
];
