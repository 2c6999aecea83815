import { tagsOf } from "../dispatch.ts";
import type { Json, Message, Node, Protocol } from "../ir.ts";
import { ruleId } from "./markdown.ts";

export interface Rule {
  readonly id: string;
  /** Markdown. */
  readonly text: string;
}

export interface RuleSection {
  readonly title: string;
  readonly rules: readonly Rule[];
}

export interface RuleBook {
  readonly introduction: string;
  readonly sections: readonly RuleSection[];
}

const emptyBook: RuleBook = { introduction: "", sections: [] };

/** Reads numbered rules: `- **WS-1** text`, continued on indented lines, under headings of the second level. */
export function readRules(markdown: string | undefined): RuleBook {
  if (markdown === undefined) return emptyBook;
  const [head = "", ...chapters] = markdown.split(/^## /mu);
  return {
    introduction: head.replace(/^# .*$/mu, "").trim(),
    sections: chapters.map((chapter) => {
      const [title = "", ...lines] = chapter.split("\n");
      return { title: title.trim(), rules: readItems(lines.join("\n")) };
    }),
  };
}

function readItems(text: string): Rule[] {
  return text
    .split(/^- \*\*/mu)
    .slice(1)
    .map((item) => {
      const [id = "", body = ""] = item.split(/\*\*(.*)/su);
      return { id, text: body.replaceAll(/\s+/gu, " ").trim() };
    });
}

export function rulesOf({ sections }: RuleBook): readonly Rule[] {
  return sections.flatMap(({ rules }) => rules);
}

/** The rules that name a message, by its wire name or its tag, and those that the message's own words cite. */
export function rulesOfMessage(protocol: Protocol, book: RuleBook, message: Message): readonly Rule[] {
  const names = new Set(namesOf(protocol, message));
  const type = protocol.types.find(({ name }) => name === message.type);
  const words = [message.summary, message.description, ...(type ? wordsOf(type.node) : [])].join("\n");
  const cited = new Set(words.match(ruleId) ?? []);
  return rulesOf(book).filter(({ id, text }) => cited.has(id) || codesIn(text).some((code) => names.has(code)));
}

/** What a text may call a message. */
export function namesOf(protocol: Protocol, message: Message): string[] {
  const ways = protocol.channels.flatMap(({ received, sent }) => [received, sent]).filter(({ messages }) => messages.includes(message));
  const tags = ways.flatMap(({ dispatch }) => Object.values((dispatch && tagsOf(dispatch, message.name)) ?? {}));
  return [...new Set([message.wireName, ...tags.filter((tag) => typeof tag === "string")])];
}

function codesIn(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/gu)].map(([, code = ""]) => code);
}

function wordsOf(node: Node): string[] {
  const own = node.description === undefined ? [] : [node.description];
  switch (node.kind) {
    case "object":
      return [...own, ...node.properties.flatMap((property) => wordsOf(property.node)), ...wordsOf(node.extra)];
    case "array":
      return [...own, ...wordsOf(node.items)];
    case "tuple":
      return [...own, ...node.items.flatMap(wordsOf)];
    case "union":
      return [...own, ...node.branches.flatMap(wordsOf)];
    case "any":
    case "never":
    case "null":
    case "boolean":
    case "literal":
    case "string":
    case "number":
    case "ref":
      return own;
  }
}

/** One line of an example conversation. */
export interface Utterance {
  readonly from?: string;
  readonly frame?: Json;
  /** What is no JSON. */
  readonly text?: string;
  /** What happens to the connection. */
  readonly link?: string;
}

export interface Conversation {
  readonly name: string;
  readonly lines: readonly Utterance[];
}

export function readConversation(name: string, text: string): Conversation {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return { name, lines: lines.map((line) => JSON.parse(line) as Utterance) };
}
