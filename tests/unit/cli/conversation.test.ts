import { describe, expect, it } from "vitest";
import type { ChatSent } from "../../../generated/websocket/index.ts";
import { heard, said, silence, unanswered, type Conversation, type Show } from "../../../src/cli/chat/conversation.ts";

const stream = (messageId: string, content: string): ChatSent => ({ type: "chat.stream", messageId, content, done: false });
const response = (messageId: string, content: string): ChatSent => ({ type: "chat.response", messageId, content, done: true });
const typing: ChatSent = { type: "chat.typing" };

function play(conversation: Conversation, ...frames: ChatSent[]): { conversation: Conversation; shows: Show[] } {
  const shows: Show[] = [];
  for (const frame of frames) {
    const next = heard(conversation, frame);
    conversation = next.conversation;
    shows.push(...next.shows);
  }
  return { conversation, shows };
}

const asked = said(silence, "a");

describe("a conversation in the terminal", () => {
  it("shows only what is new of a text that grows", () => {
    expect(play(asked, typing, stream("a", "It"), stream("a", "It closes"), response("a", "It closes at eight.")).shows).toEqual([
      { show: "typing" },
      { show: "more", text: "It" },
      { show: "more", text: " closes" },
      { show: "more", text: " at eight." },
      { show: "answered", id: "a", text: "It closes at eight.", media: [] },
    ]);
  });

  it("shows a text anew that takes back what was shown", () => {
    expect(play(asked, stream("a", "Let me see"), response("a", "Eight.")).shows).toEqual([
      { show: "more", text: "Let me see" },
      { show: "anew", text: "Eight." },
      { show: "answered", id: "a", text: "Eight.", media: [] },
    ]);
  });

  it("does not call typing what is already speaking, nor when nothing was asked", () => {
    expect(play(asked, stream("a", "It"), typing).shows).toEqual([{ show: "more", text: "It" }]);
    expect(play(silence, typing).shows).toEqual([]);
  });

  it("keeps answers apart that grow at the same time, and shows them in the order of the questions", () => {
    const both = said(asked, "b");
    const { shows, conversation } = play(both, stream("b", "Sec"), stream("a", "Fir"), response("b", "Second"), response("a", "First"));
    expect(shows).toEqual([
      { show: "more", text: "Fir" },
      { show: "more", text: "st" },
      { show: "answered", id: "a", text: "First", media: [] },
      { show: "more", text: "Second" },
      { show: "answered", id: "b", text: "Second", media: [] },
    ]);
    expect(conversation).toEqual(silence);
  });

  it("counts an answer as given though it cannot be shown yet", () => {
    const { conversation } = play(said(asked, "b"), response("b", "Second"));
    expect(unanswered(conversation)).toEqual(["a"]);
  });

  it("ends a question with the error it got, whatever was shown of it", () => {
    expect(play(asked, stream("a", "It"), { type: "chat.error", messageId: "a", error: "The agent is away" }).shows.at(-1)).toEqual({ show: "failed", id: "a", error: "The agent is away" });
  });

  it("says nothing twice when an answer is repeated after a lost connection", () => {
    const { shows } = play(asked, response("a", "Eight."), response("a", "Eight."), { type: "chat.error", messageId: "a", error: "late" });
    expect(shows.filter((show) => show.show !== "more")).toEqual([{ show: "answered", id: "a", text: "Eight.", media: [] }]);
  });

  it("holds on to the first end of a question that is not shown yet", () => {
    const { shows } = play(said(asked, "b"), response("b", "Second"), { type: "chat.error", messageId: "b", error: "late" }, response("a", "First"));
    expect(shows.at(-1)).toEqual({ show: "answered", id: "b", text: "Second", media: [] });
  });

  it("passes on what the agent says by itself, and errors about no message", () => {
    expect(play(asked, response("srv_1", "The library closes soon."), { type: "chat.error", error: "Failed to parse message" }).shows).toEqual([
      { show: "notice", text: "The library closes soon." },
      { show: "warning", text: "Failed to parse message" },
    ]);
  });

  it("names the attachments of an answer", () => {
    const frame: ChatSent = { type: "chat.response", messageId: "a", content: "Here.", done: true, mediaUrls: ["https://example.org/a.png"] };
    expect(play(asked, frame).shows.at(-1)).toEqual({ show: "answered", id: "a", text: "Here.", media: ["https://example.org/a.png"] });
  });
});
