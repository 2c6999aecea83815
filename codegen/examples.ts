import path from "node:path";
import type { CompiledTypes } from "./compile.ts";
import { casesOf } from "./dispatch.ts";
import type { DefaultValue, Json, Message, Place, Protocol } from "./ir.ts";
import { listFiles } from "./output.ts";
import { childOf, type Sources, under } from "./source.ts";
import { readYaml } from "./yaml-source.ts";

/** An example in a file of its own: `<message>.json` or `<message>.<variant>.json`. */
export interface ExampleFile {
  readonly file: string;
  readonly message: string;
}

export function findExamples(folder: string): ExampleFile[] {
  return listFiles(folder)
    .filter((file) => file.endsWith(".json") && !file.includes("/"))
    .sort()
    .map((file) => ({ file: path.join(folder, file), message: file.slice(0, file.indexOf(".")) }));
}

/** The message an example file is named after: by its type, its wire name's letters or its key. */
export function messageOfExample(protocol: Protocol, { message }: ExampleFile): Message | undefined {
  return protocol.messages.find(({ name, wireName, place }) => [name, wireName, String(place.path.at(-1))].includes(message));
}

/** What the example files say, by message; they were read when they were checked. */
export function readIllustrations(protocol: Protocol, files: readonly ExampleFile[], sources: Sources): Map<string, readonly Json[]> {
  const found = new Map<string, readonly Json[]>();
  for (const example of files) {
    const message = messageOfExample(protocol, example);
    const value = sources.at({ file: example.file, path: [] });
    if (message && value !== undefined) found.set(message.name, [...(found.get(message.name) ?? []), value]);
  }
  return found;
}

/** Every example must be what it is an example of, and every default what it is the default of. */
export function checkValues(protocol: Protocol, compiled: CompiledTypes, files: readonly ExampleFile[], sources: Sources): void {
  const check = (message: Message, value: Json, place: Place): void => {
    checkExample(message, value, place, compiled, sources);
    for (const { field, type } of protocol.contentFields.get(message.type) ?? [])
      checkContent(protocol, type, childOf(value, field), under(place, field), compiled, sources);
  };
  for (const message of protocol.messages) for (const { value, place } of message.examples) check(message, value, place);
  for (const example of files) {
    const message = messageOfExample(protocol, example);
    readYaml(example.file, sources);
    const place = { file: example.file, path: [] };
    const value = sources.at(place);
    if (!message) sources.error(place, `there is no message "${example.message}" that this could be an example of`);
    else if (value !== undefined) check(message, value, place);
  }
  checkDefaults(protocol.defaults, compiled, sources);
}

function checkExample(message: Message, value: Json, place: Place, compiled: CompiledTypes, sources: Sources): void {
  const fault = compiled.check(message.type, value);
  if (fault)
    sources.complain(
      { file: place.file, path: [...place.path, ...fault.steps] },
      `the example of "${message.wireName}" does not match: ${fault.detail.replace(/^Invalid value: /u, "")}`,
    );
}

/** What the text in an example says, with the type its tag names, or else with any it can be. */
function checkContent(protocol: Protocol, type: string, text: Json | undefined, place: Place, compiled: CompiledTypes, sources: Sources): void {
  if (typeof text !== "string") return;
  let said: Json;
  try {
    said = JSON.parse(text) as Json;
  } catch {
    sources.complain(place, "the text is not JSON");
    return;
  }
  const dispatch = protocol.contents.find((content) => content.type === type)?.dispatch;
  const tag = dispatch?.by === "tag" ? childOf(said, dispatch.tag) : undefined;
  const named = dispatch && casesOf(dispatch).find(({ values }) => values.some((value) => value === tag))?.message;
  const fault = compiled.check(named ?? type, said);
  if (fault) sources.complain(place, `what the text says is no ${named ?? type}: ${fault.detail.replace(/^Invalid value: /u, "")}`);
}

export function checkDefaults(defaults: readonly DefaultValue[], compiled: CompiledTypes, sources: Sources): void {
  for (const written of defaults) {
    const fault = compiled.checkDefault(written);
    if (fault)
      sources.complain(
        { file: written.place.file, path: [...written.place.path, ...fault.steps] },
        `the default does not match its own schema: ${fault.detail.replace(/^Invalid value: /u, "")}`,
      );
  }
}
