import type { Item, Part, ResponseObject } from "../../../generated/insta-claw/index.ts";
import { validateItem } from "../../../generated/insta-claw/index.ts";
import type { MediaReference } from "../inbound.ts";

/** What a part is for: text and refusals are read, files are attached, everything else has no effect. */
export function kindOf({ type }: Pick<Part, "type">): "text" | "refusal" | "other" {
  if (type === "output_text" || type === "text" || type === "input_text") return "text";
  return type === "refusal" ? "refusal" : "other";
}

/** What a part says so far. */
export function textOf(part: Part): string {
  return (kindOf(part) === "refusal" ? part.refusal : part.text) ?? "";
}

/** The file in a part, where there is one that can be fetched. */
export function mediaOf(part: Part): MediaReference[] {
  const url = { input_image: part.image_url, input_file: part.file_url, input_video: part.video_url }[part.type];
  const name = part.filename === undefined || part.filename === "" ? {} : { name: part.filename };
  if (url !== undefined && url !== "") return [dataIn(url, name) ?? { from: "url", url, ...name }];
  if (part.type !== "input_file" || part.file_data === undefined || part.file_data === "") return [];
  return [dataIn(part.file_data, name) ?? { from: "data", base64: part.file_data, ...name }];
}

/** The items a snapshot lists; undefined where it lists none that can be read. */
export function itemsIn(snapshot: ResponseObject | undefined): Item[] | undefined {
  const { output } = snapshot ?? {};
  const list: unknown = isObject(output) ? output.items : output;
  return Array.isArray(list) ? list.filter((item) => validateItem(item)) : undefined;
}

function dataIn(url: string, name: { name?: string }): MediaReference | undefined {
  const [, mimeType, base64] = /^data:([^;,]*)[^,]*;base64,(.*)$/s.exec(url) ?? [];
  if (base64 === undefined) return undefined;
  return { from: "data", base64, ...(mimeType !== undefined && mimeType !== "" && { mimeType }), ...name };
}

function isObject(value: unknown): value is { items?: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
