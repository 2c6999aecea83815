import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { describeGenerated, type Generated } from "../unit/codegen/generated-suite.ts";

const numRuns = Number(process.env["CODEGEN_RUNS"] ?? 300);
const fixtures = path.resolve(import.meta.dirname, "../../codegen/fixtures");

const drawn = readdirSync(path.join(fixtures, "expected")).filter((name) => existsSync(path.join(fixtures, "expected", name, "arbitraries.ts")));

for (const name of drawn) {
  const load = async <Module>(module: string): Promise<Module> => (await import(`${fixtures}/expected/${name}/${module}.ts`)) as Module;
  const { arbitraries, nearMisses } = await load<Pick<Generated, "arbitraries" | "nearMisses">>("arbitraries");
  const { messages } = await load<Pick<Generated, "messages">>("tables");
  const [codec, validators] = [await load<object>("codec"), await load<object>("validators")];
  describeGenerated(name, { arbitraries, nearMisses, messages, codec, validators }, numRuns);
}
