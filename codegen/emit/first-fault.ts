/**
 * ajv counts errors and asks at every step whether there are more than before. A validator that ends at its first fault
 * knows: what comes next is reached by what is valid alone. The counting is left only where a fault need not be the end,
 * in `anyOf`, `oneOf`, `not`, `if` and `contains`.
 */
export function endAtFirstFault(code: string): string {
  const file = parse(code.split("\n"));
  return print(file.map((part) => ("body" in part && /^function validate\d+\(/u.test(part.head) ? simplified(part) : part))).join("\n");
}

/** One line, or what stands between one that ends with `{` and the `}` of it. */
type Part = { readonly line: string } | Block;

interface Block {
  readonly head: string;
  readonly body: readonly Part[];
}

function parse(lines: readonly string[]): Part[] {
  const open: { head: string; body: Part[] }[] = [{ head: "", body: [] }];
  for (const line of lines) {
    const inner = open.at(-1);
    if (!inner) break;
    if (line === "}") {
      open.pop();
      open.at(-1)?.body.push(inner);
    } else if (line.endsWith("{")) open.push({ head: line, body: [] });
    else inner.body.push({ line });
  }
  const [file, unclosed] = open;
  if (!file || unclosed) throw new Error("the braces of the validators do not stand on the ends of their lines");
  return file.body;
}

function print(parts: readonly Part[]): string[] {
  return parts.flatMap((part) => ("line" in part ? [part.line] : [part.head, ...print(part.body), "}"]));
}

/**
 * What is known at a place: counts (`_errs3`, or `0` for the function's start) that no error has been added since, and
 * variables and conditions that are true.
 */
interface Known {
  readonly counts: ReadonlySet<string>;
  readonly truths: ReadonlySet<string>;
}

interface Passed {
  readonly parts: readonly Part[];
  /** Nothing where no way leads past the end. */
  readonly known: Known | undefined;
}

function simplified(block: Block): Block {
  const [, name = ""] = /^function (\w+)/u.exec(block.head) ?? [];
  const ended = returnAtOnce(block.body, name);
  const counts = new Map<string, ReadonlySet<string>>();
  const { parts } = pass(ended, { counts: new Set(["0"]), truths: new Set() }, counts);
  return { head: block.head, body: withoutUnused(withoutFrame(withoutUnused(parts), name)) };
}

const joined = /^vErrors = \$join\(vErrors, (validate\d+)\);$/u;
const declared = /^const (_errs\d+) = errors;$/u;
const reset = /^errors = (_errs\d+);$/u;

/** A fault that another validator has found is the end, unless the count of errors is set back further on. */
function returnAtOnce(body: readonly Part[], name: string): Part[] {
  const from = body.findIndex((part) => "line" in part && isSetBackIn(body, declared.exec(part.line)?.[1]));
  if (from === -1) return endBlocks(body, name);
  const count = declared.exec((body[from] as { line: string }).line)?.[1] ?? "";
  const back = body.findLastIndex((part) => holds(part, `errors = ${count};`));
  // Set back in a line of its own, by a condition.
  const answered = "line" in (body[back] ?? {}) ? lengthOfAnswers(body.slice(back + 1)) : 0;
  const to = back + 1 + answered;
  const counted = to - Math.max(0, answered - 1);
  return [...endBlocks(body.slice(0, from), name), ...countedAlone(body.slice(from, counted)), ...body.slice(counted, to), ...returnAtOnce(body.slice(to), name)];
}

/** After a condition (`if`) its errors are dropped; then comes what depends on it, and what is said where that has found a fault. */
function lengthOfAnswers(parts: readonly Part[]): number {
  const end = parts.findIndex((part) => !/^(?:if\(vErrors !== null\)|let ifClause\d+;|if\(!?_?valid\d+\)|else\b)/u.test("line" in part ? part.line : part.head));
  return end === -1 ? parts.length : end;
}

/** Where nothing is told of the faults that are found, none need be made. */
function countedAlone(parts: readonly Part[]): readonly Part[] {
  const lines = print(parts);
  return lines.some((line) => /\$(?:join|add)\(/u.test(line)) || !lines.some((line) => /^const err\d+ = \{\};$/u.test(line)) ? parts : withoutErrors(parts);
}

function withoutErrors(parts: readonly Part[]): Part[] {
  return parts.flatMap((part, at): Part[] => {
    if ("line" in part) return /^const err\d+ = \{\};$/u.test(part.line) ? [] : [part];
    const before = parts[at - 1];
    const isOfErrors = /^if\(vErrors [!=]== null\)\{$/u.test(part.head) || (part.head === "else {" && before && "head" in before && before.head === "if(vErrors === null){");
    return isOfErrors ? [] : [{ ...part, body: withoutErrors(part.body) }];
  });
}

function endBlocks(parts: readonly Part[], name: string): Part[] {
  return parts.map((part) => {
    if ("line" in part) return part;
    const [first, second] = part.body;
    const other = first && "line" in first && part.body.length === 2 && second && "line" in second && second.line === "errors = vErrors.length;" ? joined.exec(first.line)?.[1] : undefined;
    return other === undefined ? { ...part, body: returnAtOnce(part.body, name) } : { ...part, body: [{ line: `return $failAs(${name}, ${other});` }] };
  });
}

function isSetBackIn(parts: readonly Part[], count: string | undefined): boolean {
  return count !== undefined && parts.some((part) => holds(part, `errors = ${count};`));
}

function holds(part: Part, line: string): boolean {
  return "line" in part ? part.line === line : part.body.some((inner) => holds(inner, line));
}

const isAsked = /^(?:errors === (_errs\d+|0)|(_errs\d+) === errors)$/u;
const assigned = /^(?:var |let |const )?(_?valid\d+) = (.+);$/u;

/** Goes through the parts in the order in which they run, and leaves out what is known. `counts`: what was known where each count was taken. */
function pass(parts: readonly Part[], before: Known, counts: Map<string, ReadonlySet<string>>): Passed {
  const kept: Part[] = [];
  let known: Known | undefined = before;
  for (let at = 0; at < parts.length && known; at += 1) {
    const part = parts[at];
    if (!part) break;
    if ("line" in part) {
      const step = passLine(part.line, known, counts);
      kept.push({ line: step.line });
      known = step.known;
    } else if (part.head.startsWith("if(")) {
      const chain = chainFrom(parts, at);
      at += chain.length - 1;
      const step = passChain(chain, known, counts);
      kept.push(...step.parts);
      known = step.known;
    } else {
      const step = passLoop(part, known, counts);
      kept.push(...step.parts);
      known = step.known;
    }
  }
  return { parts: kept, known };
}

function passLine(line: string, known: Known, counts: Map<string, ReadonlySet<string>>): { line: string; known: Known | undefined } {
  const taken = declared.exec(line)?.[1];
  if (taken !== undefined) {
    counts.set(taken, known.counts);
    return { line, known: { ...known, counts: new Set([...known.counts, taken]) } };
  }
  const back = reset.exec(line)?.[1];
  if (back !== undefined) return { line, known: { ...known, counts: new Set([...(counts.get(back) ?? []), back]) } };
  if (/^errors(?:\+\+| = .*);$/u.test(line)) return { line, known: { ...known, counts: new Set() } };
  if (/^(?:return\b.*|break|continue);$/u.test(line)) return { line, known: undefined };
  const [, variable, value = ""] = assigned.exec(line) ?? [];
  if (variable === undefined) return { line, known };
  const isTrue = value === "true" || isKnown(value, known);
  const truths = new Set(known.truths);
  if (isTrue) truths.add(variable);
  else truths.delete(variable);
  return { line: isTrue ? line.replace(`= ${value};`, "= true;") : line, known: { ...known, truths } };
}

function isKnown(condition: string, { counts, truths }: Known): boolean {
  const [, left, right] = isAsked.exec(condition) ?? [];
  const count = left ?? right;
  return count === undefined ? truths.has(condition) : counts.has(count);
}

/** An `if` with all that is `else` to it. */
function chainFrom(parts: readonly Part[], at: number): Block[] {
  const chain = [parts[at] as Block];
  for (let next = parts[at + chain.length]; next && "body" in next && next.head.startsWith("else"); next = parts[at + chain.length]) chain.push(next);
  return chain;
}

function conditionOf({ head }: Block): string | undefined {
  return /^(?:else )?if\((.*)\)\s*\{$/u.exec(head)?.[1];
}

function passChain(chain: readonly Block[], known: Known, counts: Map<string, ReadonlySet<string>>): Passed {
  const [first, ...others] = chain;
  if (!first) return { parts: [], known };
  const condition = conditionOf(first);
  // The last `else`, or a condition that always holds: nothing is asked any more.
  if (condition === undefined || isKnown(condition, known)) return pass(first.body, known, counts);
  const isNever = condition.startsWith("!") ? isKnown(condition.slice(1), known) : counts.get(condition)?.has("0");
  if (isNever) return passChain(others, known, counts);
  const then = pass(first.body, known, counts);
  const otherwise = passChain(others, then.known ? known : { ...known, truths: known.truths.union(failedBy(condition)) }, counts);
  return { parts: choice(condition, then.parts, otherwise.parts), known: meet(then.known, otherwise.known) };
}

const isMissing = /\((\w+(?:\.\w+|\["(?:[^"\\]|\\.)*"\])) === undefined\) && \(missing\d+ = "(?:[^"\\]|\\.)*"\)/gu;

/** What is so where a condition is not: no required field is missing, an integer is a number. */
function failedBy(condition: string): ReadonlySet<string> {
  const [, integer] = /^!\(Number\.isInteger\((\w+(?:\.\w+)*)\)\)$/u.exec(condition) ?? [];
  if (integer !== undefined) return new Set([`(typeof ${integer} == "number") && (isFinite(${integer}))`]);
  const fields: string[] = [];
  const rest = condition.replaceAll(isMissing, (_, field: string) => `${fields.push(`${field} !== undefined`)}`);
  return new Set(/^[\d()|\s]*$/u.test(rest) ? fields : []);
}

function choice(condition: string, then: readonly Part[], otherwise: readonly Part[]): Part[] {
  const [only] = then;
  if (condition === "vErrors !== null" && then.length === 1 && isLine(only, "vErrors = null;")) return [...then];
  if (then.length > 0 || !isPlain(condition)) return [{ head: `if(${condition}){`, body: then }, ...(otherwise.length > 0 ? [{ head: "else {", body: otherwise }] : [])];
  return otherwise.length > 0 ? [{ head: `if(!(${condition})){`, body: otherwise }] : [];
}

/** Whether asking changes nothing. */
function isPlain(condition: string): boolean {
  return !/[^=!<>]=[^=]|\(/u.test(condition.replaceAll(/"(?:[^"\\]|\\.)*"/gu, '""'));
}

function meet(one: Known | undefined, other: Known | undefined): Known | undefined {
  if (!one || !other) return one ?? other;
  return { counts: one.counts.intersection(other.counts), truths: one.truths.intersection(other.truths) };
}

/** What runs again and again, or not at all. */
function passLoop(loop: Block, known: Known, counts: Map<string, ReadonlySet<string>>): Passed {
  const lines = print(loop.body);
  const isCounting = lines.some((line) => /^errors(?:\+\+| = .*);$/u.test(line));
  const changed = new Set(lines.flatMap((line) => assigned.exec(line)?.[1] ?? []));
  const start: Known = { counts: isCounting ? new Set() : known.counts, truths: known.truths.difference(changed) };
  const body = pass(loop.body, start, counts);
  const rest = print(body.parts);
  const isLeft = rest.some((line) => /^(?:break|continue);$/u.test(line));
  const after = isLeft || isCounting ? start : meet(known, body.known);
  return { parts: body.parts.length > 0 ? [{ head: loop.head, body: body.parts }] : [], known: after };
}

/** Without the count of errors itself, where nobody asks for it, and with what the end then says. */
function withoutFrame(parts: readonly Part[], name: string): Part[] {
  const [list, count, ...rest] = parts;
  const [end, last] = rest.slice(-2);
  const isFramed = isLine(list, "let vErrors = null;") && isLine(count, "let errors = 0;") && isLine(end, `${name}.errors = vErrors;`) && isLine(last, "return errors === 0;");
  const inner = rest.slice(0, -2);
  const lines = print(inner);
  // All that ever counts returns: at the end there is nothing.
  if (!isFramed || lines.some((line) => /\b(?:vErrors|errors)\b/u.test(withoutTexts(line).replaceAll(/\.errors\b/gu, "")))) return [...parts];
  return [...inner, { line: `${name}.errors = null;` }, { line: "return true;" }];
}

function isLine(part: Part | undefined, line: string): boolean {
  return part !== undefined && "line" in part && part.line === line;
}

/** Without counts and variables that nothing reads, and what is empty without them. */
function withoutUnused(parts: readonly Part[]): Part[] {
  const lines = print(parts).map(withoutTexts);
  const isRead = (name: string, line: string): boolean => new RegExp(String.raw`\b${name}\b`, "u").test(line.replace(new RegExp(String.raw`^(?:var |let |const )?${name} = `, "u"), ""));
  const names = new Set(lines.flatMap((line) => declared.exec(line)?.[1] ?? assigned.exec(line)?.[1] ?? []));
  const unused = new Set([...names].filter((name) => !lines.some((line) => isRead(name, line))));
  if (unused.size === 0) return [...parts];
  return withoutUnused(drop(parts, unused));
}

function drop(parts: readonly Part[], unused: ReadonlySet<string>): Part[] {
  const kept: Part[] = [];
  for (let at = 0; at < parts.length; at += 1) {
    const part = parts[at];
    if (!part) break;
    if ("line" in part) {
      const name = declared.exec(part.line)?.[1] ?? assigned.exec(part.line)?.[1];
      if (name === undefined || !unused.has(name)) kept.push(part);
    } else if (part.head.startsWith("if(")) {
      const chain = chainFrom(parts, at);
      at += chain.length - 1;
      kept.push(...dropInChain(chain, unused));
    } else {
      const body = drop(part.body, unused);
      if (body.length > 0) kept.push({ head: part.head, body });
    }
  }
  return kept;
}

function dropInChain([first, ...others]: readonly Block[], unused: ReadonlySet<string>): Part[] {
  if (!first) return [];
  const condition = conditionOf(first);
  const body = drop(first.body, unused);
  return condition === undefined ? body : choice(condition, body, dropInChain(others, unused));
}

function withoutTexts(line: string): string {
  return line.replaceAll(/"(?:[^"\\]|\\.)*"/gu, '""');
}
