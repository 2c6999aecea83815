import { describe, expect, it } from "vitest";
import { createThreading } from "../../../src/channel/threading.ts";
import { websocketToolGuard } from "../../../src/channel/websocket.ts";

const threading = createThreading(websocketToolGuard.channel.addresses);
const contextOf = (about: { To?: string; MessageThreadId?: string }) => threading.buildToolContext?.({ cfg: {}, context: about });
const threadFor = (to: string, about: { To?: string; MessageThreadId?: string }) => {
  const toolContext = contextOf(about);
  return threading.resolveAutoThreadId?.({ cfg: {}, to, ...(toolContext && { toolContext }) });
};

describe("what the agent sends with a tool", () => {
  it("stays in the thread in which it is spoken to", () => {
    expect(contextOf({ To: "ws:user:ann" })).toEqual({ currentChannelId: "ws:user:ann" });
    expect(threadFor("ws:user:ann", { To: "ws:user:ann", MessageThreadId: "t-1" })).toBe("t-1");
    expect(threadFor("ann", { To: "ws:user:ann", MessageThreadId: "t-1" })).toBe("t-1");
    expect(threadFor("ws:user:ann", { To: "ws:user:ann" })).toBeUndefined();
  });

  it("takes the thread into no other conversation", () => {
    for (const to of ["ws:user:bob", "ws:group:ann", "ws:user:Ann", "@ann"]) expect(threadFor(to, { To: "ws:user:ann", MessageThreadId: "t-1" })).toBeUndefined();
    expect(threadFor("ws:user:ann", { MessageThreadId: "t-1" })).toBeUndefined();
  });
});
