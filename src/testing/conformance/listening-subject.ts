import { system } from "../../core/system.ts";
import type { RemoteServer } from "../simulator/protocol.ts";
import type { AnyProtocol, ServerOf } from "../simulator/protocols.ts";
import type { FrameRecord, Reply } from "../simulator/record.ts";
import { type News, type Saying, type Simulator, startSimulator } from "../simulator/simulator.ts";
import type { SimulatorLink } from "../simulator/link.ts";
import { Broken, type ConformOptions, type Fault, type Seen, type Subject, Unreachable, Unseen } from "./check.ts";
import { schemaRule } from "./rulebook.ts";

/** Which rule a sentence of the simulator is about; the first that fits. */
export type FaultRules = readonly (readonly [sentence: RegExp, rule: string])[];

/** A client under test, and the server that the kit plays for it. */
export class ListeningSubject<Server extends RemoteServer = RemoteServer> implements Subject {
  readonly options: ConformOptions;
  readonly simulator: Simulator<Server>;
  readonly #journal: Journal;
  #mark = 0;

  constructor(options: ConformOptions, simulator: Simulator<Server>, journal: Journal) {
    this.options = options;
    this.simulator = simulator;
    this.#journal = journal;
  }

  get timeoutMs(): number {
    return this.options.timeoutMs;
  }

  begin(): void {
    this.#mark = this.simulator.frames.length;
    this.#journal.faults.length = 0;
  }

  frames(): readonly Seen[] {
    return this.simulator.frames.slice(this.#mark).map(({ from, text }) => ({ from: from === "plugin" ? "peer" : "kit", text }));
  }

  faults(): readonly Fault[] {
    return [...this.#journal.faults];
  }

  secrets(): readonly string[] {
    const { server, links } = this.simulator;
    const known = "secrets" in server && Array.isArray(server.secrets) ? server.secrets.map(String) : [];
    const shown = links.flatMap(({ request: { headers } }) => [headers.authorization?.replace(/^Bearer /, ""), headers["x-app-secret"]]);
    return [...known, ...shown.flat().filter((secret) => secret !== undefined)];
  }

  async rest(): Promise<void> {}

  async close(): Promise<void> {
    await this.simulator.stop();
  }

  /** The open link, waited for where the client is about to come back. */
  async link(after?: SimulatorLink): Promise<SimulatorLink> {
    return this.simulator.link({ timeoutMs: this.timeoutMs, ...(after && { after }) }).catch(() => {
      throw new Unseen(`the client was not connected, and did not come back within ${this.timeoutMs} ms`);
    });
  }

  /** Says something when there is somebody to hear it. */
  async say(saying: Saying): Promise<string> {
    await this.link();
    return this.simulator.say(saying);
  }

  async reply(messageId: string): Promise<Reply | undefined> {
    return this.simulator.reply(messageId, this.timeoutMs).catch(() => undefined);
  }

  /** The reply to a message; without one there is nothing to judge by. */
  async replied(saying: Saying): Promise<Reply> {
    const reply = await this.reply(await this.say(saying));
    if (!reply) throw new Unseen(`a message was not answered within ${this.timeoutMs} ms; give more time with --timeout`);
    return reply;
  }

  /** Whether this one is answered, too: a client that answers nothing at all breaks another rule. */
  async expectReply(saying: Saying): Promise<Reply> {
    const reply = await this.reply(await this.say(saying));
    if (reply) return reply;
    if (!this.simulator.replies.some(({ end }) => end)) throw new Unseen("no message was answered so far");
    throw new Broken("an answer", "none");
  }

  /** The first frame of the client from here on that fits. */
  async frame(fits: (frame: FrameRecord) => boolean, act: () => void): Promise<FrameRecord | undefined> {
    await this.link();
    const before = this.simulator.frames.length;
    act();
    return this.simulator.until(() => this.simulator.frames.slice(before).find((frame) => frame.from === "plugin" && fits(frame)), "it", this.timeoutMs).catch(() => undefined);
  }

  /** Ends the link without a word, and returns the one that follows and how long it took. */
  async dropped(end: () => void = () => this.simulator.drop()): Promise<{ link: SimulatorLink; ms: number }> {
    const before = await this.link();
    const at = system.now();
    end();
    const link = await this.link(before);
    return { link, ms: link.openedAt - at };
  }
}

interface Journal {
  faults: Fault[];
  last: FrameRecord | undefined;
}

/** Plays the server, and waits for a client that is let in. */
export async function listenFor<Protocol extends AnyProtocol>(protocol: Protocol, options: ConformOptions, rules: FaultRules): Promise<ListeningSubject<ServerOf<Protocol>>> {
  const journal: Journal = { faults: [], last: undefined };
  const { account, token, port, timeoutMs } = options;
  const simulator = await startSimulator(protocol, { port, tell: (news) => note(journal, news, rules), ...(account !== undefined && { accounts: { [account]: token ?? "" } }) });
  options.listening(simulator.url, simulator.config);
  try {
    await simulator.link({ timeoutMs });
  } catch (cause) {
    const { refusals, url, frames } = simulator;
    const turnedAway = refusals.at(-1);
    const heard = frames.at(-1);
    await simulator.stop();
    const why = turnedAway ? `: the last one was turned away, ${turnedAway.why}` : heard ? `: one came, and the last frame was ${heard.text.slice(0, 200)}` : "";
    throw new Unreachable(`no client got through at ${url} within ${timeoutMs / 1000} s${why}`, { cause });
  }
  return new ListeningSubject(options, simulator, journal);
}

/** A fault is told right after the frame that it is about. */
function note(journal: Journal, news: News, rules: FaultRules): void {
  if (news.news === "frame") journal.last = news.frame;
  if (news.news !== "violation") return;
  const { text } = news.violation;
  const { last } = journal;
  const isForm = last?.check.ok === false && last.check.detail === text;
  const rule = isForm ? schemaRule : ruleOf(text, rules);
  journal.faults.push({ rule, expected: isForm ? "a frame of the document" : `what ${rule === schemaRule ? "the document" : rule} says`, got: text, ...(last && { frame: last.text }) });
}

export function ruleOf(sentence: string, rules: FaultRules): string {
  return rules.find(([pattern]) => pattern.test(sentence))?.[1] ?? schemaRule;
}
