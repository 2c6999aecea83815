/** What the practice model reads of a request. */
export interface Question {
  prompt: Prompt;
  model: string | undefined;
  stream: boolean;
}

/** What a request says last: the words of a person, or the result of a tool the model asked for. */
export type Prompt = { kind: "user"; text: string } | { kind: "tool-result"; tool: string; text: string };

type Json = Readonly<Record<string, unknown>>;

/** OpenClaw adds a user message of its own after the person's; it is no question. */
const internalContext = "<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>";
/** OpenClaw writes the time, and for channels a fenced JSON block about the conversation, before the person's words. */
const timestamp = /^\[[^\]\n]*\d{4}-\d{2}-\d{2}[^\]\n]*\]\s*/;
const conversationInfo = /^Conversation info[^\n]*\n```json\n[^]*?\n```\s*/;

/** Reads the body of an OpenAI request, `input` of the Responses API or `messages` of chat completions. */
export function readQuestion(body: unknown): Question {
  const fields = isObject(body) ? body : {};
  const model = typeof fields["model"] === "string" ? fields["model"] : undefined;
  return { prompt: readPrompt(fields["input"] ?? fields["messages"]), model, stream: fields["stream"] === true };
}

function readPrompt(turns: unknown): Prompt {
  if (typeof turns === "string") return { kind: "user", text: stripEnvelope(turns) };
  if (!Array.isArray(turns)) return { kind: "user", text: "" };
  const items = turns.filter(isObject);
  for (const item of items.toReversed()) {
    const text = textOf(item["content"] ?? item["output"]);
    if (isToolResult(item)) return { kind: "tool-result", tool: toolName(items, item), text };
    if (item["role"] === "user" && !text.trimStart().startsWith(internalContext)) return { kind: "user", text: stripEnvelope(text) };
  }
  return { kind: "user", text: "" };
}

function isToolResult(item: Json): boolean {
  return item["type"] === "function_call_output" || item["role"] === "tool";
}

function toolName(items: readonly Json[], result: Json): string {
  const id = result["call_id"] ?? result["tool_call_id"];
  for (const item of items) {
    if (item["type"] === "function_call" && item["call_id"] === id) return String(item["name"]);
    const calls = Array.isArray(item["tool_calls"]) ? item["tool_calls"].filter(isObject) : [];
    const call = calls.find((candidate) => candidate["id"] === id);
    if (call && isObject(call["function"])) return String(call["function"]["name"]);
  }
  return "unknown";
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content
    .filter(isObject)
    .map((part) => (typeof part["text"] === "string" ? part["text"] : ""))
    .join("");
}

function stripEnvelope(text: string): string {
  return text.trim().replace(timestamp, "").replace(conversationInfo, "").replace(timestamp, "").trim();
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
