import { describe, expect, it } from "vitest";
import { promptFor, skillsFor } from "../../../src/channel/prompts.ts";

const config = {
  systemPrompt: "Be brief.",
  groups: { "*": { systemPrompt: "Be formal.", skills: ["weather"] }, club: { systemPrompt: "Talk about books." }, quiet: { systemPrompt: "" } },
  direct: { ann: { systemPrompt: "She is called Ann.", skills: [] } },
};
const group = (id: string) => ({ kind: "group", id }) as const;
const direct = (id: string) => ({ kind: "direct", id }) as const;

describe("what an operator tells the agent for one conversation", () => {
  it("joins the channel's words and those of the conversation by a blank line, the broader first", () => {
    expect(promptFor(config, group("club"))).toBe("Be brief.\n\nTalk about books.");
    expect(promptFor(config, direct("ann"))).toBe("Be brief.\n\nShe is called Ann.");
  });

  it("takes those of * for conversations of their own words have none, and none for an empty text", () => {
    expect(promptFor(config, group("other"))).toBe("Be brief.\n\nBe formal.");
    expect(promptFor(config, group("quiet"))).toBe("Be brief.");
    expect(promptFor(config, direct("bob"))).toBe("Be brief.");
    expect(promptFor({ direct: {} }, direct("bob"))).toBeUndefined();
    expect(promptFor({ systemPrompt: "  ", direct: {} }, group("any"))).toBeUndefined();
  });

  it("names the only skills of a conversation, an empty list for none of them", () => {
    expect(skillsFor(config, group("club"))).toEqual(["weather"]);
    expect(skillsFor(config, direct("ann"))).toEqual([]);
    expect(skillsFor(config, direct("bob"))).toBeUndefined();
  });

  it("takes no setting from what every object has", () => {
    expect(promptFor({ direct: {} }, direct("constructor"))).toBeUndefined();
  });
});
