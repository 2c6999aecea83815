import path from "node:path";
import type { CompiledTypes } from "./compile.ts";
import type { DefaultValue, Json, Message, Place, Protocol } from "./ir.ts";
import { listFiles } from "./output.ts";
import type { Sources } from "./source.ts";
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

/** Every example must be what it is an example of, and every default what it is the default of. */
export function checkValues(protocol: Protocol, compiled: CompiledTypes, files: readonly ExampleFile[], sources: Sources): void {
  for (const message of protocol.messages)
    for (const { value, place } of message.examples) checkExample(message, value, place, compiled, sources);
  for (const example of files) {
    const message = messageOfExample(protocol, example);
    readYaml(example.file, sources);
    const place = { file: example.file, path: [] };
    const value = sources.at(place);
    if (!message) sources.error(place, `there is no message "${example.message}" that this could be an example of`);
    else if (value !== undefined) checkExample(message, value, place, compiled, sources);
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
