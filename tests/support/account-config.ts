import { configDefaults, type WebsocketAccount } from "../../generated/websocket/index.ts";

/** An account as an operator has it who wrote nothing. */
export const accountDefaults: WebsocketAccount = configDefaults;
