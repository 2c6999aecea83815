import type { Check } from "./check.ts";
import { clock } from "./checks/clock.ts";
import { configuration } from "./checks/configuration.ts";
import { handshake } from "./checks/handshake.ts";
import { port } from "./checks/port.ts";
import { roundTrip } from "./checks/round-trip.ts";
import { tls } from "./checks/tls.ts";
import { verifier } from "./checks/verifier.ts";

/** In the order in which one thing needs the other. */
export const checks: readonly Check[] = [configuration, port, verifier, tls, clock, handshake, roundTrip];
