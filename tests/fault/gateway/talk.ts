import { createRandom } from "../../../src/testing/chaos/random.ts";
import { type Channel, channels } from "../../host/four.ts";

/** The load: users who keep talking, each in a conversation of their own. */
export interface Talk {
  readonly said: number;
  /** Other users from now on; those before say nothing more. */
  change(): void;
  stop(): void;
}

export interface TalkOptions {
  seed: number;
  say(channel: Channel, id: string, by: string): void;
  /** Whether this message has its answer. */
  isSettled(id: string): boolean;
}

const USERS_PER_CHANNEL = 2;
/** Messages of one user without an answer. */
const MOST_OPEN = 2;
const LOOK_MS = 50;
const LONGEST_PAUSE_MS = 800;

export function startTalk({ seed, say, isSettled }: TalkOptions): Talk {
  const random = createRandom(seed);
  let said = 0;
  let generation = 0;
  let users = newUsers(generation);
  const timer = setInterval(() => {
    const now = performance.now();
    for (const user of users) {
      user.open = user.open.filter((id) => !isSettled(id));
      if (user.open.length >= MOST_OPEN || now < user.nextAt) continue;
      said += 1;
      const id = `m-${seed}-${said}`;
      user.open.push(id);
      user.nextAt = now + random.whole(0, LONGEST_PAUSE_MS);
      say(user.channel, id, user.name);
    }
  }, LOOK_MS);
  return {
    get said() {
      return said;
    },
    change() {
      generation += 1;
      users = newUsers(generation);
    },
    stop: () => clearInterval(timer),
  };
}

function newUsers(generation: number) {
  return channels.flatMap((channel) =>
    Array.from({ length: USERS_PER_CHANNEL }, (_, index) => ({ channel, name: `${channel.slice(0, 2)}-${generation}-${index}`, open: [] as string[], nextAt: 0 })),
  );
}
