import { once } from "node:events";
import { createServer } from "node:net";
import { defineChannelPluginEntry } from "openclaw/plugin-sdk/channel-core";

/** The least channel a gateway takes: what it costs is what any channel of any plugin costs. */
const about = { id: "least", label: "Least", selectionLabel: "Least", docsPath: "/channels/least", blurb: "Listens and says nothing." };

export default defineChannelPluginEntry({
  id: "clawwire-least",
  name: about.label,
  description: about.blurb,
  plugin: {
    id: about.id,
    meta: about,
    capabilities: { chatTypes: ["direct"] },
    config: {
      listAccountIds: () => ["default"],
      resolveAccount: ({ channels }) => ({ accountId: "default", port: channels.least.port }),
      isConfigured: () => true,
      describeAccount: () => ({ accountId: "default", enabled: true, configured: true }),
    },
    gateway: {
      async startAccount({ account, abortSignal }) {
        const server = createServer().listen(account.port, "127.0.0.1");
        if (!abortSignal.aborted) await once(abortSignal, "abort");
        server.close();
      },
    },
  },
});
