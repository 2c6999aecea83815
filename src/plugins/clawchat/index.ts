import { defineChannelPluginEntry } from "openclaw/plugin-sdk/channel-core";
import { clawchatChannel, clawchatRuntime, clawchatToolGuard } from "../../channel/clawchat.ts";
import { kitCommandOf, leadToKit } from "../../channel/kit-command.ts";
import { guardTools } from "../../channel/tool-guard.ts";
import { tellUnstarted } from "../../channel/unstarted.ts";

export default defineChannelPluginEntry({
  id: "clawwire-clawchat",
  name: "ClawChat",
  description: "OpenClaw connects to a ClawChat server as an agent and answers its owner, friends and groups.",
  plugin: clawchatChannel,
  setRuntime: clawchatRuntime.setRuntime,
  registerCapabilities: (api) => guardTools(api, clawchatToolGuard),
  registerCliMetadata: (api) => leadToKit(api, { command: kitCommandOf("clawwire-clawchat", "ClawChat"), channel: "clawchat", protocol: "clawchat" }),
  registerFull: (api) => tellUnstarted(api, clawchatChannel),
});
