import { system } from "../../src/core/system.ts";
import type { LinkProfile } from "../../src/link/link.ts";
import { openJournal } from "../../src/store/journal.ts";
import type { Report } from "../../src/testing/conformance/report.ts";
import { suiteOf } from "../../src/testing/conformance/suites.ts";
import type { Simulator } from "../../src/testing/simulator/simulator.ts";
import { type Spoils, startSpoiler } from "../support/spoiler.ts";
import { subjects } from "../support/subjects.ts";
import { silentLog } from "../support/virtual.ts";
import { createStoryteller } from "./account.ts";
import { judge } from "./judge.ts";

/** Runs the suite while our own account dials it, through something that spoils what it says. */
export async function judgeClient(name: (typeof subjects)[number]["name"], spoils: Spoils, { pace = "quick", rule }: { pace?: "quick" | "documented"; rule?: string } = {}): Promise<Report> {
  const subject = subjects.find((each) => each.name === name);
  if (!subject) throw new Error(`${name} is missing`);
  return await judge(
    suiteOf(name, "client"),
    async (url, config) => {
      const spoiler = await startSpoiler(url, spoils);
      const account = await subject.open({
        // Only the configuration of a simulator is looked at, and that is what the suite tells.
        simulator: { config } as Simulator,
        address: `ws://127.0.0.1:${new URL(spoiler.url).port}`,
        agent: createStoryteller(),
        journal: openJournal(":memory:", { remembered: 200 }),
        system,
        log: silentLog,
        hasten: pace === "documented" ? (link) => link : hasten,
      });
      return {
        async stop() {
          await account.stop();
          await spoiler.stop();
        },
      };
    },
    { timeoutMs: pace === "documented" ? 8000 : 2500 },
    rule === undefined ? {} : { rule },
  );
}

/** Dials again at once, which saves the test its time and breaks a rule of every protocol. */
function hasten(link: LinkProfile): LinkProfile {
  return { ...link, backoff: { ...link.backoff, baseMs: 10, jitterMs: 10, floorMs: 10 }, provenMs: 10 };
}
