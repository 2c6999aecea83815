import { afterEach, describe, expect, it } from "vitest";
import { type ClawLink, newMessageId } from "./claw-client.ts";
import { blockOf, type ClawSimulator, join, serve, settled, stopAll } from "./claw-world.ts";

afterEach(stopAll);

async function connect(options: Parameters<typeof join>[1] = {}, served: Parameters<typeof serve>[0] = {}): Promise<{ sim: ClawSimulator; link: ClawLink; home: string }> {
  const sim = await serve(served);
  const link = await join(sim, options);
  return { sim, link, home: blockOf(sim).homeConversationId };
}

const faults = (sim: ClawSimulator) => sim.violations.map(({ text }) => text);
const shown = (sim: ClawSimulator, id: string) => sim.server.view.messages.get(id);
describe("a stream", () => {
  it("CC-68 is shown as it grows, merged at its end, and replaced by what finishes it", async () => {
    const { sim, link, home } = await connect();
    const id = link.stream(home, ["Look", " 👀", " there"]);
    await settled(link);
    expect([sim.server.streams.get(id)?.texts, shown(sim, id), sim.replies.map(({ text, end }) => [text, end])]).toEqual([["Look 👀 there"], undefined, [["Look 👀 there", undefined]]]);
    link.end(home, id, "Look 👀 there", { sequence: 2 });
    await settled(link);
    expect(shown(sim, id)).toMatchObject({ text: "Look 👀 there", provisional: true, writes: 0 });
    const asked = sim.say({ text: "What?" });
    link.say(home, "Look 👀 there!", { event: "message.reply", messageId: id, replyTo: asked });
    expect((await sim.reply(asked)).text).toBe("Look 👀 there!");
    expect(shown(sim, id)).toMatchObject({ text: "Look 👀 there!", provisional: false, writes: 1 });
    expect(sim.replies).toEqual([expect.objectContaining({ text: "Look 👀 there!", end: { how: "completed" } })]);
    expect(faults(sim)).toEqual([]);
  });

  it("may have no piece at all, and leaves nothing when it fails", async () => {
    const { sim, link, home } = await connect();
    const whole = link.stream(home, []);
    link.end(home, whole, "At once", { sequence: 0 });
    const failed = link.stream(home, ["Oh"]);
    link.end(home, failed, "Oh", { sequence: 0, how: "failed" });
    await settled(link);
    expect([shown(sim, whole)?.text, shown(sim, failed), sim.server.streams.get(failed)?.ended]).toEqual(["At once", undefined, "failed"]);
    expect(sim.replies.map(({ end }) => end?.how)).toEqual(["completed", "failed"]);
    expect(faults(sim)).toEqual([]);
  });

  it("CC-69 goes away with its link, and the whole answer comes with its id", async () => {
    const { sim, link, home } = await connect();
    const id = link.stream(home, ["Half"]);
    await settled(link);
    await link.crash();
    const second = await join(sim);
    expect([sim.server.streams.get(id)?.ended, sim.replies[0]?.end]).toEqual(["aborted", { how: "incomplete" }]);
    second.say(home, "Half and half", { event: "message.reply", messageId: id });
    await second.frame("message.ack");
    expect(sim.replies).toEqual([expect.objectContaining({ text: "Half and half", end: { how: "completed" } })]);
    expect(faults(sim)).toEqual([]);
  });

  it.each<[string, (link: ClawLink, home: string) => void, string]>([
    ["a hole", (link, home) => void link.send("message.add", addOf(link.stream(home, ["a"]), 2, "ab", "b"), { chat_id: home }), "as sequence, expected 1"],
    ["text from nowhere", (link, home) => void link.send("message.add", addOf(link.stream(home, ["a"]), 1, "xb", "b"), { chat_id: home }), "the text before and delta are not text"],
    ["another sequence inside", (link, home) => void link.send("message.add", { ...addOf(link.stream(home, ["a"]), 1, "ab", "b"), streaming: addOf("", 5, "", "").streaming }, { chat_id: home }), "as streaming.sequence"],
    ["another end", (link, home) => link.end(home, link.stream(home, ["a"]), "b", { sequence: 0 }), "another text than the last"],
    ["another last sequence", (link, home) => link.end(home, link.stream(home, ["a"]), "a", { sequence: 4 }), "as streaming.sequence, expected 0"],
    [
      "two ends",
      (link, home) => {
        const id = link.stream(home, ["a"]);
        for (const how of ["done", "failed"] as const) link.end(home, id, "a", { sequence: 0, how });
      },
      "came after the stream",
    ],
    ["no beginning", (link, home) => link.end(home, newMessageId(), "a", { sequence: 0 }), "which no message.created has begun"],
    ["a second beginning", (link, home) => void link.stream(home, [], link.stream(home, ["a"])), "which was used before"],
  ])("CC-67 is against the rules with %s", async (_what, act, fault) => {
    const { sim, link, home } = await connect();
    act(link, home);
    await settled(link);
    expect(faults(sim).join()).toContain(fault);
  });

  it("is against the rules in another chat than it began", async () => {
    const { sim, link, home } = await connect();
    link.end(sim.server.world.group("harbour").id, link.stream(home, ["a"]), "a", { sequence: 0 });
    await settled(link);
    expect(faults(sim)).toEqual([expect.stringContaining("is in another chat than its message.created")]);
  });

  it.each<[string, { delta: string } | object, string, string]>([
    ["a delta at its end", { delta: "a" }, "a", "there is no field of this name"],
    ["half of a character at its end", {}, "\ud83d", "half of a character"],
  ])("CC-68 is against the rules with %s", async (_what, more, text, fault) => {
    const { sim, link, home } = await connect();
    const streaming = { status: "failed", sequence: 0, mutation_policy: "append_text_only", started_at: null, completed_at: 2 };
    link.send("message.failed", { message_id: link.stream(home, ["a"]), fragments: [{ kind: "text", text, ...more }], streaming, completed_at: 2 }, { chat_id: home });
    await settled(link);
    expect(faults(sim)).toEqual([expect.stringContaining(fault)]);
  });

  it("is against the rules on another link than it began", async () => {
    const { sim, link, home } = await connect();
    const other = await join(sim, { deviceId: "other" });
    const id = link.stream(home, ["a"]);
    await settled(link);
    other.end(home, id, "a", { sequence: 0 });
    await settled(other);
    expect(faults(sim)).toEqual([`message.done goes on with the stream ${id}, which began on another link`]);
  });

  it("that thinks is no answer", async () => {
    const { sim, link, home } = await connect();
    const id = newMessageId();
    link.send("message.created", { message_id: id, message_mode: "thinking" }, { chat_id: home });
    link.send("message.add", addOf(id, 0, "hm", "hm"), { chat_id: home });
    await settled(link);
    expect(sim.replies).toEqual([expect.objectContaining({ text: "", thought: "hm" })]);
  });
});

function addOf(messageId: string, sequence: number, text: string, delta: string) {
  const streaming = { status: "streaming", sequence, mutation_policy: "append_text_only", started_at: null, completed_at: null };
  return { message_id: messageId, sequence, mutation: { type: "append", target_fragment_index: 0 }, fragments: [{ kind: "text", text, delta }], streaming, added_at: 1 };
}
