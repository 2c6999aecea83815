import { defineChannelPluginEntry } from "openclaw/plugin-sdk/channel-core";
import { clawchatChannel, clawchatRuntime, clawchatToolGuard } from "../../channel/clawchat.ts";
import { guardTools } from "../../channel/tool-guard.ts";
import { tellUnstarted } from "../../channel/unstarted.ts";

export default defineChannelPluginEntry({
  id: "clawwire-clawchat",
  name: "ClawChat",
  description: "OpenClaw connects to a ClawChat server as an agent and answers its owner, friends and groups.",
  plugin: clawchatChannel,
  setRuntime: clawchatRuntime.setRuntime,
  registerCapabilities: (api) => guardTools(api, clawchatToolGuard),
  registerFull: (api) => tellUnstarted(api, clawchatChannel),
});
