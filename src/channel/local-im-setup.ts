import type { ResolvedLocalImAccount } from "./local-im-account.ts";
import type { ChannelSetup } from "./setup.ts";

/** The flags of `openclaw channels add`; the package metadata declares the same, from here. */
export const localImSetupFields = {
  serverUrl: { kind: "string", cli: { flags: "--server-url <url>", description: "WebSocket address of the IM server" } },
  token: { kind: "string", sensitive: true, cli: { flags: "--token <text>", description: "Token that the server wants, if any" } },
  tokenFile: { kind: "string", cli: { flags: "--token-file <path>", description: "File that holds the token, instead of the token itself" } },
  allowFrom: { kind: "string-list", cli: { flags: "--allow-from <ids>", description: "User ids to admit, separated by commas" } },
  useEnv: {
    kind: "boolean",
    envVars: ["LOCAL_IM_SERVER_URL", "LOCAL_IM_TOKEN"],
    envVarMode: "any",
    cli: { flags: "--use-env", description: "Leave server and token to LOCAL_IM_SERVER_URL and LOCAL_IM_TOKEN (default account)" },
  },
} as const;

export const localImSetup: ChannelSetup<ResolvedLocalImAccount> = {
  fields: localImSetupFields,
  blockOf: ({ name, serverUrl, token, tokenFile, allowFrom }) => ({ name, serverUrl, token, tokenFile, allowFrom }),
  intro: ["OpenClaw connects to your IM server and answers its users.", "The account's id goes to the server with the address, as accountId."],
  secrets: [{ key: "token", label: "Token", field: "token", variable: "LOCAL_IM_TOKEN", wanted: "Does the server want a token?" }],
  senders: { called: "User ids", placeholder: "ann, bob" },
  tryOut: async ({ url }) => await (await import("./reach.ts")).reach("The server", url),
  questions: [
    {
      key: "serverUrl",
      message: "WebSocket address of the IM server",
      placeholder: "ws://192.168.100.168:8080",
      current: ({ url }) => url,
      expects: (value) => (URL.canParse(/^\w+:\/\//.test(value) ? value : `ws://${value}`) ? undefined : "a WebSocket address"),
    },
  ],
};
