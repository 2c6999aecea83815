import { Parser } from "@asyncapi/parser";
import { documentStructure } from "@asyncapi/parser/cjs/ruleset/functions/documentStructure.js";

type ParserOptions = NonNullable<ConstructorParameters<typeof Parser>[0]>;
type Resolvers = NonNullable<NonNullable<NonNullable<ParserOptions["__unstable"]>["resolver"]>["resolvers"]>;

interface RuleContext {
  readonly documentInventory: unknown;
}

/**
 * A parser that checks a document and hands out the files it consists of. What it does behind that, and its style advice,
 * nobody here needs. It sees changed files, as it remembers none.
 */
export function newParser(resolvers: Resolvers, keep: (inventory: unknown) => void): Parser {
  const look = (_: unknown, __: unknown, { documentInventory }: RuleContext): void => keep(documentInventory);
  return new Parser({
    ruleset: {
      recommended: false,
      rules: {
        "files-of-the-document": { given: "$", severity: "hint", then: { function: look } },
        "asyncapi-latest-version": "off",
        "asyncapi-document-resolved": structureRule(true),
        "asyncapi-document-unresolved": structureRule(false),
      },
    },
    __unstable: { resolver: { cache: false, resolvers } },
  });
}

/** What the parser compiles for one document it throws away with it; so this stands for every document. */
const everyDocument = {};

/** The parser's own rule, which compiles AsyncAPI's schema once in a process where it took a third of each reading. */
function structureRule(resolved: boolean) {
  const check = (given: unknown, options: { resolved: boolean }, context: RuleContext): ReturnType<typeof documentStructure> =>
    documentStructure(given, options, { ...context, documentInventory: everyDocument } as never);
  const then = { function: check, functionOptions: { resolved } };
  return { message: "{{error}}", severity: "error" as const, resolved, given: "$", then };
}
