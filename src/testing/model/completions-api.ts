import type { Reply } from "./reply.ts";
import type { WireEvent } from "./responses-api.ts";

type Answer = Extract<Reply, { do: "answer" }>;

/** The chunks of a streamed chat completion. */
export function* completionChunks(answer: Answer, id: string, model: string): Generator<WireEvent> {
  const chunk = (delta: object, finish: string | null = null): object => ({
    id: `chatcmpl_${id}`,
    object: "chat.completion.chunk",
    created: 0,
    model,
    choices: [{ index: 0, delta, finish_reason: finish }],
  });
  yield { data: chunk({ role: "assistant", content: "" }) };
  for (const text of answer.reasoning) yield { data: chunk({ reasoning_content: text }), piece: true };
  for (const text of answer.pieces) yield { data: chunk({ content: text }), piece: true };
  if (answer.tool) yield { data: chunk({ tool_calls: [{ index: 0, ...toolCall(answer.tool, id) }] }), piece: true };
  yield { data: chunk({}, finishReason(answer)) };
  yield { data: { ...chunk({}), choices: [], usage: usage(answer) } };
  yield { data: "[DONE]" };
}

/** The same answer in one piece, for a request without `stream`. */
export function completion(answer: Answer, id: string, model: string): object {
  const message = {
    role: "assistant",
    content: answer.tool ? null : answer.pieces.join(""),
    ...(answer.reasoning.length > 0 ? { reasoning_content: answer.reasoning.join("") } : {}),
    ...(answer.tool ? { tool_calls: [toolCall(answer.tool, id)] } : {}),
  };
  return {
    id: `chatcmpl_${id}`,
    object: "chat.completion",
    created: 0,
    model,
    choices: [{ index: 0, message, finish_reason: finishReason(answer) }],
    usage: usage(answer),
  };
}

function toolCall(tool: NonNullable<Answer["tool"]>, id: string): object {
  return { id: `call_${id}`, type: "function", function: { name: tool.name, arguments: JSON.stringify(tool.args) } };
}

function finishReason(answer: Answer): string {
  return answer.tool ? "tool_calls" : "stop";
}

function usage(answer: Answer): object {
  const spent = answer.pieces.length + answer.reasoning.length;
  return { prompt_tokens: 1, completion_tokens: spent, total_tokens: spent + 1 };
}
