import type { Target } from "../target.ts";
import { decoders } from "./decoders.ts";
import { disk } from "./disk.ts";
import { edge } from "./edge.ts";
import { link } from "./link.ts";
import { sessions } from "./sessions.ts";
import { verifier } from "./verifier.ts";

/** Everything that reads what somebody else has written. */
export const targets: readonly Target[] = [...decoders, ...sessions, verifier, ...disk, edge, link];
