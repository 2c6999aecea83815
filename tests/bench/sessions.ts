import { beginTurn, stepTurn } from "../../src/protocols/turn.ts";
import { type Desk, desks } from "./desks.ts";
import { type Figure, median, type Tell } from "./figure.ts";

/** What a session costs without a socket: a message from its text to the account, and a reply from the agent to its texts. */

const ROUNDS = 9;
const MESSAGES = 2_000;
/** Pieces that the agent says one after the other. */
const REPLIES = [10, 100, 1_000, 10_000];
const PIECE = " and so the mill went on";
/** ms between two pieces. */
const PIECE_MS = 10;

let sink = 0;

export async function measure(tell: Tell): Promise<Figure[]> {
  return desks.flatMap((open) => {
    const { name } = open();
    tell(`${name}: messages`);
    const messages = measureMessages(open);
    tell(`${name}: replies`);
    return [messages, ...measureReplies(open)];
  });
}

function measureMessages(open: () => Desk): Figure {
  const ours: number[] = [];
  const floor: number[] = [];
  for (let round = -3; round < ROUNDS; round += 1) {
    const desk = open();
    const texts = Array.from({ length: MESSAGES }, (_, number) => desk.message(number));
    const parsed = timed(() => texts.forEach((text) => (sink += (JSON.parse(text) as object) ? 1 : 0)));
    const heard = timed(() => texts.forEach((text) => (sink += desk.hear(text).messageId.length)));
    if (round < 0) continue;
    ours.push((heard * 1000) / MESSAGES);
    floor.push((parsed * 1000) / MESSAGES);
  }
  return { bench: "Sessions: a message from its text to the account, beside JSON.parse of the text", case: open().name, unit: "µs per message", ours: median(ours), floor: median(floor) };
}

/** The floor is JSON.stringify of each piece alone. */
function measureReplies(open: () => Desk): Figure[] {
  const { name } = open();
  return REPLIES.flatMap((pieces) => {
    const times: number[] = [];
    let bytes = 0;
    let said = 0;
    for (let round = -2; round < Math.max(3, Math.min(ROUNDS, 20_000 / pieces)); round += 1) {
      const desk = open();
      const of = desk.hear(desk.message(1));
      let frames: string[] = [];
      const time = timed(() => void (frames = reply(desk, of, pieces)));
      bytes = frames.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
      said = Buffer.byteLength(PIECE.repeat(pieces));
      if (round >= 0) times.push((time * 1000) / pieces);
    }
    return [
      { bench: "Replies: from a piece the agent says to the frames of it", case: `${name}, ${pieces} pieces`, unit: "µs per piece", ours: median(times) },
      { bench: "Bytes on the wire beside the bytes of the reply, 10 ms between two pieces", case: `${name}, ${said} bytes`, unit: "bytes", ours: bytes, floor: said },
    ];
  });
}

/** As the account's shell does it: what the turn says is said at once, and it is woken when it wants to be. */
function reply(desk: Desk, of: Parameters<Desk["show"]>[0], pieces: number): string[] {
  const frames: string[] = [];
  let state = beginTurn();
  let wakeAt: number | undefined;
  let text = "";
  const feed = (event: Parameters<typeof stepTurn>[1], now: number): void => {
    const step = stepTurn(state, event, now, desk.turn);
    state = step.state;
    wakeAt ??= step.wakeAt;
    for (const says of step.says) for (const frame of desk.show(of, says)) frames.push(frame);
  };
  for (let piece = 0; piece < pieces; piece += 1) {
    const now = piece * PIECE_MS;
    if (wakeAt !== undefined && wakeAt <= now) {
      const due = wakeAt;
      wakeAt = undefined;
      feed({ on: "tick" }, due);
    }
    text += PIECE;
    feed({ on: "partial", text }, now);
  }
  feed({ on: "payload", payload: { text } }, pieces * PIECE_MS);
  feed({ on: "ended", how: { ended: "completed" } }, pieces * PIECE_MS);
  return frames;
}

function timed(work: () => void): number {
  const began = performance.now();
  work();
  return performance.now() - began;
}
