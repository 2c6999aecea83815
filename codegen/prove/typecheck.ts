import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";

const compiler = path.resolve(import.meta.dirname, "../../node_modules/typescript/bin/tsc");

/** The strictest options that whoever uses what is generated may have; libraries are checked too. */
const compilerOptions = {
  target: "ES2024",
  lib: ["ES2025"],
  types: [],
  module: "NodeNext",
  moduleResolution: "NodeNext",
  noEmit: true,
  strict: true,
  skipLibCheck: false,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noPropertyAccessFromIndexSignature: true,
  noImplicitOverride: true,
  noFallthroughCasesInSwitch: true,
  noImplicitReturns: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
  allowImportingTsExtensions: true,
  erasableSyntaxOnly: true,
  verbatimModuleSyntax: true,
  isolatedModules: true,
};

/** What the compiler finds wrong in a folder, a line each. */
export async function typeErrorsIn(folder: string): Promise<string[]> {
  writeFileSync(path.join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["**/*.ts"] }));
  try {
    await promisify(execFile)(process.execPath, [compiler, "-p", folder], { cwd: folder, maxBuffer: 2 ** 26 });
    return [];
  } catch (error) {
    const { stdout = "", message } = error as { stdout?: string; message: string };
    const lines = stdout.split("\n").filter((line) => line.includes("error TS"));
    return lines.length > 0 ? lines : [message];
  }
}
