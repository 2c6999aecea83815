import type { OlderFields } from "./older-fields.ts";

/** What the original plugin of a channel called things. */
export interface OlderNames extends OlderFields {
  channelId: string;
  /** Older keys of the same block; the channel's own wins. */
  legacyKeys: readonly string[];
}

export const websocketOlder: OlderNames = { channelId: "websocket", legacyKeys: ["ws"], renamed: {}, dropped: [] };

export const instaClawOlder: OlderNames = {
  channelId: "insta-claw-connector",
  legacyKeys: [],
  renamed: { appKey: "clientId", appSecret: "clientSecret" },
  dropped: [],
};

export const localImOlder: OlderNames = {
  channelId: "nc-local-im-connector",
  legacyKeys: [],
  renamed: { clientWsUrl: "serverUrl", gatewayToken: "token", accountId: "defaultAccount" },
  dropped: ["wsPort", "httpPort", "tokenType"],
};

export const clawchatOlder = {
  channelId: "clawchat",
  legacyKeys: ["clawchat-plugin-openclaw"],
  renamed: {},
  dropped: ["allowAll", "media", "awarenessNote", "richInteractions"],
} as const satisfies OlderNames;
