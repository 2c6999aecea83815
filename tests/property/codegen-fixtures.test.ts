import * as frames from "../../codegen/fixtures/expected/frames/arbitraries.ts";
import * as framesCodec from "../../codegen/fixtures/expected/frames/codec.ts";
import { messages as framesMessages } from "../../codegen/fixtures/expected/frames/tables.ts";
import * as framesValidators from "../../codegen/fixtures/expected/frames/validators.ts";
import * as hostile from "../../codegen/fixtures/expected/hostile/arbitraries.ts";
import * as hostileCodec from "../../codegen/fixtures/expected/hostile/codec.ts";
import { messages as hostileMessages } from "../../codegen/fixtures/expected/hostile/tables.ts";
import * as hostileValidators from "../../codegen/fixtures/expected/hostile/validators.ts";
import * as letters from "../../codegen/fixtures/expected/letters/arbitraries.ts";
import * as lettersCodec from "../../codegen/fixtures/expected/letters/codec.ts";
import { messages as lettersMessages } from "../../codegen/fixtures/expected/letters/tables.ts";
import * as lettersValidators from "../../codegen/fixtures/expected/letters/validators.ts";
import { describeGenerated } from "../unit/codegen/generated-suite.ts";

const numRuns = Number(process.env["CODEGEN_RUNS"] ?? 300);

describeGenerated("frames", { ...frames, codec: framesCodec, messages: framesMessages, validators: framesValidators }, numRuns);
describeGenerated("hostile", { ...hostile, codec: hostileCodec, messages: hostileMessages, validators: hostileValidators }, numRuns);
describeGenerated("letters", { ...letters, codec: lettersCodec, messages: lettersMessages, validators: lettersValidators }, numRuns);
