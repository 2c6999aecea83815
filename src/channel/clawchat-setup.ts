import type { ResolvedClawchatAccount } from "./clawchat-account.ts";
import type { ChannelSetup } from "./setup.ts";

/** The flags of `openclaw channels add`; the package metadata declares the same, from here. */
export const clawchatSetupFields = {
  code: { kind: "string", sensitive: true, cli: { flags: "--code <code>", description: "Invite code from the ClawChat app; it is good for one login" } },
  as: {
    kind: "choice",
    choices: ["re-pair", "new-account"],
    cli: { flags: "--as <intent>", description: "Where the account has a login already: re-pair logs the same agent in again, new-account gives it up" },
  },
  baseUrl: { kind: "string", cli: { flags: "--base-url <url>", description: "Address of the ClawChat server" } },
  websocketUrl: { kind: "string", cli: { flags: "--websocket-url <url>", description: "Its WebSocket address, where it is another one" } },
  mediaBaseUrl: { kind: "string", cli: { flags: "--media-base-url <url>", description: "Address of its media service, where it is another one" } },
  allowFrom: { kind: "string-list", cli: { flags: "--allow-from <ids>", description: "User ids to admit besides the owner, separated by commas" } },
  useEnv: {
    kind: "boolean",
    envVars: ["CLAWCHAT_BASE_URL", "CLAWCHAT_TOKEN"],
    envVarMode: "any",
    cli: { flags: "--use-env", description: "Leave server and login to CLAWCHAT_BASE_URL and CLAWCHAT_TOKEN (default account)" },
  },
} as const;

const isHttp = (value: string) => /^https?:\/\//.test(value) && URL.canParse(value);

export const clawchatSetup: ChannelSetup<ResolvedClawchatAccount> = {
  fields: clawchatSetupFields,
  // The code is used up here and stands nowhere.
  blockOf: ({ name, baseUrl, websocketUrl, mediaBaseUrl, allowFrom }) => ({ name, baseUrl, websocketUrl, mediaBaseUrl, allowFrom }),
  prepare: async (about) => await (await import("./clawchat-activation.ts")).redeemCode(about),
  intro: ["OpenClaw connects to ClawChat as an agent of yours.", "Make an invite code in the ClawChat app; it is good for one login,", "which is kept in OpenClaw's state directory."],
  secrets: [],
  senders: { called: "User ids besides the owner's", placeholder: "usr_1f2e, usr_77aa" },
  questions: [
    {
      key: "baseUrl",
      message: "Address of the ClawChat server",
      initial: "https://app.clawling.com",
      current: ({ baseUrl }) => baseUrl,
      expects: (value) => (isHttp(value) ? undefined : "a URL that begins with https://"),
    },
    {
      key: "code",
      message: "Invite code (empty to leave the login as it is)",
      optional: true,
      hidden: true,
      current: () => undefined,
      expects: () => undefined,
    },
    {
      key: "as",
      message: "The account is somebody already: re-pair logs the same agent in again, new-account gives it up",
      placeholder: "re-pair",
      // Of an account that was removed the login file still knows who it was.
      isAsked: async ({ accountId, config, answers: { code } }) =>
        typeof code === "string" && (config?.userId !== undefined || (await import("./clawchat-activation.ts")).isSomebody(accountId)),
      current: () => undefined,
      expects: (value) => (value === "re-pair" || value === "new-account" ? undefined : "re-pair or new-account"),
    },
  ],
};
