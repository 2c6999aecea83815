/** One thing that happened, in the order in which it did. Ids are those of messages, `by` and `to` those of conversations. */
export type Event =
  | { is: "said"; id: string; by: string }
  /** The peer sends a message once more, of its own accord. */
  | { is: "asked-again"; id: string }
  /** It is on disk. */
  | { is: "admitted"; id: string }
  /** The peer was told that it is. */
  | { is: "acknowledged"; id: string }
  /** A turn, in one life of the process. */
  | { is: "began"; id: string; life: number }
  | { is: "completed"; id: string; life: number; text: string }
  /** Its turn had begun, and its process was killed before the end was on disk. */
  | { is: "cut"; id: string }
  /** The host answers nothing in its conversation any more, and has told the operator so. */
  | { is: "shut-out"; id: string }
  /** The end of its turn is on disk. */
  | { is: "written"; id: string }
  /** A finished reply, or an error instead of one, is visible to whoever is in this conversation. */
  | { is: "seen"; id: string; to: string | undefined; how: "whole" | "error"; text: string }
  /** Something is visible in this conversation that names no message. */
  | { is: "unasked"; to: string; text: string }
  /** What is seen next takes the place of what was seen of this message before. */
  | { is: "replaced"; id: string }
  /** The operator was told that this reply may be lost. */
  | { is: "reported"; id: string }
  | { is: "killed"; life: number }
  /** The store of the process refuses, from here to `store-works`. */
  | { is: "store-fails" }
  | { is: "store-works" }
  | { is: "clock-moved"; byMs: number }
  /** The plugin did what the protocol forbids; `id` where it is about one message. */
  | { is: "broke"; text: string; id?: string };

/** All that the checker knows. */
export interface History {
  events: readonly Event[];
  /** What a peer keeps until it is acknowledged, or sends again until it is answered, must come in the end. */
  keepsAll: boolean;
  /** The wire proves that a reply has arrived: order then holds also for what was asked for again. */
  proves: boolean;
  /** ms for which a message that comes again is a repeat, and a reply waits for its reader. */
  repeatMs: number;
  /** The first words of what a host says by itself of a turn that was cut. */
  notices?: readonly string[];
  /** Turns of one message that may be cut; after so many its sender is told that there is no answer. */
  mostCuts?: number;
}

export type FindingKind = "lost" | "ran-twice" | "duplicated" | "misdirected" | "disordered" | "garbled" | "failed" | "early" | "unadmitted" | "forbidden";

export interface Finding {
  kind: FindingKind;
  id: string;
  text: string;
}

/** Whatever is wrong with a history; nothing where all is well. */
export function check(history: History): Finding[] {
  const ids = [...new Set(history.events.flatMap((event) => ("id" in event && event.is !== "broke" ? [event.id] : [])))];
  const lives = ids.map((id) => follow(history, id));
  return [...lives.flatMap((life) => judge(history, life)), ...disorder(history, lives), ...offences(history, lives)];
}

type Of<Kind extends Event["is"]> = Extract<Event, { is: Kind }> & { at: number };

/** What became of one message. `at` is a place in the history. */
interface Way {
  id: string;
  said: Of<"said"> | undefined;
  asked: Of<"asked-again">[];
  admitted: Of<"admitted">[];
  acknowledged: Of<"acknowledged">[];
  began: Of<"began">[];
  completed: Of<"completed">[];
  written: Of<"written">[];
  seen: Of<"seen">[];
  replaced: Of<"replaced">[];
  isReported: boolean;
  /** The clock has gone on by more than a repeat is known for: what waited may be forgotten, and what comes again is new. */
  mayExpire: boolean;
  /** How often a turn had to run again: its process was killed after its end and before that was on disk. */
  again: number;
  /** It was cut as often as it may be. */
  isGivenUp: boolean;
  /** The store refused something while the message was under way. */
  wasRefusedByStore: boolean;
}

function follow({ events, repeatMs, mostCuts = Infinity }: History, id: string): Way {
  const of = <Kind extends Event["is"]>(kind: Kind): Of<Kind>[] => events.flatMap((event, at) => (event.is === kind && "id" in event && event.id === id ? [{ ...event, at } as Of<Kind>] : []));
  const [admitted, completed, written, seen] = [of("admitted"), of("completed"), of("written"), of("seen")];
  const said = of("said")[0];
  const since = admitted[0]?.at ?? 0;
  const saidAt = said?.at ?? since;
  const cut = ({ at, life }: Of<"completed">): boolean => {
    const end = events.findIndex((event, place) => event.is === "killed" && event.life === life && place > at);
    return end >= 0 && !written.some((write) => write.at > at && write.at < end);
  };
  const lastSeen = seen.at(-1)?.at ?? events.length;
  return {
    id,
    said,
    asked: of("asked-again"),
    admitted,
    acknowledged: of("acknowledged"),
    began: of("began"),
    completed,
    written,
    seen,
    replaced: of("replaced"),
    isReported: of("reported").length > 0,
    mayExpire: events.reduce((sum, event, at) => (event.is === "clock-moved" && at > since ? sum + Math.max(0, event.byMs) : sum), 0) >= repeatMs,
    again: completed.filter(cut).length,
    isGivenUp: of("cut").length >= mostCuts || of("shut-out").length > 0,
    wasRefusedByStore: failsWithin(events, saidAt, lastSeen),
  };
}

/** Whether the store refuses anything between these two places of the history. */
function failsWithin(events: readonly Event[], from: number, to: number): boolean {
  const before = events.findLast((event, at) => at <= from && (event.is === "store-fails" || event.is === "store-works"));
  return before?.is === "store-fails" || events.some(({ is }, at) => is === "store-fails" && at >= from && at <= to);
}

function judge({ keepsAll, proves }: History, way: Way): Finding[] {
  const { id, said, asked, admitted, acknowledged, began, completed, seen, replaced, isReported, mayExpire, again, isGivenUp, wasRefusedByStore } = way;
  const findings: Finding[] = [];
  const find = (kind: FindingKind, text: string): void => void findings.push({ kind, id, text });
  const first = admitted[0]?.at ?? Infinity;
  const answers = seen.filter(({ at }) => at > first);

  if (began.some(({ at }) => at < first)) find("unadmitted", "ran and was not admitted");
  if (acknowledged.some(({ at }) => at < first)) find("early", "was acknowledged before it was on disk");
  if (admitted.length > 1 && !mayExpire) find("ran-twice", `was admitted ${admitted.length} times`);

  if (completed.length > 1 + again && !mayExpire) find("ran-twice", `ran to its end ${completed.length} times`);
  if (new Set(began.map(({ life }) => life)).size !== began.length && !mayExpire) find("ran-twice", "began twice in one life");

  const errors = answers.filter(({ how }) => how === "error");
  if (errors.length > 0 && !wasRefusedByStore && !isGivenUp && !mayExpire) find("failed", `was answered with an error: ${errors[0]?.text ?? ""}`);
  // Told that it could not be stored, or that it is too old, its sender knows; then there need not be a turn.
  if (admitted.length > 0 && completed.length === 0 && errors.length === 0 && !isReported) find("lost", "never ran to its end");

  // Whoever asks again on a wire that proves nothing gets the same once more, and anywhere an answer after a refusal.
  const refusals = wasRefusedByStore ? Math.min(errors.length, asked.length) : 0;
  // A host that goes on by itself with what was given up finishes it all the same.
  const late = isGivenUp && errors.length > 0 ? 1 : 0;
  const entitled = 1 + again + replaced.length + (proves ? refusals : asked.length) + (isReported ? 1 : 0) + late;
  if (answers.length > entitled && !mayExpire) find("duplicated", `was answered ${answers.length} times instead of ${entitled}`);
  if (answers.length === 0 && admitted.length > 0 && !isReported && !mayExpire) find("lost", "was never answered, and nobody was told");
  if (said && admitted.length === 0 && keepsAll && !seen.some(({ how }) => how === "error")) find("lost", "never came");

  for (const { to, how, text, at } of seen) {
    if (!said || to !== said.by) find("misdirected", `was answered in ${to ?? "no conversation"}, and asked in ${said?.by ?? "none"}`);
    const ran = completed.findLast((each) => each.at < at);
    if (how === "whole" && ran?.text !== text) find("garbled", `was answered with "${text}", and the agent said "${ran?.text ?? ""}"`);
  }
  // The same fault of one message is one finding.
  return findings.filter(({ kind, text }, index) => findings.findIndex((other) => other.kind === kind && other.text === text) === index);
}

/** Replies of one conversation come in the order in which its messages were admitted. */
function disorder({ proves }: History, ways: readonly Way[]): Finding[] {
  const findings: Finding[] = [];
  for (const by of new Set(ways.flatMap(({ said }) => (said ? [said.by] : [])))) {
    const counted = ways.flatMap(({ id, said, asked, admitted, seen, isReported, mayExpire, wasRefusedByStore, again }) => {
      const [shown, came] = [seen.find(({ how }) => how === "whole")?.at, admitted[0]?.at];
      if (said?.by !== by || shown === undefined || came === undefined) return [];
      // Of these it is not known, or not to be had in order: they come when they are asked for again.
      const isLoose = isReported || mayExpire || wasRefusedByStore || again > 0 || (!proves && asked.some(({ at }) => at < shown));
      return isLoose ? [] : [{ id, shown, came }];
    });
    const expected = counted.toSorted((a, b) => a.came - b.came).map(({ id }) => id);
    const found = counted.toSorted((a, b) => a.shown - b.shown).map(({ id }) => id);
    const wrong = found.findIndex((id, index) => id !== expected[index]);
    if (wrong >= 0) findings.push({ kind: "disordered", id: found[wrong] ?? "", text: `conversation ${by} was answered in the order ${found.join(" ")}, not ${expected.join(" ")}` });
  }
  return findings;
}

/** A host that goes on by itself with what was given up says its answer to whoever asked, and to nobody else. */
function isLate({ to, text }: Extract<Event, { is: "unasked" }>, ways: readonly Way[]): boolean {
  return ways.some(({ said, isGivenUp, completed, seen }) => isGivenUp && said?.by === to && seen.every(({ how }) => how === "error") && completed.some((ran) => ran.text === text));
}

/** A reply of which nobody knew whether it had arrived goes out again when the peer asks again. */
function offences({ events, notices = [] }: History, ways: readonly Way[]): Finding[] {
  return events.flatMap((event, at): Finding[] => {
    if (event.is === "unasked" && isLate(event, ways)) return [];
    if (event.is === "unasked" && !notices.some((words) => event.text.startsWith(words))) return [{ kind: "misdirected", id: "", text: `"${event.text}" was said to ${event.to}, and answers nothing` }];
    if (event.is !== "broke") return [];
    const way = ways.find(({ id }) => id === event.id);
    // What was refused and came again crosses its own error on the way.
    const crosses = way?.wasRefusedByStore === true && way.asked.length > 0 && event.text.includes("after the error");
    // What cannot be looked up is turned away like what is new, though it was answered before.
    const again = way?.asked.findLast((asked) => asked.at < at);
    const isUnknown = again !== undefined && failsWithin(events, again.at, at) && /after the done|a second response/.test(event.text);
    const isKnown = way !== undefined && (way.mayExpire || way.again > 0 || crosses || isUnknown || (way.isReported && event.text.includes("second")));
    return isKnown ? [] : [{ kind: "forbidden", id: event.id ?? "", text: event.text }];
  });
}
