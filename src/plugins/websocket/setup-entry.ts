import { defineSetupPluginEntry } from "openclaw/plugin-sdk/channel-core";
import { websocketChannel } from "../../channel/websocket.ts";

export default defineSetupPluginEntry(websocketChannel);
