import { hrtime } from "node:process";

/** How a growing text is told: `updates` times, one every `everyMs`. */
export interface StoryOrder {
  updates: number;
  everyMs: number;
}

const WORDS = " and the mill went";

/** Microseconds of a clock that all processes of the machine share. */
export function clockUs(): number {
  return Number(hrtime.bigint() / 1000n);
}

/** Every form of the text ends with the time at which it was told, so that whoever reads it knows how long it took. */
export function beginStory({ updates, everyMs }: StoryOrder, tell: (told: string) => void, over: (told: string) => void = () => {}): void {
  let told = "";
  let left = updates;
  const timer = setInterval(() => {
    told += `${WORDS} @${clockUs()}`;
    left -= 1;
    tell(told);
    if (left > 0) return;
    clearInterval(timer);
    over(told);
  }, everyMs);
}
