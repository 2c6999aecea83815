import { describe, it } from "vitest";
import type { Report } from "../../src/testing/conformance/report.ts";
import { suiteOf } from "../../src/testing/conformance/suites.ts";
import type { Spoils } from "../support/spoiler.ts";
import { subjects } from "../support/subjects.ts";
import { judgeClient } from "./clients.ts";
import { at, type Fields } from "./spoils.ts";
import { deviationsIn } from "./suite.ts";

const hasty = { "insta-claw": ["IC-3"], "local-im": ["LI-5"], clawchat: ["CC-12", "CC-13"] } as const;

/** What this account and this agent have no occasion to show, or not within the time of a test. */
const unseen = { "insta-claw": [], "local-im": ["LI-14"], clawchat: ["CC-11", "CC-80"] } as const;

const typed = (type: string) => (frame: Fields) => frame["type"] === type;
const eventOf = (frame: Fields): Fields => (typeof frame["data"] === "object" && frame["data"] !== null ? (frame["data"] as Fields) : typeof frame["data"] === "string" ? (JSON.parse(frame["data"]) as Fields) : frame);
const holds = (type: string) => (frame: Fields) => eventOf(frame)["type"] === type;

/** The client takes the second copy of a message for another one. */
function forgetful(): Spoils {
  const seen = new Set<unknown>();
  return {
    fromServer: at(typed("message"), (frame) => {
      const isRepeat = seen.has(frame["messageId"]);
      seen.add(frame["messageId"]);
      return [isRepeat ? { ...frame, messageId: `${String(frame["messageId"])}-again` } : frame];
    }),
  };
}

function newPartsOnly(): Spoils {
  let before = "";
  return {
    fromClient: at(typed("stream"), (frame) => {
      const content = String(frame["content"]);
      const part = content.startsWith(before) ? content.slice(before.length) : content;
      before = content;
      return part === "" ? [frame] : [{ ...frame, content: part }];
    }),
  };
}

/** Shows the token of its connect in a frame that is for everybody. */
function talkative(): Spoils {
  let token = "";
  return {
    fromClient(text) {
      const frame = JSON.parse(text) as { event: string; payload: { token?: string } };
      token ||= frame.payload.token ?? "";
      return [frame.event === "typing.update" ? JSON.stringify({ ...frame, trace_id: token }) : text];
    },
  };
}

const wrongs: readonly (readonly [protocol: keyof typeof hasty, what: string, rules: readonly string[], spoils: () => Spoils])[] = [
  ["local-im", "never ends an answer", ["LI-11"], () => ({ fromClient: at(typed("done"), () => []) })],
  ["local-im", "ends an answer twice", ["LI-11"], () => ({ fromClient: at(typed("done"), (frame) => [frame, frame]) })],
  ["local-im", "answers a repeat", ["LI-10"], forgetful],
  ["local-im", "sends new parts as partial texts", ["LI-13"], newPartsOnly],
  ["local-im", "never answers a ping", ["LI-9"], () => ({ fromClient: at(typed("pong"), () => []) })],
  ["local-im", "does not name its extensions", ["LI-3"], () => ({ dials: ({ headers }) => ({ headers: { ...headers, "x-local-im-extensions": undefined } }) })],
  ["local-im", "sends a field that the document does not have", ["schema"], () => ({ fromClient: at(typed("error"), (frame) => [{ ...frame, mood: "good" }]) })],
  ["insta-claw", "never ends an answer", ["IC-20"], () => ({ fromClient: at(holds("response.completed"), () => []) })],
  ["insta-claw", "never answers a ping", ["IC-30"], () => ({ fromClient: at((frame) => /pong/i.test(String(frame["type"])), () => []) })],
  ["insta-claw", "shows its secret in the address", ["IC-1"], () => ({ dials: ({ url = "", headers }) => ({ url: `${url}?secret=${String(headers["x-app-secret"])}`, headers }) })],
  ["clawchat", "acknowledges nothing", ["CC-48"], () => ({ fromClient: at(({ event }) => event === "message.sync_ack", () => []) })],
  ["clawchat", "shows its token", ["CC-90"], talkative],
];

/** Leaves out what fits on the second connection and later. */
function leavesOutLater(fits: (frame: Fields) => boolean): Spoils {
  const connections: unknown[] = [];
  return {
    fromClient(text, request) {
      if (!connections.includes(request)) connections.push(request);
      return connections.indexOf(request) === 0 ? [text] : at(fits, () => [])(text);
    },
  };
}

describe.concurrent("the conformance kit at a client that dials", () => {
  it.for(subjects.map(({ name }) => name))("finds nothing wrong with ours of %s but that this one dials again at once", { timeout: 180_000 }, async (name, { expect }) => {
    const report = await judgeClient(name, {});
    expect(brokenIn(report).filter((rule) => !hasty[name].some((known) => known === rule)), deviationsIn(report).join("\n")).toEqual([]);
    expect(brokenIn(report)).toContain(hasty[name][0]);
    const checked = new Set(suiteOf(name, "client").checks.flatMap(({ rules }) => rules));
    const silent = report.rules.filter(({ rule, verdict }) => checked.has(rule) && verdict === "not observed").map(({ rule }) => rule);
    expect(silent.filter((rule) => !unseen[name].some((known) => known === rule))).toEqual([]);
  });

  it.for([["local-im", "LI-5"], ["insta-claw", "IC-3"], ["clawchat", "CC-12"], ["clawchat", "CC-13"]] as const)("finds that ours of %s keeps %s at its own pace", { timeout: 60_000 }, async ([name, rule], { expect }) => {
    const report = await judgeClient(name, {}, { pace: "documented", rule });
    expect(report.rules.map(({ verdict, why }) => why ?? verdict)).toEqual(["passed"]);
  });

  it.for([
    ["local-im", "LI-20", typed("done")],
    ["insta-claw", "IC-23", holds("response.completed")],
  ] as const)("says of one of %s that forgets an answer whose connection was cut that it breaks %s", { timeout: 60_000 }, async ([name, rule, fits], { expect }) => {
    const verdictOf = async (spoils: Spoils) => (await judgeClient(name, spoils, { rule })).rules.map(({ verdict, why }) => why ?? verdict);
    expect(await verdictOf({})).toEqual(["passed"]);
    expect(await verdictOf(leavesOutLater(fits))).toEqual(["failed"]);
  });

  it.for(wrongs)("says of one of %s that %s which rule it breaks: %s", { timeout: 180_000 }, async ([name, , rules, spoils], { expect }) => {
    const report = await judgeClient(name, spoils());
    expect(brokenIn(report).filter((rule) => !hasty[name].some((known) => known === rule)), deviationsIn(report).join("\n")).toEqual(rules);
  });
});

function brokenIn({ rules }: Report): string[] {
  return rules.filter(({ verdict }) => verdict === "failed").map(({ rule }) => rule);
}
