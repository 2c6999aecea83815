import { type ChannelSetupWizard, defineChannelSetupContract } from "openclaw/plugin-sdk/channel-setup";
import { editAccount } from "./account-edits.ts";
import { type AccountRules, type Block, type ChannelAccount, resolveAccount } from "./accounts.ts";
import type { ResolvedWebsocketAccount } from "./websocket-account.ts";
import { websocketSetupFields } from "./websocket-setup.ts";

interface Answers {
  name?: string | undefined;
  port?: number | undefined;
  host?: string | undefined;
  path?: string | undefined;
  auth?: string | undefined;
  authEndpoint?: string | undefined;
  allowFrom?: readonly string[] | undefined;
}

type Rules = AccountRules<ResolvedWebsocketAccount>;

/** `openclaw channels add --channel websocket …`: what is answered is written, and must make a block that is valid. */
export function createSetupContract(rules: Rules) {
  return defineChannelSetupContract({
    fields: websocketSetupFields,
    adapter: {
      validateInput: ({ cfg, accountId, input }) => resolveAccount(rules, editAccount(rules, cfg, accountId, blockOf(input)), accountId, {}).problem ?? null,
      applyAccountConfig: ({ cfg, accountId, input }) => editAccount(rules, cfg, accountId, { enabled: true, ...blockOf(input) }),
      // Accounts inherit from the root: nothing has to move when a second one comes.
      singleAccountKeysToMove: [],
    },
  });
}

export function createSetupWizard(rules: Rules, resolve: (cfg: Parameters<typeof resolveAccount>[1], accountId?: string | null) => ChannelAccount<ResolvedWebsocketAccount>): ChannelSetupWizard {
  return {
    channel: rules.channelId,
    status: {
      configuredLabel: "configured",
      unconfiguredLabel: "not configured",
      resolveConfigured: ({ cfg, accountId }) => resolve(cfg, accountId).configured,
    },
    introNote: {
      title: "WebSocket",
      lines: [
        "Applications connect to a port of its own. With a verifier, your service says whose token it is;",
        "without one, keep the address on this machine.",
      ],
    },
    credentials: [],
    textInputs: [
      {
        inputKey: "port",
        message: "Port to listen on",
        placeholder: "18800",
        currentValue: ({ cfg, accountId }) => resolve(cfg, accountId).config?.port.toString(),
        validate: ({ value }) => (/^\d{1,5}$/.test(value) && Number(value) >= 1 && Number(value) <= 65_535 ? undefined : "a number from 1 to 65535"),
      },
      {
        inputKey: "auth",
        message: "Do connections need a token: required, optional or off",
        placeholder: "required",
        currentValue: ({ cfg, accountId }) => authModeOf(resolve(cfg, accountId).config),
        validate: ({ value }) => (["required", "optional", "off"].includes(value) ? undefined : "required, optional or off"),
      },
      {
        inputKey: "authEndpoint",
        message: "Where tokens are verified",
        placeholder: "https://accounts.example/api/auth/verify",
        currentValue: ({ cfg, accountId }) => resolve(cfg, accountId).config?.auth.endpoint,
        validate: ({ value }) => (URL.canParse(value) ? undefined : "a URL"),
      },
    ],
  };
}

function authModeOf(config: ResolvedWebsocketAccount | undefined): string | undefined {
  if (!config) return undefined;
  if (!config.auth.enabled) return "off";
  return config.auth.required ? "required" : "optional";
}

function blockOf({ name, port, host, path, auth, authEndpoint, allowFrom }: Answers): Block {
  const verification = {
    ...(auth !== undefined && { enabled: auth !== "off", required: auth === "required" }),
    ...(authEndpoint !== undefined && { endpoint: authEndpoint }),
  };
  return {
    ...(name !== undefined && { name }),
    ...(port !== undefined && { port }),
    ...(host !== undefined && { host }),
    ...(path !== undefined && { path }),
    ...(allowFrom !== undefined && { allowFrom: [...allowFrom] }),
    ...(Object.keys(verification).length > 0 && { auth: verification }),
  };
}
