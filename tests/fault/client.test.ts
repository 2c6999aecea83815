import { describe, expect, it } from "vitest";
import { type Chat, connect } from "../../src/client/index.ts";
import { createRandom } from "../../src/testing/chaos/random.ts";
import { planFaults, startChaosProxy, type TimedFault } from "../../src/testing/chaos-proxy.ts";
import { type Changes, startAccount } from "../conformance/account.ts";
import { createScriptedAgent, type ScriptedAgent } from "../support/scripted-agent.ts";

const HISTORIES = 200;
const AT_ONCE = 20;
const FOR_MS = 700;

interface Plan {
  faults: readonly TimedFault[];
  saysAt: readonly number[];
  pieces: number;
  everyMs: number;
  streamMode: "cumulative" | "delta";
  group: boolean;
}

/** A function of the seed alone. */
function planOf(seed: number): Plan {
  const random = createRandom(seed);
  return {
    faults: planFaults(seed, { forMs: FOR_MS, quietMs: 60, longestMs: 250 }),
    saysAt: Array.from({ length: random.whole(3, 7) }, () => random.whole(0, FOR_MS)),
    pieces: random.whole(1, 8),
    everyMs: random.whole(0, 40),
    streamMode: random.pick(["cumulative", "cumulative", "delta"]),
    group: random.pick([true, false, false]),
  };
}

const pieceOf = (messageId: string, index: number): string => `${index} of ${messageId}. `;
const textOf = (messageId: string, pieces: number): string => Array.from({ length: pieces }, (_, index) => pieceOf(messageId, index)).join("");

function createTeller({ pieces, everyMs }: Plan): ScriptedAgent {
  return createScriptedAgent({
    async answer({ request: { inbound }, reply }) {
      reply.started();
      for (let told = 1; told <= pieces; told += 1) {
        reply.partial(textOf(inbound.messageId, told));
        await new Promise((resolve) => void setTimeout(resolve, everyMs));
      }
      reply.payload({ text: textOf(inbound.messageId, pieces) });
      return { ended: "completed" };
    },
  });
}

interface Told {
  /** What the parts of the reply added up to. */
  parts: string;
  replaced: number;
  /** How often `done` or the loop ended. */
  ends: string[];
}

async function listenTo(chat: Chat, messageId: string, group: string | undefined): Promise<Told> {
  const told: Told = { parts: "", replaced: 0, ends: [] };
  const reply = chat.send(`question ${messageId}`, { messageId, ...(group !== undefined && { group }) });
  for await (const { text, delta, replaced } of reply) {
    told.parts = replaced ? text : told.parts + delta;
    if (replaced) told.replaced += 1;
    if (told.parts !== text) told.ends.push(`the parts are not the text: ${told.parts}`);
  }
  told.ends.push((await reply.done).text);
  return told;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

/** One history; resolves to what was wrong in it, and counts. */
async function liveThrough(seed: number): Promise<{ wrong: string[]; links: number; faults: string[] }> {
  const plan = planOf(seed);
  const agent = createTeller(plan);
  const changes: Changes = { streamMode: plan.streamMode };
  const account = await startAccount(changes, agent);
  const proxy = await startChaosProxy({ target: Number(new URL(account.url).port) });
  const chat = connect({ url: `${proxy.url}ws`, senderId: `user-${seed}`, backoff: { baseMs: 5, maxMs: 60 } });
  const wrong: string[] = [];
  let links = 0;
  chat.on("state", ({ kind }) => void (links += kind === "open" ? 1 : 0));
  chat.on("fault", ({ code, text }) => void wrong.push(`fault ${code}: ${text}`));
  chat.on("message", ({ messageId }) => void wrong.push(`an answer came as something that nobody asked for: ${messageId}`));
  try {
    const played = proxy.play(plan.faults);
    const all = plan.saysAt.map(async (atMs, index) => {
      await pause(atMs);
      const messageId = `m-${seed}-${index}`;
      const told = await listenTo(chat, messageId, plan.group ? "club" : undefined);
      const expected = textOf(messageId, plan.pieces);
      if (told.parts !== expected) wrong.push(`${messageId}: parts ${JSON.stringify(told.parts)}`);
      if (told.replaced > 0) wrong.push(`${messageId}: something was shown twice`);
      if (told.ends.length !== 1 || told.ends[0] !== expected) wrong.push(`${messageId}: ended with ${JSON.stringify(told.ends)}`);
    });
    const late = pause(FOR_MS + 15_000).then(() => "late");
    if ((await Promise.race([Promise.all(all), late])) === "late") wrong.push("not everything was answered");
    proxy.calm();
    await played;
    const runs = plan.saysAt.map((_, index) => `m-${seed}-${index}`);
    if (agent.began.toSorted().join() !== runs.toSorted().join()) wrong.push(`the agent ran ${agent.began.join()}`);
  } catch (thrown) {
    wrong.push(String(thrown));
  } finally {
    chat.close();
    await proxy.stop();
    await account.stop();
  }
  return { wrong: wrong.map((each) => `seed ${seed}: ${each}`), links, faults: proxy.applied.map(({ fault }) => fault) };
}

describe("the client on a bad network", () => {
  it(`WS-14 WS-20 has each message answered once, with all that was said and nothing twice, in ${HISTORIES} histories`, { timeout: 300_000 }, async () => {
    const seeds = Array.from({ length: HISTORIES }, (_, index) => index + 1);
    const results: Awaited<ReturnType<typeof liveThrough>>[] = [];
    const work = async (): Promise<void> => {
      for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) results.push(await liveThrough(seed));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    expect(results.flatMap(({ wrong }) => wrong)).toEqual([]);
    const links = results.reduce((sum, { links: each }) => sum + each, 0);
    const faults = results.flatMap((each) => each.faults);
    console.log(`client: ${results.length} histories, ${links} connections, ${faults.length} faults`);
    // The histories are worth something only when much happens in them.
    expect(links).toBeGreaterThan(2 * HISTORIES);
    expect(new Set(faults).size).toBe(8);
  });
});
