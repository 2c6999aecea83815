import { describe, expect, it } from "vitest";
import type { Activity, Said } from "../../../src/protocols/turn.ts";
import { createSpeech } from "../../../src/channel/speech.ts";

function listen() {
  const payloads: Said[] = [];
  const heard: string[] = [];
  const activities: Activity[] = [];
  const speech = createSpeech({
    mode: (mode) => void heard.push(`mode ${mode}`),
    activity: (activity) => void activities.push(activity),
    started: () => void heard.push("started"),
    partial: (text) => void heard.push(text),
    thought: (text) => void heard.push(`(${text})`),
    nextMessage: () => void heard.push("next"),
    payload: (payload) => void payloads.push(payload),
  });
  return { speech, payloads, heard, activities };
}

describe("what the agent says", () => {
  it("says that it started once, however many runs the host makes", () => {
    const { speech, heard } = listen();
    speech.runStarted();
    speech.runStarted();
    expect(heard).toEqual(["started"]);
  });

  it("WS-18 keeps what was said before a tool was used, for the host delivers only the last message", () => {
    const { speech, payloads } = listen();
    speech.partial("I will look.");
    speech.toolStarted();
    speech.messageStarted();
    speech.partial("It is eight.");
    speech.delivered({ text: "It is eight." });
    expect(payloads).toEqual([{ text: "I will look." }, { text: "It is eight." }]);
  });

  it("WS-18 does not repeat an earlier message that the host delivers after all", () => {
    const { speech, payloads } = listen();
    speech.partial("I will look.");
    speech.toolStarted();
    speech.messageStarted();
    speech.delivered({ text: "I will look." });
    speech.delivered({ text: "It is eight." });
    expect(payloads).toEqual([{ text: "I will look." }, { text: "It is eight." }]);
  });

  it("WS-18 keeps what was said before a tool also where the host delivers something of the tool's own", () => {
    const { speech, payloads } = listen();
    speech.tell({ mode: "partial", showsTools: true, prefix: () => "[bot]" });
    speech.partial("I will run it.");
    speech.toolStarted();
    speech.delivered({ text: "Approval required.", isAside: true });
    speech.messageStarted();
    speech.delivered({ text: "[bot] It waits for you." });
    expect(payloads).toEqual([{ text: "[bot] I will run it." }, { text: "Approval required." }, { text: "It waits for you." }]);
  });

  it("gives the files of what it has said already, and not the words again", () => {
    const { speech, payloads } = listen();
    const attachments = [{ kind: "file", url: "https://media.example/1" }] as const;
    speech.partial("I will look.");
    speech.toolStarted();
    speech.messageStarted();
    speech.delivered({ text: "I will look.", attachments });
    expect(payloads).toEqual([{ text: "I will look." }, { attachments }]);
  });

  it("forgets what a model said that was cut off and asked again", () => {
    const { speech, payloads, heard } = listen();
    speech.partial("It clo");
    speech.messageStarted();
    speech.partial("It closes at eight.");
    speech.delivered({ text: "It closes at eight." });
    expect(payloads).toEqual([{ text: "It closes at eight." }]);
    expect(heard).not.toContain("next");
  });

  it("joins the thoughts of several messages, and shows none of them twice", () => {
    const { speech, heard } = listen();
    for (const text of ["First", "First look."]) speech.thought(text);
    speech.thoughtEnded();
    speech.thought("First look.");
    speech.toolStarted();
    speech.messageStarted();
    for (const text of ["Then", "Then say."]) speech.thought(text);
    expect(heard.filter((said) => said !== "next")).toEqual(["(First)", "(First look.)", "(First look.\n\nThen)", "(First look.\n\nThen say.)"]);
  });

  it("takes a thought that begins like the one before it for another", () => {
    const { speech, heard } = listen();
    speech.thought("Look");
    speech.thoughtEnded();
    speech.thought("Look again");
    expect(heard.at(-1)).toBe("(Look\n\nLook again)");
  });

  it("keeps what was thought when the model is cut off and asked again", () => {
    const { speech, heard } = listen();
    speech.thought("I wo");
    speech.messageStarted();
    speech.thought("It is eight.");
    expect(heard.at(-1)).toBe("(I wo\n\nIt is eight.)");
  });

  it("gives blocks back as they stood in their message, with the code whole that the host has cut", () => {
    const { speech, payloads } = listen();
    speech.tell({ mode: "block", showsTools: true });
    speech.partial("One. Two.\n\n```ts\na\nb\n```\nEnd.");
    for (const text of ["One.", "Two.", "```ts\na\n```", "```ts\nb\n```", "End."]) speech.delivered({ text, isBlock: true });
    expect(payloads.map(({ text, glue = "" }) => glue + (text ?? "")).join("")).toBe("One. Two.\n\n```ts\na\nb\n```\nEnd.");
  });

  it("does not say again what comes block by block after the next message has begun, as with a human's pace", () => {
    const { speech, payloads } = listen();
    speech.tell({ mode: "block", showsTools: true });
    speech.partial("One.\n\nTwo.");
    speech.toolStarted();
    speech.messageStarted();
    speech.partial("One. Three.");
    for (const text of ["One.", "Two.", "One. Three."]) speech.delivered({ text, isBlock: true });
    expect(payloads.map(({ text }) => text)).toEqual(["One.\n\nTwo.", "One. Three."]);
  });

  it("takes a block as it is that stands nowhere in the message, and finds the next one", () => {
    const { speech, payloads } = listen();
    speech.tell({ mode: "block", showsTools: true });
    speech.partial("One. Two.");
    for (const text of ["Changed by a hook.", "Two."]) speech.delivered({ text, isBlock: true });
    expect(payloads).toEqual([{ text: "Changed by a hook." }, { text: "Two.", glue: " " }]);
  });

  it("puts the host's prefix before the answer once, and before what is shown of it", () => {
    const { speech, payloads, heard } = listen();
    speech.tell({ mode: "partial", showsTools: true, prefix: () => "[bot]" });
    speech.partial("I will look.");
    speech.toolStarted();
    speech.messageStarted();
    speech.partial("It is eight.");
    speech.delivered({ text: "[bot] It is eight." });
    expect(heard).toEqual(["mode partial", "[bot] I will look.", "next", "It is eight."]);
    expect(payloads).toEqual([{ text: "[bot] I will look." }, { text: "It is eight." }]);
  });

  it("leaves what the host gives no prefix without one", () => {
    const { speech, payloads } = listen();
    speech.tell({ mode: "partial", showsTools: true, prefix: () => "[bot]" });
    speech.delivered({ text: "Stopped." });
    expect(payloads).toEqual([{ text: "Stopped." }]);
  });

  it("tells of tools where the operator lets it", () => {
    const { speech, activities } = listen();
    const activity = { id: "1", tool: "read", status: "started" } as const;
    speech.tell({ mode: "partial", showsTools: false });
    speech.activity(activity);
    expect(activities).toEqual([]);
    speech.tell({ mode: "partial", showsTools: true });
    speech.activity(activity);
    expect(activities).toEqual([activity]);
  });
});
