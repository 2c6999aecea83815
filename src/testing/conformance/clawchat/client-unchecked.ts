import type { Unchecked } from "../check.ts";

const rules = (...numbers: readonly number[]): string[] => numbers.map((number) => `CC-${number}`);

/** What the kit does not look at in a client, and why. */
export const clientUnchecked: readonly Unchecked[] = [
  { verdict: "not testable", why: "is about what is set and looked for before anything is dialed", rules: rules(1, 2) },
  { verdict: "not testable", why: "is about what the client keeps, counts or waits for inside, which no frame shows", rules: rules(10, 17, 18, 23, 24, 30, 49, 50, 51, 52, 71) },
  { verdict: "not testable", why: "is about what the agent is told, which no frame shows", rules: rules(35, 36, 37, 39) },
  { verdict: "not testable", why: "is about how a login is kept on disk and shared by processes", rules: rules(72, 74, 76, 81, 83, 84, 86) },
  { verdict: "not observed", why: "needs a server that is silent for longer than a check lasts", rules: rules(6, 43, 55) },
  { verdict: "not observed", why: "needs the client to be stopped", rules: rules(15) },
  { verdict: "not observed", why: "needs other people who write, type and read in the same conversation", rules: rules(19, 25, 61) },
  { verdict: "not observed", why: "needs an answer that is longer than one frame or one message may be", rules: rules(21, 33) },
  { verdict: "not observed", why: "needs a server that refuses or loses what the client says", rules: rules(26, 27, 28, 40, 41) },
  { verdict: "not observed", why: "needs an agent that decides to say nothing, or that takes back what it said", rules: rules(34, 69) },
  { verdict: "not observed", why: "needs messages that have waited for hours, or that the server has put together from a stream", rules: rules(54, 56) },
  { verdict: "not observed", why: "needs groups and their settings in the service", rules: rules(58, 59, 60, 62, 63, 64) },
  { verdict: "not observed", why: "needs a clock that sees when a frame leaves the client", rules: rules(70) },
  { verdict: "not observed", why: "needs a token that is about to end, or a service that refuses it", rules: rules(14, 73, 75, 77, 78, 79, 80) },
  { verdict: "not observed", why: "needs a login by invite code", rules: rules(82, 85) },
  { verdict: "not observed", why: "needs an answer with a file", rules: rules(87, 88) },
  { verdict: "not observed", why: "needs calls to the service beside the connection", rules: rules(89) },
];
