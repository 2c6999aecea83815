import { defineChannelPluginEntry } from "openclaw/plugin-sdk/channel-core";
import { kitCommandOf, leadToKit } from "../../channel/kit-command.ts";
import { localImChannel, localImRuntime, localImToolGuard } from "../../channel/local-im.ts";
import { guardTools } from "../../channel/tool-guard.ts";
import { tellUnstarted } from "../../channel/unstarted.ts";

export default defineChannelPluginEntry({
  id: "clawwire-local-im",
  name: "Local IM",
  description: "OpenClaw connects to an instant-messaging server of yours and answers its users.",
  plugin: localImChannel,
  setRuntime: localImRuntime.setRuntime,
  registerCapabilities: (api) => guardTools(api, localImToolGuard),
  registerCliMetadata: (api) => leadToKit(api, { command: kitCommandOf("clawwire-local-im", "Local IM"), channel: "nc-local-im-connector", protocol: "local-im" }),
  registerFull: (api) => tellUnstarted(api, localImChannel),
});
