import { dataOf } from "../../simulator/insta-claw/requests.ts";
import type { Finding, Heard, Judge } from "../dialed-subject.ts";

type Fields = Heard["fields"];

/** One response of the server, which is one message of a user. */
interface Response {
  last: number;
  phase: "open" | "over";
  items: Set<unknown>;
  /** The deltas, for an end that holds no text. */
  text: string;
}

const starts = ["response.created", "response.queued", "response.in_progress", "response.output_item.added"];
const ends = ["response.completed", "response.failed", "response.incomplete"];

/** Frames that only an extension brings, and its name in `instaclaw:hello`. */
const extensionOf: Readonly<Record<string, string>> = { "instaclaw:reaction": "reactions", "instaclaw:message.edit": "edit", "instaclaw:message.delete": "edit" };

/** Holds a gateway to what shows in its frames: the order and the numbers of events, ids that mean one thing, extensions that are on. */
export function judgeServer(): Judge {
  const responses = new Map<string, Response>();
  const hellos = new Map<number, readonly unknown[]>();
  const said = new Map<string, { text: string; author: unknown }>();
  /** A message that comes again does so letter by letter, and is judged once. */
  const known = new Set<string>();

  function event(data: Fields, link: number): Finding[] {
    const type = String(data["type"]);
    const inner = fieldsOf(data["response"])["id"];
    const outer = data["response_id"];
    const id = isId(outer) ? outer : inner;
    if (!isId(id)) return [];
    const findings: Finding[] = [{ rule: "IC-9", holds: !isId(inner) || inner === id, expected: `response.id ${id}, as response_id says`, got: JSON.stringify(inner) }];
    const name = `${link} ${id}`;
    const before = responses.get(name);
    const response: Response = before ?? { last: -1, phase: "open", items: new Set(), text: "" };
    responses.set(name, response);
    return [...findings, ordered(type, id, before), ...numbered(data, response), ...placed(data, response), ...finished(data, type, response)];
  }

  function ordered(type: string, id: string, before: Response | undefined): Finding {
    const isStart = starts.includes(type);
    const holds = before ? before.phase === "open" : isStart;
    return { rule: "IC-10", holds, expected: before ? `nothing of ${id} after its end` : `${starts.join(", ")} first`, got: type };
  }

  function finished(data: Fields, type: string, response: Response): Finding[] {
    if (!ends.includes(type)) return [];
    response.phase = "over";
    const whole = fieldsOf(data["response"]);
    return type === "response.completed" ? message(whole["id"] ?? data["response_id"], textIn(whole) || response.text, data) : [];
  }

  function message(id: unknown, text: string, data: Fields): Finding[] {
    const metadata = fieldsOf(data["metadata"]);
    const blank: Finding = { rule: "IC-16", holds: text.trim() !== "" || hasFiles(data), expected: "text, or an attachment", got: JSON.stringify(text) };
    const group: Finding[] = metadata["chat_type"] === "group" ? [{ rule: "IC-18", holds: isId(metadata["group_id"]), expected: "a group_id beside chat_type group", got: JSON.stringify(metadata["group_id"] ?? null) }] : [];
    if (!isId(id)) return [blank, ...group];
    const before = said.get(id);
    said.set(id, before ?? { text, author: metadata["sender_id"] ?? metadata["user_id"] ?? data["userId"] });
    return [blank, ...group, { rule: "IC-29", holds: before === undefined || before.text === text, expected: "an id for one message only, as another one is not run", got: `two messages with the id ${id}` }];
  }

  function extension(data: Fields, name: string, link: number): Finding[] {
    const isOn = hellos.get(link)?.includes(name) === true;
    const findings: Finding[] = [{ rule: "IC-33", holds: isOn, expected: `an instaclaw:hello that names ${name} first`, got: String(data["type"]) }];
    const target = said.get(String(data["target_message_id"]));
    if (!target) return findings;
    return [...findings, { rule: "IC-35", holds: data["actor_id"] === target.author, expected: `actor_id "${String(target.author)}", who wrote the message`, got: `actor_id "${String(data["actor_id"])}"` }];
  }

  return ({ fields, text, link }) => {
    if (known.has(`${link} ${text}`)) return [];
    known.add(`${link} ${text}`);
    const data = dataOf(fields);
    const type = String(data["type"]);
    if (type === "instaclaw:hello" && Array.isArray(data["extensions"])) hellos.set(link, data["extensions"]);
    const name = Object.hasOwn(extensionOf, type) ? extensionOf[type] : undefined;
    if (name !== undefined) return extension(data, name, link);
    if (type.startsWith("response.") && type !== "response.create") return event(data, link);
    const headers = fieldsOf(fields["headers"]);
    const isMessage = type === "user.message" || ("content" in data && typeof data["content"] === "string");
    return isMessage ? message(fieldsOf(data["metadata"])["message_id"] ?? headers["requestId"] ?? headers["messageId"], String(data["content"]), data) : [];
  };
}

function numbered(data: Fields, response: Response): Finding[] {
  const number = data["sequence_number"];
  if (typeof number !== "number") return [];
  const { last } = response;
  response.last = Math.max(last, number);
  return [{ rule: "IC-11", holds: number > last, expected: `a sequence_number above ${last}`, got: String(number) }];
}

/** An event about a part names an item that was added before. */
function placed(data: Fields, response: Response): Finding[] {
  const type = data["type"];
  const item = fieldsOf(data["item"])["id"];
  if (type === "response.output_item.added") response.items.add(item);
  if (type === "response.output_text.delta" && typeof data["delta"] === "string") response.text += data["delta"];
  const named = data["item_id"];
  return !isId(named) ? [] : [{ rule: "IC-12", holds: response.items.has(named), expected: `response.output_item.added of ${named} first`, got: String(type) }];
}

/** The text of all parts of a whole response. */
function textIn(response: Fields): string {
  const items = Array.isArray(response["output"]) ? response["output"].map(fieldsOf) : [];
  const parts = items.flatMap(({ content }) => (Array.isArray(content) ? content.map(fieldsOf) : []));
  return parts.map(({ text, refusal }) => (typeof text === "string" ? text : typeof refusal === "string" ? refusal : "")).join("");
}

function hasFiles(data: Fields): boolean {
  return ["attachments", "files", "images"].some((name) => Array.isArray(data[name]) || Array.isArray(fieldsOf(data["metadata"])[name])) || /"input_(image|file)"/.test(JSON.stringify(data));
}

function isId(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}
