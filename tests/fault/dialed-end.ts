import { join } from "node:path";
import type { LinkProfile } from "../../src/link/link.ts";
import { dialSocket } from "../../src/link/shell.ts";
import type { Dial } from "../../src/link/socket.ts";
import { startChaosProxy } from "../../src/testing/chaos-proxy.ts";
import { type News, type Simulator, startSimulator } from "../../src/testing/simulator/simulator.ts";
import type { Subject } from "../support/subjects.ts";
import { createDialedPeer } from "./dialed-peer.ts";
import type { FarEnd, FarEndStage } from "./far-end.ts";
import type { DoorFault } from "./plan.ts";

/** The numbers of a real link, a thousand times faster, so that a history takes about a second. */
function hasten(profile: LinkProfile): LinkProfile {
  const backoff = { ...profile.backoff, baseMs: 10, maxMs: 60, jitterMs: 10, floorMs: 20 };
  return { ...profile, backoff, provenMs: 300, handshakeMs: 600, pingMs: 120, deadAfterMs: 400, ...(profile.readyMs !== undefined && { readyMs: 600 }) };
}

/** The server that a plugin dials, in one of its simulators. */
export async function startDialedEnd(subject: Subject, { plan, folder, happened, note, pass }: FarEndStage): Promise<FarEnd> {
  const peer = createDialedPeer({ subject, redelivers: plan.redelivers, happened, note });
  let calls = 0;
  const tell = (news: News): void => {
    peer.hear(news);
    if (news.news === "call") calls += 1;
    if (news.news !== "frame" || news.frame.from !== "server" || !news.frame.text.includes('"hello-fail"')) return;
    const before = calls;
    // Who is refused and asks for no new tokens may not, for half a minute around the last try (CC-73), wherever the clock was set since.
    setTimeout(() => void (calls === before && pass(BETWEEN_REFRESHES_MS)), 20);
  };
  const simulator: Simulator = await startSimulator(subject.name, { tell });
  peer.attach(simulator);
  const proxy = await startChaosProxy({ target: simulator.port });

  return {
    keepsAll: peer.keeps,
    proves: true,
    repeatMs: REPEAT_MS,
    proxy,
    get links() {
      return simulator.links.length;
    },
    async open(life, log) {
      // The system ends the sockets of a killed process, those too that it is just opening.
      const dial: Dial = (target, profile, ears) => {
        const socket = dialSocket(target, profile, ears);
        life.onKill(() => socket.terminate());
        return socket;
      };
      return await subject.open({
        simulator,
        address: proxy.url.replace(/\/$/, ""),
        restUrl: `http://127.0.0.1:${simulator.port}`,
        agent: life.agent,
        journal: life.journal,
        system: life.system,
        log,
        hasten,
        dial,
        loginFile: join(folder, "login.sqlite"),
        isAlive: () => life.isAlive,
      });
    },
    say: peer.say,
    duplicate: peer.duplicate,
    ...(peer.keeps && {
      // The access token is refused, and its renewal fails before it succeeds.
      spoilDoor(how) {
        simulator.control("http", `refresh ${doorFaults[how]}`);
        simulator.control("expire");
        simulator.drop();
      },
    }),
    isWaiting: peer.isWaiting,
    ...(peer.askAll && { askAll: peer.askAll }),
    async stop() {
      await proxy.stop();
      note("the proxy has stopped");
      await simulator.stop();
      note("the simulator has stopped");
    },
  };
}

const BETWEEN_REFRESHES_MS = 31_000;
const doorFaults = { slow: "slow:200", down: "drop", failing: "503" } as const satisfies Readonly<Record<DoorFault, string>>;

/** The shortest of the wires that dial; what is forgotten later than that is forgotten too early for nobody. */
const REPEAT_MS = 300_000;
