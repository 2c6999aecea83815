import { defineChannelPluginEntry } from "openclaw/plugin-sdk/channel-core";
import { guardTools } from "../../channel/tool-guard.ts";
import { tellUnstarted } from "../../channel/unstarted.ts";
import { websocketChannel, websocketRuntime, websocketToolGuard } from "../../channel/websocket.ts";

export default defineChannelPluginEntry({
  id: "clawwire-websocket",
  name: "WebSocket",
  description: "Applications connect to the gateway over a WebSocket and talk to an agent.",
  plugin: websocketChannel,
  setRuntime: websocketRuntime.setRuntime,
  registerCapabilities: (api) => guardTools(api, websocketToolGuard),
  registerFull: (api) => tellUnstarted(api, websocketChannel),
});
