import type { ResolvedInstaClawAccount } from "./insta-claw-account.ts";
import type { ChannelSetup } from "./setup.ts";

/** The flags of `openclaw channels add`; the package metadata declares the same, from here. */
export const instaClawSetupFields = {
  clientId: { kind: "string", cli: { flags: "--client-id <id>", description: "Client ID that the gateway knows" } },
  clientSecret: { kind: "string", sensitive: true, cli: { flags: "--client-secret <secret>", description: "Its secret" } },
  clientSecretFile: { kind: "string", cli: { flags: "--client-secret-file <path>", description: "File that holds the secret, instead of the secret itself" } },
  wsUrl: { kind: "string", cli: { flags: "--ws-url <url>", description: "WebSocket address of the gateway" } },
  allowFrom: { kind: "string-list", cli: { flags: "--allow-from <ids>", description: "User ids to admit, separated by commas" } },
  useEnv: { kind: "boolean", envVars: ["INSTACLAW_WS_URL"], cli: { flags: "--use-env", description: "Leave the gateway's address to INSTACLAW_WS_URL" } },
} as const;

export const instaClawSetup: ChannelSetup<ResolvedInstaClawAccount> = {
  fields: instaClawSetupFields,
  blockOf: ({ name, clientId, clientSecret, clientSecretFile, wsUrl, allowFrom }) => ({ name, clientId, clientSecret, clientSecretFile, wsUrl, allowFrom }),
  intro: ["OpenClaw connects to an InstaClaw gateway and answers its users.", "You need a client ID and its secret from whoever runs the gateway."],
  secrets: [
    { key: "clientId", label: "Client ID", field: "clientId", variable: "INSTACLAW_CLIENT_ID" },
    { key: "clientSecret", label: "Client secret", field: "clientSecret", variable: "INSTACLAW_CLIENT_SECRET" },
  ],
  senders: { called: "User ids", placeholder: "10086, 10010" },
  tryOut: async ({ url }) => await (await import("./reach.ts")).reach("The gateway", url),
  questions: [
    {
      key: "wsUrl",
      message: "WebSocket address of the gateway",
      placeholder: "wss://gateway.example/user-ws/",
      current: ({ wsUrl }) => wsUrl,
      expects: (value) => (/^wss?:\/\//.test(value) && URL.canParse(value) ? undefined : "a wss:// address"),
    },
  ],
};
