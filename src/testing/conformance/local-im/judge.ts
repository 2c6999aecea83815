import { OFFERED } from "../../../protocols/local-im/profile.ts";
import type { Finding, Heard, Judge } from "../dialed-subject.ts";

type Fields = Heard["fields"];

/** Frames that only an extension brings, and its name in `hello`. */
const extensionOf: Readonly<Record<string, string>> = { cancel: "cancel", reaction: "reactions", edit: "edit", delete: "edit" };

const most = 128;

/** Holds a server to what shows in its frames: messages that can be run, ids that mean one thing, extensions that are on. */
export function judgeServer(): Judge {
  /** The texts and authors of messages, by their ids. */
  const said = new Map<string, { content: unknown; author: string }>();
  const hellos = new Map<number, ReadonlySet<string>>();

  function hello(frame: Fields, link: number): Finding[] {
    const names = Array.isArray(frame["extensions"]) ? frame["extensions"].map(String) : [];
    hellos.set(link, new Set(names));
    const unknown = names.filter((name) => !OFFERED.some((offered) => offered === name));
    return [{ rule: "LI-25", holds: unknown.length === 0, expected: `extensions of those in x-local-im-extensions: ${OFFERED.join(", ")}`, got: unknown.join(", ") }];
  }

  function message(frame: Fields): Finding[] {
    const findings = [isRunnable(frame)];
    const id = idIn(frame, "messageId");
    if (id === undefined) return findings;
    const before = said.get(id);
    said.set(id, before ?? { content: frame["content"], author: authorOf(frame) });
    return [...findings, { rule: "LI-10", holds: before === undefined || before.content === frame["content"], expected: "a messageId for one message only, as another one is not run", got: `two messages with the id ${id}` }];
  }

  function extension(frame: Fields, name: string, link: number): Finding[] {
    const isOn = hellos.get(link)?.has(name) === true;
    const findings = [{ rule: "LI-25", holds: isOn, expected: `a hello that names ${name} first`, got: String(frame["type"]) }];
    const target = frame["type"] === "edit" || frame["type"] === "delete" ? said.get(idIn(frame, "messageId") ?? "") : undefined;
    if (!target) return findings;
    return [...findings, { rule: "LI-31", holds: authorOf(frame) === target.author, expected: `userId "${target.author}", who wrote the message`, got: `userId "${authorOf(frame)}"` }];
  }

  return ({ fields, link }) => {
    const { type } = fields;
    if (type === "hello") return hello(fields, link);
    if (type === "message" || (type === undefined && typeof fields["content"] === "string")) return message(fields);
    const name = typeof type === "string" && Object.hasOwn(extensionOf, type) ? extensionOf[type] : undefined;
    return name === undefined ? [] : extension(fields, name, link);
  };
}

function isRunnable(frame: Fields): Finding {
  const { content } = frame;
  const long = ["messageId", "conversationId", "userId", "sessionId"].find((name) => (idIn(frame, name)?.length ?? 0) > most);
  const isText = typeof content === "string" && content.trim() !== "";
  return { rule: "LI-7", holds: isText && long === undefined, expected: `content that is not blank, and ids of at most ${most} characters`, got: isText ? `${long ?? ""} of ${idIn(frame, long ?? "")?.length ?? 0} characters` : `content ${JSON.stringify(content)}` };
}

/** LI-8: a number counts as its digits, and nothing as absent. */
function idIn(frame: Fields, name: string): string | undefined {
  const id = frame[name];
  return (typeof id === "string" && id !== "") || typeof id === "number" ? String(id) : undefined;
}

/** Who is not named is the account itself. */
function authorOf(frame: Fields): string {
  return idIn(frame, "userId") ?? "";
}
