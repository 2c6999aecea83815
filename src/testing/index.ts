/**
 * What the other end of a protocol is tested with: values that are good and values that are nearly so, servers to dial,
 * the rules as checks, and a clock that moves when it is told to.
 *
 * @packageDocumentation
 */
import * as clawchat from "../../generated/clawchat/arbitraries.ts";
import * as instaClaw from "../../generated/insta-claw/arbitraries.ts";
import * as localIm from "../../generated/local-im/arbitraries.ts";
import * as websocket from "../../generated/websocket/arbitraries.ts";

/** fast-check arbitraries of every type of each protocol, by the names of its document: `arbitraries.websocket.ChatSend`. */
export const arbitraries = {
  websocket: websocket.arbitraries,
  instaClaw: instaClaw.arbitraries,
  localIm: localIm.arbitraries,
  clawchat: clawchat.arbitraries,
};

/** Arbitraries of values with exactly one constraint broken, and what a validator has to say of it. */
export const nearMisses = {
  websocket: websocket.nearMisses,
  instaClaw: instaClaw.nearMisses,
  localIm: localIm.nearMisses,
  clawchat: clawchat.nearMisses,
};

export type { NearMiss } from "../../generated/near-misses.ts";
export type { System } from "../core/ports.ts";
export type { ConformOptions, Side } from "./conformance/check.ts";
export { countVerdicts, type CheckResult, type Report, type RuleReport, type RuleVerdict } from "./conformance/report.ts";
export { readRuleBook, type Rule, type RuledProtocol } from "./conformance/rulebook.ts";
export type { Running, Suite } from "./conformance/suite.ts";
export { suiteOf, suites } from "./conformance/suites.ts";
export { createVirtualSystem as createFakeClock, type VirtualSystem as FakeClock } from "./fake-clock.ts";
export type { Follower, Heard, PlayedProtocol, RemoteProtocol, ServedProtocol } from "./simulator/protocol.ts";
export type { AnyProtocol, ProtocolName } from "./simulator/protocols.ts";
export type { CallRecord, Check, FrameRecord, Reply, ReplyEnd, Violation } from "./simulator/record.ts";
export { type News, type Saying, Simulator, type SimulatorOptions, startSimulator } from "./simulator/simulator.ts";
export type { LinkClosed, SimulatorLink } from "./simulator/link.ts";
