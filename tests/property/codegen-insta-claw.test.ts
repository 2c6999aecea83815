import { arbitraries, nearMisses } from "../../generated/insta-claw/arbitraries.ts";
import * as codec from "../../generated/insta-claw/codec.ts";
import { messages } from "../../generated/insta-claw/tables.ts";
import * as validators from "../../generated/insta-claw/validators.ts";
import { describeGenerated } from "../unit/codegen/generated-suite.ts";

const numRuns = Number(process.env["CODEGEN_RUNS"] ?? 100);

describeGenerated("insta-claw", { arbitraries, nearMisses, validators, messages, codec }, numRuns);
