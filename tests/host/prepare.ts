import process from "node:process";
import type { TestProject } from "vitest/node";
import { template } from "./gateway.ts";

/** Before any test: the plugins are built and installed, which takes longer than a hook should. */
export default async function prepare({ config: { env } }: TestProject): Promise<void> {
  const variable = "CLAWWIRE_TEST_HOST";
  const { [variable]: before } = process.env;
  process.env[variable] = env[variable] ?? "openclaw";
  await template();
  if (before === undefined) delete process.env[variable];
  else process.env[variable] = before;
}
