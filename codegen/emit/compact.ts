import { endAtFirstFault } from "./first-fault.ts";

/**
 * ajv writes out, at every check, the whole of what is said when it fails. That is half of what it prints, and it is
 * read only by a frame that fails: here each thing said is there once, and calls of the runtime say it.
 */
export function compact(code: string): string {
  const faults = new Map<string, string>();
  const faultOf = (keyword: string, params: string): string => {
    const fault = `{keyword:"${keyword}",params:${params}}`;
    if (!isConstant(params)) return fault;
    const known = faults.get(fault) ?? `$${faults.size}`;
    faults.set(fault, known);
    return known;
  };
  const short = withoutAncestors(withPlainNumbers(code))
    .replaceAll(onlyFault, (_, validate: string, at: string | undefined, keyword: string, params: string) => {
      const [, missing] = /^\{missingProperty: (\w+)\}$/u.exec(params) ?? [];
      if (keyword === "required" && missing !== undefined) return `return $missing(${validate}, ${pathOf(at)}, ${missing});`;
      const [, unknown] = /^\{additionalProperty: (\w+)\}$/u.exec(params) ?? [];
      if (keyword === "additionalProperties" && unknown !== undefined) return `return $unknown(${validate}, ${pathOf(at)}, ${unknown});`;
      return `return $fail(${validate}, ${pathOf(at)}, ${faultOf(keyword, params)});`;
    })
    .replaceAll(furtherFault, (_, _name: string, at: string | undefined, keyword: string, params: string) => `vErrors = $add(vErrors, ${pathOf(at)}, ${faultOf(keyword, params)});\nerrors++;`)
    .replaceAll(inPointer, "$pointed($1)")
    .replaceAll(faultsOfOther, (_, validate: string) => `vErrors = $join(vErrors, ${validate});`);
  const constants = [...faults].map(([fault, name]) => `const ${name} = ${fault};\n`).join("");
  return constants + endAtFirstFault(short);
}

const said = String.raw`\{instancePath(?::(.*?))?,keyword:"(\w+)",params:(\{.*\})\}`;
const onlyFault = new RegExp(String.raw`^(validate\d+)\.errors = \[${said}\];\nreturn false;`, "gmu");
const furtherFault = new RegExp(String.raw`^const (err\d+) = ${said};\nif\(vErrors === null\)\{\nvErrors = \[\1\];\n\}\nelse \{\nvErrors\.push\(\1\);\n\}\nerrors\+\+;`, "gmu");
const faultsOfOther = /^vErrors = vErrors === null \? (validate\d+)\.errors : vErrors\.concat\(\1\.errors\);/gmu;
/** A name of the value, as a JSON pointer has it (RFC 6901). */
const inPointer = /\b(key\d+)\.replace\(\/~\/g, "~0"\)\.replace\(\/\\\/\/g, "~1"\)/gu;

function pathOf(at: string | undefined): string {
  return at ?? "instancePath";
}

/** Whether the same whatever is checked: no variable is in it. */
function isConstant(params: string): boolean {
  const bare = params.replaceAll(/"(?:[^"\\]|\\.)*"/gu, "0").replaceAll(/\b\w+\s*:/gu, "");
  return !/[a-z_$]/iu.test(bare.replaceAll(/\b(?:true|false|null)\b|\d[\w.+-]*/gu, ""));
}

/** Where a value stands is all that a validator is told beside it. */
const toldPath = /\{instancePath:((?:"(?:[^"\\]|\\.)*"|[^"{}])*)\}\)/gu;

/** The rest of a division is slow where a number has more than 31 bits, as every time in ms; and what is finite is a number. */
function withPlainNumbers(code: string): string {
  return code
    .replaceAll(/\(\(\(typeof (\w+(?:\.\w+)*) == "number"\) && \(!\(\1 % 1\) && !isNaN\(\1\)\)\) && \(isFinite\(\1\)\)\)/gu, "(Number.isInteger($1))")
    .replaceAll(/\bif\((\w+(?:\.\w+)*) ([<>]=?) (-?[\d.e+]+) \|\| isNaN\(\1\)\)\{/gu, "if($1 $2 $3){");
}

const inSignature = '{instancePath="", parentData, parentDataProperty, rootData=data}={}';
const inCall = /,parentData(?::\w+)?,parentDataProperty(?::(?:"(?:[^"\\]|\\.)*"|\w+))?,rootData\}/gu;

/** No keyword of ours asks in what a value stands. */
function withoutAncestors(code: string): string {
  const alone = code.replaceAll(inSignature, 'instancePath=""').replaceAll(inCall, "}").replaceAll(toldPath, "$1)").replaceAll("{instancePath})", "instancePath)");
  if (/\b(?:parentData|parentDataProperty|rootData)\b/u.test(withoutTexts(alone))) throw new Error("the validators would ask what a value stands in");
  return alone;
}

function withoutTexts(code: string): string {
  return code.replaceAll(/"(?:[^"\\\n]|\\.)*"/gu, '""');
}
