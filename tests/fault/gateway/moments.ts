import { createRandom, type Random } from "../../../src/testing/chaos/random.ts";
import { type Channel, channels } from "../../host/four.ts";

/** When a life of the gateway is ended. */
export type Moment =
  /** At this part of the time that its start takes, or a little after it. */
  | { when: "starting"; part: number }
  /** So long after something has happened so many times on one channel. */
  | { when: Cue; channel: Channel; nth: number; afterMs: number };

/**
 * What is waited for: that something was said, that the model is asked it, that the model has said all of its answer, that
 * the answer was seen.
 */
export type Cue = "said" | "began" | "completed" | "seen";

/** How long after its cue there may still be something to cut. */
const longest: Readonly<Record<Cue, number>> = { said: 150, began: 600, completed: 80, seen: 40 };

/** When each life ends, a function of the seed alone. */
export function planMoments(seed: number, kills: number): Moment[] {
  const random = createRandom(seed);
  return Array.from({ length: kills }, () => planMoment(random));
}

function planMoment(random: Random): Moment {
  const when = random.pick(["starting", "said", "began", "began", "completed", "completed", "seen"] as const);
  if (when === "starting") return { when, part: random.whole(5, 130) / 100 };
  return { when, channel: random.pick(channels), nth: random.whole(1, 5), afterMs: random.whole(0, longest[when]) };
}

export function describeMoment(moment: Moment): string {
  if (moment.when === "starting") return `at ${Math.round(moment.part * 100)} % of its start`;
  return `${moment.afterMs} ms after "${moment.when}" ${moment.nth} on ${moment.channel}`;
}
