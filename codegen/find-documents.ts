import path from "node:path";
import { listFiles } from "./output.ts";

export const documentEnding = ".asyncapi.yaml";

/** The AsyncAPI documents of a folder, in the order in which they are read. */
export function findDocuments(folder: string): string[] {
  return listFiles(folder)
    .filter((file) => file.endsWith(documentEnding) && !file.includes("/"))
    .sort()
    .map((file) => path.join(folder, file));
}
