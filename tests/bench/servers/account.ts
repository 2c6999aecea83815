import { openJournal } from "../../../src/store/journal.ts";
import { startAccount } from "../../conformance/account.ts";
import { createScriptedAgent } from "../../support/scripted-agent.ts";
import { beginStory, type StoryOrder } from "./story.ts";

/**
 * A whole account of the websocket channel: edge, verifier, session, journal on disk, turns. `endpoint` is the verifier
 * that every connection is known by. Its agent tells stories.
 */
export async function serve(argument: string): Promise<string> {
  const { endpoint, journal } = JSON.parse(argument) as { endpoint: string; journal: string };
  const agent = createScriptedAgent({
    answer({ request: { inbound }, reply }) {
      const { promise, resolve } = Promise.withResolvers<{ ended: "completed" }>();
      reply.started();
      beginStory(JSON.parse(inbound.content.slice("story ".length)) as StoryOrder, reply.partial, (told) => {
        reply.payload({ text: told });
        resolve({ ended: "completed" });
      });
      return promise;
    },
  });
  // The greeting tells the load that it is in.
  const changes = { greeting: true, auth: { enabled: true, required: true, endpoint }, limits: { maxConnections: 100_000 } };
  const account = await startAccount(changes, agent, openJournal(journal, { remembered: 200 }));
  return account.url ?? "";
}
