import { clientLimits as limits } from "../core/limits.ts";
import { becomeReady, closeForGood, dial, giveUp, greet, haveToken, hearComplaint, hearWelcome, listen, lose, perform, probe, prove, settle } from "./connection.ts";
import { type Heard, readFrame } from "./frames.ts";
import { abort, addMessage, change, emit, hearFailure, hearPost, hearResponse, hearStream, hearTyping, release } from "./messages.ts";
import type { Act, Draft, Effect, Event, Model, Moment, Setting, Step, Timer } from "./model.ts";

export const newChat: Model = {
  state: { kind: "connecting", why: "start", text: "" },
  phase: "new",
  generation: 0,
  losses: 0,
  isProven: false,
  readyAt: 0,
  wasRefused: false,
  complaint: "",
  heardAt: 0,
  isProbed: false,
  window: limits.firstWindow,
  held: "nothing",
  pending: new Map(),
  ended: [],
  groups: [],
  acts: [],
};

/** One event in the life of a chat: what is so afterwards, and what is to be done. */
export function step(model: Model, event: Event, moment: Moment, setting: Setting): Step {
  const draft: Draft = { model, effects: [], moment, setting };
  // The one place where late callbacks of a connection that was given up end.
  if (!("generation" in event) || (event.generation === model.generation && model.phase !== "waiting" && model.phase !== "closed")) take(draft, event);
  return { model: draft.model, effects: draft.effects };
}

function take(draft: Draft, event: Event): void {
  switch (event.on) {
    case "start":
      return dial(draft, "start", "Connecting.");
    case "token":
      return haveToken(draft, event.token);
    case "no-token":
      return settle(draft, { then: "wait", why: "token_unavailable", text: event.text, floorMs: 0 });
    case "opened":
      return greet(draft);
    case "heard":
      return hear(draft, event.data);
    case "ended":
      return lose(draft, event.code, event.reason);
    case "timer":
      return expire(draft, event.timer);
    case "nudge":
      if (draft.model.phase !== "waiting") return probe(draft);
      emit(draft, { do: "disarm", timer: "dial" });
      return dial(draft, "retry", "The network is back.");
    case "send":
      return addMessage(draft, event.message);
    case "abort":
      return abort(draft, event.messageId);
    case "act":
      return act(draft, event.act);
    case "close":
      if (draft.model.phase === "closed") return;
      emit(draft, { do: "hang-up", code: 1000 });
      return closeForGood(draft, "closed", "The application has closed it.");
  }
}

function hear(draft: Draft, data: unknown): void {
  const read = readFrame(data);
  listen(draft);
  if (read.is === "malformed") return emit(draft, { do: "tell", name: "fault", event: { code: "malformed", text: read.text } });
  if (read.is === "nothing") return;
  const { frame } = read;
  if (frame.type !== "chat.error" || frame.messageId !== undefined) prove(draft);
  handle(draft, frame);
}

function handle(draft: Draft, frame: Heard): void {
  switch (frame.type) {
    case "chat.welcome":
      return hearWelcome(draft, frame);
    case "chat.typing":
      return hearTyping(draft, frame);
    case "chat.stream":
      return hearStream(draft, frame);
    case "chat.response":
      return hearResponse(draft, frame);
    case "chat.error":
      return frame.messageId === undefined ? hearComplaint(draft, frame) : hearFailure(draft, frame.messageId, frame);
    case "chat.message":
      return hearPost(draft, frame);
    // The name of an event is the second half of its frame's type.
    case "chat.activity":
    case "chat.deleted":
    case "chat.edited":
    case "chat.media":
    case "chat.pairing":
    case "chat.reaction":
    case "chat.thought":
      return emit(draft, { do: "tell", name: frame.type.slice(5), event: frame } as Effect);
  }
}

function expire(draft: Draft, timer: Timer): void {
  const { phase, isProbed } = draft.model;
  switch (timer) {
    case "dial":
      return dial(draft, "retry", "Connecting again.");
    case "open":
      if (phase === "token") return settle(draft, { then: "wait", why: "token_unavailable", text: `The token function gave nothing for ${limits.tokenMs / 1000} s.`, floorMs: 0 });
      return giveUp(draft, "unreachable", `There is no answer at ${draft.setting.place}.`);
    case "greet":
      return becomeReady(draft);
    case "silent":
      return isProbed ? giveUp(draft, "silent", "The server says nothing any more.") : probe(draft);
    case "hold":
      return release(draft);
  }
}

function act(draft: Draft, asked: Act): void {
  const { model } = draft;
  if (model.phase === "closed") return;
  if (asked.type === "chat.join" || asked.type === "chat.leave") {
    const others = model.groups.filter((group) => group !== asked.groupId);
    draft.model = { ...model, groups: asked.type === "chat.join" ? [...others, asked.groupId] : others };
    // Without a connection there is nothing to join yet, and nothing to leave any more.
    if (model.phase === "open") perform(draft, asked);
    return;
  }
  if (change(draft, asked) === "done") return;
  if (model.phase === "open") return perform(draft, asked);
  if (model.acts.length >= limits.waiting) return emit(draft, { do: "tell", name: "fault", event: { code: "queue_full", text: `${limits.waiting} changes wait for a connection: ${asked.type} is not done.` } });
  draft.model = { ...draft.model, acts: [...draft.model.acts, asked] };
}
