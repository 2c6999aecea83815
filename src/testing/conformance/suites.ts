import type { Side } from "./check.ts";
import { clawchatClient } from "./clawchat/client.ts";
import { clawchatServer } from "./clawchat/server.ts";
import { instaClawClient } from "./insta-claw/client.ts";
import { instaClawServer } from "./insta-claw/server.ts";
import { localImClient } from "./local-im/client.ts";
import { localImServer } from "./local-im/server.ts";
import type { RuledProtocol } from "./rulebook.ts";
import type { Suite } from "./suite.ts";
import { websocketClient } from "./websocket/client.ts";
import { websocketServer } from "./websocket/server.ts";

const table: Readonly<Record<RuledProtocol, Readonly<Record<Side, Suite>>>> = {
  websocket: { server: websocketServer, client: websocketClient },
  "insta-claw": { server: instaClawServer, client: instaClawClient },
  "local-im": { server: localImServer, client: localImClient },
  clawchat: { server: clawchatServer, client: clawchatClient },
};

export const suites: readonly Suite[] = Object.values(table).flatMap(({ server, client }) => [server, client]);

export function suiteOf(protocol: RuledProtocol, side: Side): Suite {
  return table[protocol][side];
}
