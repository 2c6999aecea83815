import { StructureKind } from "ts-morph";
import { inputName } from "../config.ts";
import type { Config, Json } from "../ir.ts";
import { header, printConstant, printLiteral, printModule } from "./module.ts";
import { printTypes } from "./types.ts";
import { printValidators } from "./validators.ts";

/** The types, defaults and environment variables of a configuration block, and its validator. */
export function printConfig(folder: string, config: Config): Promise<ReadonlyMap<string, string>> {
  const printed = known.get(config) ?? printAnew(folder, config);
  known.set(config, printed);
  return printed;
}

/** Settings stay the same from run to run while a document is edited. */
const known = new WeakMap<Config, Promise<ReadonlyMap<string, string>>>();

async function printAnew(folder: string, config: Config): Promise<ReadonlyMap<string, string>> {
  const title = header([config.source]);
  const types = await printTypes([...config.resolved, ...config.input]);
  const validators = printValidators(config.input, { strict: true, tolerant: [], quick: [] });
  return new Map([
    [`${folder}/config.ts`, `${title}\n${printConstants(config)}\n${types.trim()}\n`],
    [`${folder}/config-validator.ts`, `// @ts-nocheck\n${title}\n${validators.trim()}\n`],
  ]);
}

function printConstants(config: Config): string {
  const { root, account, defaults, accountDefaults, env, id, legacyKeys, label } = config;
  const names = [
    { what: "Config", type: root, values: defaults },
    ...(account !== undefined ? [{ what: "Account", type: account, values: accountDefaults ?? {} }] : []),
  ];
  return (
    printModule([
      {
        kind: StructureKind.ImportDeclaration,
        moduleSpecifier: "../runtime.ts",
        namedImports: [
          { name: "Defaults", isTypeOnly: true },
          { name: "Validator", isTypeOnly: true },
        ],
      },
      { kind: StructureKind.ImportDeclaration, moduleSpecifier: "./config-validator.ts", namespaceImport: "checks" },
      printConstant(
        "configChannel",
        `${printLiteral({ id, label, legacyKeys: [...legacyKeys] })} as const`,
        `Where the block stands in the host's configuration.`,
      ),
      ...names.map(({ what, type }) =>
        printConstant(
          `validate${what}`,
          `checks.${inputName(type)} as unknown as Validator<${inputName(type)}>`,
          "Accepts what an operator may write; `describe` puts its errors into words.",
        ),
      ),
      printConstant(
        "configSecrets",
        `${printLiteral([...config.secrets])} as readonly string[]`,
        "Properties whose values are never repeated in an error.",
      ),
      printConstant(
        "configExpectations",
        `${printLiteral(config.expectations)} as Readonly<Record<string, string>>`,
        "What each field may hold, in words that follow \"expected\"; * stands for any name, and an account's fields are the root's.",
      ),
      ...names.map(({ what, type, values }) =>
        printConstant(
          `${what.toLowerCase()}Defaults`,
          `${printLiteral(values as Json)} satisfies Defaults<${type}>`,
          "Every default, nested as in the block.",
        ),
      ),
      printConstant(
        "configEnv",
        `${printLiteral(env.map((variable) => ({ ...variable })))} as const`,
        "Environment variables that win over the block.",
      ),
    ]).trimEnd() + "\n"
  );
}
