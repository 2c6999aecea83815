import { defineSetupPluginEntry } from "openclaw/plugin-sdk/channel-core";
import { instaClawChannel } from "../../channel/insta-claw.ts";

export default defineSetupPluginEntry(instaClawChannel);
