#!/usr/bin/env node
import { run } from "./run.ts";

/** The command `clawwire` of the published kit. */
process.exitCode = await run(process.argv.slice(2));
