import { defineSetupPluginEntry } from "openclaw/plugin-sdk/channel-core";
import { localImChannel } from "../../channel/local-im.ts";

export default defineSetupPluginEntry(localImChannel);
