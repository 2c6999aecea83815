import { arbitraries, nearMisses } from "../../../generated/local-im/arbitraries.ts";
import * as codec from "../../../generated/local-im/codec.ts";
import { messages } from "../../../generated/local-im/tables.ts";
import * as validators from "../../../generated/local-im/validators.ts";
import { describeGenerated } from "../../unit/codegen/generated-suite.ts";

describeGenerated("local-im", { arbitraries, nearMisses, validators, messages, codec }, Number(process.env["CODEGEN_RUNS"] ?? 300));
