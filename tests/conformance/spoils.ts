import { fieldsIn } from "../../src/testing/conformance/dialing.ts";

export type Fields = Readonly<Record<string, unknown>>;

/** Does something to the frames that fit, and leaves the others. */
export function at(fits: (frame: Fields) => boolean, spoil: (frame: Fields) => readonly Fields[]): (text: string) => readonly string[] {
  return (text) => {
    const frame = fieldsIn(text);
    return frame && fits(frame) ? spoil(frame).map((each) => JSON.stringify(each)) : [text];
  };
}
