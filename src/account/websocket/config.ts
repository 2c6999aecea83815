import type { WebsocketAccount } from "../../../generated/websocket/index.ts";

/** An account's configuration with the defaults that depend on other fields settled (`host`, `dmPolicy`). */
export type ResolvedAccount = WebsocketAccount & { host: string };
