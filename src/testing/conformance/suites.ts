import type { Side } from "./check.ts";
import type { RuledProtocol } from "./rulebook.ts";
import type { Suite } from "./suite.ts";
import { websocketServer } from "./websocket/server.ts";

export const suites: readonly Suite[] = [websocketServer];

export function suiteOf(protocol: RuledProtocol, side: Side): Suite | undefined {
  return suites.find((suite) => suite.protocol === protocol && suite.side === side);
}
