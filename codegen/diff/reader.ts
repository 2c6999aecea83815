import { newAjv, typeId } from "../compile.ts";
import type { Channel, Direction, Json, Message, Protocol } from "../ir.ts";
import { describe, faultOf, type ValidationError } from "../runtime/runtime.ts";
import { childOf } from "../source.ts";
import { routed } from "../dispatch.ts";
import { step } from "./change.ts";

/** One thing a strict reader of a document has against a value. */
export interface Refusal {
  /** JSON pointer into the message. */
  readonly path: string;
  readonly detail: string;
}

/** Reads frames as a strict peer of a document does, and says everything that is wrong with one. */
export class StrictReader {
  readonly #protocol: Protocol;
  readonly #ajv: ReturnType<typeof newAjv>;

  constructor(protocol: Protocol) {
    this.#protocol = protocol;
    this.#ajv = newAjv(protocol.types, { strict: false, allErrors: true });
  }

  accepts(type: string, value: Json): boolean {
    return this.#faults(type, value, "").length === 0;
  }

  /** Empty where the frame is one of the messages that travel this way. */
  refusals(channel: Channel, direction: Direction, value: Json): Refusal[] {
    const { messages, dispatch } = channel[direction];
    if (!dispatch) return [{ path: "", detail: "no message travels this way" }];
    const candidates = routed(dispatch, value).flatMap((name) => messages.filter((message) => message.name === name));
    const read = candidates.map((message) => this.#messageFaults(message, value));
    if (read.some((faults) => faults.length === 0)) return [];
    const tag = dispatch.by === "tag" ? dispatch.tag : "";
    return read[0] ?? [{ path: tag === "" ? "" : step(tag), detail: `no message has ${JSON.stringify(childOf(value, tag))} as its "${tag}"` }];
  }

  #messageFaults({ type }: Message, value: Json): Refusal[] {
    const faults = this.#faults(type, value, "");
    if (faults.length > 0) return faults;
    return (this.#protocol.contentFields.get(type) ?? []).flatMap(({ field, type: held }) => {
      const said = parsed(childOf(value, field));
      return said === undefined ? [{ path: step(field), detail: "the text is no JSON" }] : this.#faults(held, said, `${step(field)} »`);
    });
  }

  #faults(type: string, value: Json, at: string): Refusal[] {
    const validate = this.#ajv.getSchema(typeId(type));
    if (!validate || validate(value) === true) return [];
    return ((validate.errors ?? []) as readonly ValidationError[]).map((error) => ({
      path: `${at}${(faultOf([error])?.steps ?? []).map(step).join("")}`,
      detail: describe([error], value).detail,
    }));
  }
}

function parsed(text: Json | undefined): Json | undefined {
  if (typeof text !== "string") return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
