import { drainSystemEvents, enqueueSystemEvent } from "openclaw/plugin-sdk/infra-runtime";
import { afterEach, describe, expect, it } from "vitest";
import { routeOf } from "../../../src/channel/access.ts";
import { tellAct } from "../../../src/channel/act-events.ts";
import type { Act } from "../../../src/protocols/acts.ts";
import { fakeHost, inboundOf } from "./fake-host.ts";

const host = fakeHost({});
Object.assign(host.runtime, { system: { enqueueSystemEvent } });
const { sessionKey } = routeOf(host, inboundOf());
let now = 0;
const tell = (act: Act) => tellAct(host, { act, inbound: inboundOf({ receivedAt: (now += 1) }), messageId: "m-1", isOwn: true });
const add: Act = { act: "react", emoji: "👍", isRemoval: false };
const remove: Act = { ...add, isRemoval: true };

afterEach(() => void drainSystemEvents(sessionKey));

describe("what the agent is told before its next message", () => {
  it("ends with what was done last, where it was done, undone and done again", () => {
    for (const act of [add, remove, add]) tell(act);
    expect(drainSystemEvents(sessionKey)).toEqual(["added", "removed", "added"].map((what) => `WebSocket reaction ${what}: 👍 by ann on msg m-1`));
    for (const content of ["six", "seven", "six"]) tell({ act: "edit", content });
    expect(drainSystemEvents(sessionKey).at(-1)).toContain('"six"');
  });
});
