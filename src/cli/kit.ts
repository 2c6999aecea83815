#!/usr/bin/env node
import { dispatch, realIo } from "./dispatch.ts";
import { kitCommands } from "./kit-commands.ts";

/** The command `clawwire` of the published kit. */
process.exitCode = await dispatch(kitCommands, process.argv.slice(2), realIo());
