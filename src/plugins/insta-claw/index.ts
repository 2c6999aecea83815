import { defineChannelPluginEntry } from "openclaw/plugin-sdk/channel-core";
import { instaClawChannel, instaClawRuntime, instaClawToolGuard } from "../../channel/insta-claw.ts";
import { kitCommandOf, leadToKit } from "../../channel/kit-command.ts";
import { guardTools } from "../../channel/tool-guard.ts";
import { tellUnstarted } from "../../channel/unstarted.ts";

export default defineChannelPluginEntry({
  id: "clawwire-insta-claw",
  name: "InstaClaw",
  description: "OpenClaw connects to an InstaClaw gateway and answers its users.",
  plugin: instaClawChannel,
  setRuntime: instaClawRuntime.setRuntime,
  registerCapabilities: (api) => guardTools(api, instaClawToolGuard),
  registerCliMetadata: (api) => leadToKit(api, { command: kitCommandOf("clawwire-insta-claw", "InstaClaw"), channel: "insta-claw-connector", protocol: "insta-claw" }),
  registerFull: (api) => tellUnstarted(api, instaClawChannel),
});
