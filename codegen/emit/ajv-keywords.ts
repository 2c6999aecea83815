import { _, type Ajv, type KeywordCxt, Name, stringify } from "ajv";
import { _Code } from "ajv/dist/compile/codegen/code.js";
import type { Json } from "../ir.ts";
import { codePoints } from "../runtime/runtime.ts";
import { describeClass, printClassTest, printSequenceTest, readClassPattern, readSequencePattern } from "./character-class.ts";

/** The functions the generated validators import from the generated runtime. */
export const codePointsName = new Name("codePoints");

/** Replaces keywords of ajv by ones that cost less or need no import of ajv. */
export function defineKeywords(ajv: Ajv): void {
  defineLength(ajv, "maxLength");
  defineLength(ajv, "minLength");
  definePattern(ajv);
  defineDiscriminator(ajv);
}

/** The UTF-16 length nearly always decides; only between the two are code points counted. */
function defineLength(ajv: Ajv, keyword: "minLength" | "maxLength"): void {
  ajv.removeKeyword(keyword);
  ajv.addKeyword({
    keyword,
    type: "string",
    schemaType: "number",
    error: {
      message: keyword === "maxLength" ? "is too long" : "is too short",
      params: ({ schemaCode }) => _`{limit: ${schemaCode}}`,
    },
    code(cxt: KeywordCxt) {
      const { data, gen } = cxt;
      const limit = cxt.schema as number;
      if (keyword === "minLength" && limit <= 1) {
        cxt.fail(_`${data}.length < ${limit}`);
        return;
      }
      const count = gen.scopeValue("func", { ref: codePoints, code: _`${codePointsName}` });
      if (keyword === "maxLength") cxt.fail(_`${data}.length > ${limit} && ${count}(${data}) > ${limit}`);
      else cxt.fail(_`${data}.length < ${limit} || (${data}.length < ${2 * limit} && ${count}(${data}) < ${limit})`);
    },
  });
}

/** A pattern that is one character class, or some of known lengths, becomes loops, which cost a third of a regular expression. */
function definePattern(ajv: Ajv): void {
  const standard = ajv.getKeyword("pattern");
  if (typeof standard !== "object" || !("code" in standard) || typeof standard.code !== "function")
    throw new Error("this ajv has no pattern keyword to extend");
  const { code: byRegExp } = standard;
  const tests = new Map<string, (text: string) => boolean>();
  ajv.removeKeyword("pattern");
  ajv.addKeyword({
    keyword: "pattern",
    type: "string",
    schemaType: "string",
    error: {
      message: "does not match the pattern",
      params: ({ schema, schemaCode }) => {
        const simple = readClassPattern(schema as string);
        return simple ? _`{pattern: ${schemaCode}, expected: ${describeClass(simple)}}` : _`{pattern: ${schemaCode}}`;
      },
    },
    code(cxt: KeywordCxt) {
      const pattern = cxt.schema as string;
      const text = printTest(pattern);
      if (text === undefined) {
        byRegExp(cxt);
        return;
      }
      const regExp = new RegExp(pattern, "u");
      const run = tests.get(text) ?? ((value: string) => regExp.test(value));
      tests.set(text, run);
      const test = cxt.gen.scopeValue("func", { ref: run, code: new _Code(text) });
      cxt.fail(_`!${test}(${cxt.data})`);
    },
  });
}

function printTest(pattern: string): string | undefined {
  const [simple, sequence] = [readClassPattern(pattern), readSequencePattern(pattern)];
  if (simple) return printClassTest(simple);
  return sequence && printSequenceTest(sequence);
}

interface TaggedUnion {
  readonly tag: string;
  readonly values: readonly (readonly Json[])[];
}

/** Picks the branch of a union by its tag and runs that one only, where `oneOf` would run all of them. */
function defineDiscriminator(ajv: Ajv): void {
  ajv.addKeyword("x-branches");
  ajv.addKeyword({
    keyword: "discriminator",
    type: "object",
    schemaType: "object",
    error: {
      message: "has an unknown tag",
      params: ({ schema }) => {
        const { tag, values } = schema as TaggedUnion;
        return _`{tag: ${tag}, allowedValues: ${stringify(values.flat())}}`;
      },
    },
    code(cxt: KeywordCxt) {
      const { gen, data } = cxt;
      const { tag, values } = cxt.schema as TaggedUnion;
      const found = gen.const("tag", _`${data}[${tag}]`);
      const valid = gen.let("valid", false);
      gen.if(false);
      for (const [index, branchValues] of values.entries()) {
        gen.elseIf(branchValues.map((value) => _`${found} === ${stringify(value)}`).reduce((a, b) => _`${a} || ${b}`));
        const branchValid = gen.name("valid");
        const branch = cxt.subschema({ keyword: "x-branches", schemaProp: index }, branchValid);
        cxt.mergeEvaluated(branch, Name);
        gen.assign(valid, branchValid);
      }
      gen.else();
      cxt.error();
      gen.endIf();
      cxt.ok(valid);
    },
  });
}
