import { defineChannelPluginEntry } from "openclaw/plugin-sdk/channel-core";
import { kitCommandOf, leadToKit } from "../../channel/kit-command.ts";
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
  registerCliMetadata: (api) => leadToKit(api, { command: kitCommandOf("clawwire-websocket", "WebSocket"), channel: "websocket", protocol: "websocket" }),
  registerFull: (api) => tellUnstarted(api, websocketChannel),
});
