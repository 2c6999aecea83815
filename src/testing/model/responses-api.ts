import type { Reply } from "./reply.ts";

type Answer = Extract<Reply, { do: "answer" }>;
type Item = Readonly<Record<string, unknown>>;

/** One server-sent event; the server pauses before a `piece`. */
export interface WireEvent {
  data: object | "[DONE]";
  name?: string;
  piece?: true;
}

/** The events of the OpenAI Responses API that OpenClaw reads. */
export function* responsesEvents(answer: Answer, id: string, model: string): Generator<WireEvent> {
  const response = { id: `resp_${id}`, object: "response", model, created_at: 0 };
  const output: Item[] = [];
  yield event("response.created", { response: { ...response, status: "in_progress", output: [] } });
  if (answer.reasoning.length > 0) output.push(yield* reasoningItem(answer, id, output.length));
  if (answer.tool) output.push(yield* toolItem(answer.tool, id, output.length));
  else output.push(yield* messageItem(answer, id, output.length));
  const spent = answer.pieces.length + answer.reasoning.length;
  const usage = {
    input_tokens: 1,
    output_tokens: spent,
    total_tokens: spent + 1,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens_details: { reasoning_tokens: answer.reasoning.length },
  };
  yield event("response.completed", { response: { ...response, status: "completed", output, usage } });
}

function* reasoningItem(answer: Answer, id: string, index: number): Generator<WireEvent, Item> {
  const place = { item_id: `rs_${id}`, output_index: index, summary_index: 0 };
  const text = answer.reasoning.join("");
  const item = { type: "reasoning", id: place.item_id, summary: [{ type: "summary_text", text }] };
  yield event("response.output_item.added", { output_index: index, item: { ...item, summary: [] } });
  yield event("response.reasoning_summary_part.added", { ...place, part: { type: "summary_text", text: "" } });
  for (const delta of answer.reasoning) yield piece("response.reasoning_summary_text.delta", { ...place, delta });
  yield event("response.reasoning_summary_text.done", { ...place, text });
  yield event("response.reasoning_summary_part.done", { ...place, part: { type: "summary_text", text } });
  yield event("response.output_item.done", { output_index: index, item });
  return item;
}

function* messageItem(answer: Answer, id: string, index: number): Generator<WireEvent, Item> {
  const place = { item_id: `msg_${id}`, output_index: index, content_index: 0 };
  const text = answer.pieces.join("");
  const part = { type: "output_text", text, annotations: [] };
  const item = { type: "message", id: place.item_id, role: "assistant", status: "completed", content: [part] };
  yield event("response.output_item.added", { output_index: index, item: { ...item, status: "in_progress", content: [] } });
  yield event("response.content_part.added", { ...place, part: { ...part, text: "" } });
  for (const delta of answer.pieces) yield piece("response.output_text.delta", { ...place, delta });
  yield event("response.output_text.done", { ...place, text });
  yield event("response.content_part.done", { ...place, part });
  yield event("response.output_item.done", { output_index: index, item });
  return item;
}

function* toolItem(tool: NonNullable<Answer["tool"]>, id: string, index: number): Generator<WireEvent, Item> {
  const place = { item_id: `fc_${id}`, output_index: index };
  const args = JSON.stringify(tool.args);
  const item = { type: "function_call", id: place.item_id, call_id: `call_${id}`, name: tool.name, arguments: args, status: "completed" };
  yield event("response.output_item.added", { output_index: index, item: { ...item, arguments: "", status: "in_progress" } });
  yield piece("response.function_call_arguments.delta", { ...place, delta: args });
  yield event("response.function_call_arguments.done", { ...place, arguments: args });
  yield event("response.output_item.done", { output_index: index, item });
  return item;
}

function event(type: string, fields: object): WireEvent {
  return { name: type, data: { type, ...fields } };
}

function piece(type: string, fields: object): WireEvent {
  return { ...event(type, fields), piece: true };
}
