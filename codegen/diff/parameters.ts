import type { Channel, Json, Node, Parameter } from "../ir.ts";
import { SchemaReader } from "../schema.ts";
import { Sources, START, under } from "../source.ts";
import type { Change, Edit } from "./change.ts";
import { Walk } from "./edits.ts";
import { wordsOf } from "./words.ts";

/**
 * What changed in the request that opens a connection. A document does not say which side dials: what a peer that dials
 * can no longer give is breaking, and so is what a peer that is dialed misses; what it may not know is a note.
 */
export function parameterChanges(was: Channel, is: Channel): Change[] {
  return (["query", "headers"] as const).flatMap((kind) => {
    const names = new Set([...was[kind], ...is[kind]].map(({ name }) => name));
    return [...names].flatMap((name) => {
      const [before, after] = [was, is].map((channel) => channel[kind].find((parameter) => parameter.name === name));
      const at = (channel: Channel): Change["place"] => under(channel.place, "bindings", "ws", kind, "properties", name);
      const facts = { channel: was.key, path: `${kind === "query" ? "?" : "header "}${name}` };
      if (!before) return after ? [addedParameter(after, { ...facts, side: "new", place: at(is) })] : [];
      if (!after) return [goneParameter(before, { ...facts, side: "old", place: at(was) })];
      return changedParameter(before, after, { ...facts, side: "new", place: at(is) });
    });
  });
}

type Facts = Pick<Change, "channel" | "path" | "side" | "place">;

function addedParameter({ required, schema }: Parameter, facts: Facts): Change {
  const words = { what: "parameter", was: "none", is: `${required ? "required" : "optional"} ${wordsOf(nodeOf(schema))}` };
  return required
    ? { verdict: "breaking", ...facts, ...words, why: "an old peer that dials does not give it" }
    : { verdict: "note", ...facts, ...words, why: "an old peer that dials does not give it; one that is dialed may not know it" };
}

function goneParameter({ required, schema }: Parameter, facts: Facts): Change {
  const words = { what: "parameter", was: `${required ? "required" : "optional"} ${wordsOf(nodeOf(schema))}`, is: "none" };
  return required
    ? { verdict: "breaking", ...facts, ...words, why: "an old peer that is dialed asks for it" }
    : { verdict: "note", ...facts, ...words, why: "an old peer that dials may give it, which is not read any more" };
}

function changedParameter(before: Parameter, after: Parameter, facts: Facts): Change[] {
  const edits = new Walk({ from: new Map(), to: new Map() }).edits(nodeOf(before.schema), nodeOf(after.schema), "");
  const changes = edits.map((edit) => changeOfParameter(edit, facts));
  if (before.required === after.required) return changes;
  const words = { what: "parameter", was: before.required ? "required" : "optional", is: after.required ? "required" : "optional" };
  const why = after.required ? "an old peer that dials may leave it out" : "an old peer that is dialed asks for it, and it may be left out now";
  return [{ verdict: "breaking", ...facts, ...words, why }, ...changes];
}

function changeOfParameter({ path, what, was, is, refusedNow, refusedBefore }: Edit, facts: Facts): Change {
  const words = { ...facts, path: `${facts.path}${path}`, what, was, is };
  if (refusedNow !== undefined) return { verdict: "breaking", ...words, why: `an old peer that dials may give what is refused now: ${refusedNow}` };
  if (refusedBefore !== undefined) return { verdict: "note", ...words, why: `an old peer that is dialed may refuse it: ${refusedBefore}` };
  return { verdict: "compatible", ...words, why: "both allow the same" };
}

const file = "parameter";

function nodeOf(schema: Json): Node {
  const sources = new Sources(false);
  sources.add({ file, data: schema, locate: () => START });
  return new SchemaReader(sources).read(schema, { file, path: [] });
}
