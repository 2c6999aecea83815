import { defineSetupPluginEntry } from "openclaw/plugin-sdk/channel-core";
import { clawchatChannel } from "../../channel/clawchat.ts";

export default defineSetupPluginEntry(clawchatChannel);
