import { describe, expect, it } from "vitest";
import type { Act } from "../../../../src/protocols/acts.ts";
import { openIm } from "../../../support/im-session.ts";

const full = { messageId: "m-1", conversationId: "c-20", userId: "u-3" };
const acts: Act[] = [{ act: "react", emoji: "👍", isRemoval: false }, { act: "edit", content: "It is shut." }, { act: "delete" }];
const frames = [{ type: "reaction", messageId: 7, emoji: "👍", op: "remove", userId: "u-3" }, { type: "edit", messageId: "m-1", content: "new", userId: "u-3" }, { type: "delete", messageId: "m-1" }];

function heard(im: ReturnType<typeof openIm>, frame: object) {
  return im.effectsOf(frame).flatMap((effect) => (effect.do === "deliver" && effect.inbound.ask === "act" ? [effect.inbound.heard] : []));
}

describe("messages of the IM server that were said before", () => {
  it("LI-25 LI-30 LI-31 are not heard of, and nothing is done to them, before a hello that names it", () => {
    const im = openIm();
    const place = im.admit(full);
    const say = () => acts.flatMap((act) => im.says({ say: "act", act, target: { name: "m-1", place } }));
    expect([say(), frames.flatMap((frame) => heard(im, frame))]).toEqual([[], []]);
    im.hello("reactions");
    expect(say()).toEqual([{ type: "reaction", messageId: "m-1", emoji: "👍", op: "add" }]);
    expect(frames.flatMap((frame) => heard(im, frame)).map(({ act }) => act.act)).toEqual(["react"]);
    im.hello("edit");
    expect(say()).toEqual([{ type: "edited", replyTo: "m-1", content: "It is shut." }, { type: "deleted", replyTo: "m-1" }]);
  });

  it("LI-8 LI-30 LI-31 are named by digits too, and changed by whom the server names, else the account", () => {
    const im = openIm();
    im.hello("reactions", "edit");
    expect(frames.flatMap((frame) => heard(im, frame)).map(({ name, actor, act }) => [name, actor.id, act.act])).toEqual([["7", "u-3", "react"], ["m-1", "u-3", "edit"], ["m-1", expect.not.stringMatching(/^u-3$/) as string, "delete"]]);
    expect(heard(im, { type: "edit", messageId: "m-1", content: " \n" })).toEqual([]);
    expect(heard(im, { type: "delete", messageId: "" })).toEqual([]);
  });

  it("LI-30 have a name where nobody asked for them, for a server that may use it", () => {
    const announce = (...names: string[]) => {
      const im = openIm();
      const to = im.admit(full);
      im.hello(...names);
      return im.says({ say: "announce", messageId: "srv_1", to, text: "Hi", mediaUrls: [] });
    };
    expect(announce("reactions")).toMatchObject([{ type: "done", proactive: true, messageId: "srv_1" }]);
    expect(announce("typing")).toEqual([expect.not.objectContaining({ messageId: "srv_1" })]);
  });

  it("LI-25 LI-30 LI-31 say how it was meant: set or taken back, up to the bound of a message, by whom the server names", () => {
    const im = openIm();
    im.hello("reactions", "edit");
    const reactions = ["add", "remove"].map((op) => ({ type: "reaction", messageId: "m-1", emoji: "👍", op }));
    expect(reactions.flatMap((frame) => heard(im, frame))).toMatchObject([
      { act: { isRemoval: false }, actor: { id: "u00267", verified: true }, at: 5 },
      { act: { isRemoval: true }, actor: { id: "u00267" } },
    ]);
    const place = im.admit(full);
    expect(im.says({ say: "act", act: { act: "react", emoji: "👍", isRemoval: true }, target: { name: "m-1", place } })).toEqual([{ type: "reaction", messageId: "m-1", emoji: "👍", op: "remove" }]);
    const edit = (content: string) => heard(im, { type: "edit", messageId: "m-1", content });
    expect(edit("😀".repeat(100))).toHaveLength(1);
    expect(im.notes({ type: "edit", messageId: "m-1", content: "😀".repeat(101) })).toEqual(["debug ignored-frame"]);
  });

  it("LI-25 are noted quietly where no hello has named them", () => {
    expect(frames.flatMap((frame) => openIm().effectsOf(frame))).toEqual([
      { do: "note", level: "debug", code: "ignored-frame", data: { type: "reaction" } },
      { do: "note", level: "debug", code: "ignored-frame", data: { type: "edit" } },
      { do: "note", level: "debug", code: "ignored-frame", data: { type: "delete" } },
    ]);
  });

  it("LI-30 have a name for a server that may edit them, too", () => {
    const im = openIm();
    const to = im.admit(full);
    im.hello("edit");
    expect(im.says({ say: "announce", messageId: "srv_1", to, text: "Hi", mediaUrls: [] })).toMatchObject([{ proactive: true, messageId: "srv_1" }]);
  });
});
