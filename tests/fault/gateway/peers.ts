import type { SimulatorOptions } from "../../../src/testing/simulator/simulator.ts";
import { type Subject, subjects } from "../../support/subjects.ts";
import { type Channel, channels, type FourChannels } from "../../host/four.ts";
import { Application, type Patience } from "../application.ts";
import type { Event } from "../checker.ts";
import { createDialedPeer, type DialedPeer } from "../dialed-peer.ts";

/** Whoever talks to the gateway on all four channels, as those of the histories do: they send again what has no answer. */
export interface Peers {
  /** For the simulators of the three servers that are dialed. */
  simulators: { readonly [Name in "insta-claw" | "local-im" | "clawchat"]: SimulatorOptions<never> };
  attach(four: FourChannels): void;
  say(channel: Channel, id: string, by: string): void;
  /** Asks for all of this once more, where the wire has a way to do so. */
  askAgain(ids: ReadonlySet<string>, isSettled: () => boolean): Promise<void>;
  stop(): void;
}

/** A gateway that starts keeps a core busy for seconds. */
const patience: Patience = { pingMs: 2_000, deadAfterMs: 30_000, handshakeMs: 10_000, againMs: 200, retryMs: 1_000 };

/** To the host each conversation that a message names is a group, and a session. */
const sayDirectly: Subject["say"] = (simulator, { user, ...said }) => simulator.say({ ...said, user, session: user });

export interface PeersOptions {
  happened(event: Event): void;
  note(line: string): void;
}

export function createPeers({ happened, note }: PeersOptions): Peers {
  const applications = new Map<string, Application>();
  const dialed = new Map<Channel, DialedPeer>();
  let url = "";

  const peerOf = (name: Subject["name"], channel: Channel, more: Partial<Subject> = {}): DialedPeer => {
    const subject = subjects.find((each) => each.name === name);
    if (!subject) throw new Error(`tests/support/subjects.ts has no ${name}`);
    const peer = createDialedPeer({ subject: { ...subject, ...more }, redelivers: true, happened, note: (line) => note(`${name}: ${line}`) });
    dialed.set(channel, peer);
    return peer;
  };
  const [instaClaw, localIm, clawchat] = [peerOf("insta-claw", "insta-claw-connector", { say: sayDirectly }), peerOf("local-im", "nc-local-im-connector"), peerOf("clawchat", "clawchat")];

  const application = (user: string): Application => {
    const known = applications.get(user);
    if (known) return known;
    const made = new Application({ user, url: () => url, extended: applications.size % 2 === 0, patience, happened, note });
    applications.set(user, made);
    return made;
  };

  return {
    simulators: { "insta-claw": { tell: instaClaw.hear }, "local-im": { tell: localIm.hear }, clawchat: { tell: clawchat.hear } },
    attach({ websocket, servers }) {
      url = websocket.url;
      instaClaw.attach(servers["insta-claw"]);
      localIm.attach(servers["local-im"]);
      clawchat.attach(servers.clawchat);
    },
    say(channel, id, by) {
      const peer = dialed.get(channel);
      if (peer) peer.say(id, by);
      else application(by).say(id);
    },
    async askAgain(ids, isSettled) {
      for (const each of applications.values()) for (const id of ids) each.repeat(id);
      for (const channel of channels) await dialed.get(channel)?.askAll?.(isSettled);
    },
    stop() {
      for (const each of applications.values()) each.stop();
    },
  };
}
