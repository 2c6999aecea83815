import type { ChannelSetup } from "./setup.ts";
import type { ResolvedWebsocketAccount } from "./websocket-account.ts";

/** The flags of `openclaw channels add`; the package metadata declares the same, from here. */
export const websocketSetupFields = {
  port: { kind: "integer", cli: { flags: "--port <n>", description: "TCP port to listen on (18800)" } },
  host: { kind: "string", cli: { flags: "--host <address>", description: "Address to bind" } },
  path: { kind: "string", cli: { flags: "--path <path>", description: "URL path of the socket (/ws)" } },
  auth: { kind: "choice", choices: ["required", "optional", "off"], cli: { flags: "--auth <mode>", description: "Whether connections need a token: required, optional or off" } },
  authEndpoint: { kind: "string", cli: { flags: "--auth-endpoint <url>", description: "Where tokens are verified" } },
  allowFrom: { kind: "string-list", cli: { flags: "--allow-from <ids>", description: "Sender ids to admit, separated by commas" } },
  useEnv: {
    kind: "boolean",
    envVars: ["WS_AUTH_ENDPOINT", "WS_AUTH_ENABLED"],
    envVarMode: "any",
    cli: { flags: "--use-env", description: "Leave the verifier to WS_AUTH_ENDPOINT and WS_AUTH_ENABLED (default account)" },
  },
} as const;

const isHttp = (value: string) => /^https?:\/\//.test(value) && URL.canParse(value);

export const websocketSetup: ChannelSetup<ResolvedWebsocketAccount> = {
  fields: websocketSetupFields,
  blockOf({ name, port, host, path, auth, authEndpoint, allowFrom }) {
    const verification = {
      ...(auth !== undefined && { enabled: auth !== "off", required: auth === "required" }),
      ...(authEndpoint !== undefined && { endpoint: authEndpoint }),
    };
    const isNumber = typeof port === "string" && /^\d+$/.test(port);
    return { name, port: isNumber ? Number(port) : port, host, path, allowFrom, ...(Object.keys(verification).length > 0 && { auth: verification }) };
  },
  intro: ["Applications connect to a port of its own.", "With a verifier, your service says whose token it is;", "without one, keep the address on this machine."],
  secrets: [],
  senders: { called: "Sender ids", placeholder: "mara, u_9" },
  async tryOut({ auth }) {
    if (!auth.enabled) return undefined;
    return await (await import("./reach.ts")).reach("The verifier", auth.endpoint);
  },
  questions: [
    {
      key: "port",
      message: "Port to listen on",
      initial: "18800",
      current: ({ port }) => port.toString(),
      expects: (value) => (/^\d{1,5}$/.test(value) && Number(value) >= 1 && Number(value) <= 65_535 ? undefined : "a number from 1 to 65535"),
    },
    {
      key: "auth",
      field: "auth.enabled",
      message: "Do connections need a token: required, optional or off",
      initial: "required",
      current: ({ auth }) => (!auth.enabled ? "off" : auth.required ? "required" : "optional"),
      expects: (value) => (["required", "optional", "off"].includes(value) ? undefined : "required, optional or off"),
    },
    {
      key: "authEndpoint",
      field: "auth.endpoint",
      isAsked: ({ config }) => config?.auth.enabled !== false,
      message: "Where tokens are verified",
      placeholder: "https://accounts.example/api/auth/verify",
      current: ({ auth }) => auth.endpoint,
      expects: (value) => (isHttp(value) ? undefined : "a URL that begins with https:// or http://"),
    },
  ],
};
