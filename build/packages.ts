import { clawchatSetupFields } from "../src/channel/clawchat-setup.ts";
import { instaClawSetupFields } from "../src/channel/insta-claw-setup.ts";
import { localImSetupFields } from "../src/channel/local-im-setup.ts";
import { websocketSetupFields } from "../src/channel/websocket-setup.ts";

/** What is published: one row per package. A further channel is a further row. */
export interface PluginPackage {
  /** npm name and OpenClaw plugin id. */
  name: string;
  /** The key under `channels` in the operator's configuration. */
  channel: string;
  /** The name of the channel's folder in `src/plugins/` and `generated/`. */
  folder: string;
  title: string;
  description: string;
  /** One line in OpenClaw's channel picker. */
  blurb: string;
  /** The smallest `channels.<channel>` block that works, for the README. */
  example: Readonly<Record<string, unknown>>;
  /** What has to be done besides, once. */
  firstStep?: string;
  /** The flags of `openclaw channels add`, from the plugin's own setup contract. */
  setupFields: readonly SetupField[];
  /** The chat page goes along. */
  hasPage?: true;
}

export interface SetupField {
  key: string;
  kind: "string" | "boolean" | "integer" | "string-list" | "choice";
  choices?: readonly string[];
  sensitive?: boolean;
  envVars?: readonly string[];
  envVarMode?: "all" | "any";
  cli: { flags: string; description: string };
}

export const packages: readonly PluginPackage[] = [
  {
    name: "clawwire-websocket",
    channel: "websocket",
    folder: "websocket",
    title: "WebSocket",
    description: "OpenClaw channel plugin: applications connect to the gateway over a WebSocket and talk to an agent.",
    blurb: "Applications connect over a WebSocket of its own.",
    example: { enabled: true, port: 18800, auth: { endpoint: "https://accounts.example/api/auth/verify" } },
    setupFields: fieldsOf(websocketSetupFields),
    hasPage: true,
  },
  {
    name: "clawwire-insta-claw",
    channel: "insta-claw-connector",
    folder: "insta-claw",
    title: "InstaClaw",
    description: "OpenClaw channel plugin: OpenClaw connects to an InstaClaw gateway and answers its users.",
    blurb: "Answers the users of an InstaClaw gateway.",
    example: { enabled: true, wsUrl: "wss://gateway.example/user-ws/", clientId: "my-client", clientSecret: { source: "env", provider: "default", id: "INSTACLAW_SECRET" } },
    setupFields: fieldsOf(instaClawSetupFields),
  },
  {
    name: "clawwire-local-im",
    channel: "nc-local-im-connector",
    folder: "local-im",
    title: "Local IM",
    description: "OpenClaw channel plugin: OpenClaw connects to an instant-messaging server of yours and answers its users.",
    blurb: "Answers the users of an IM server of yours.",
    example: { enabled: true, serverUrl: "ws://192.168.100.168:8080", defaultAccount: "u00267" },
    setupFields: fieldsOf(localImSetupFields),
  },
  {
    name: "clawwire-clawchat",
    channel: "clawchat",
    folder: "clawchat",
    title: "ClawChat",
    description: "OpenClaw channel plugin: OpenClaw connects to a ClawChat server as an agent and answers its owner, friends and groups.",
    blurb: "Answers on ClawChat as an agent of yours.",
    example: { enabled: true },
    firstStep: 'openclaw channels add --channel clawchat --code "$INVITE_CODE"',
    setupFields: fieldsOf(clawchatSetupFields),
  },
];

function fieldsOf(fields: Readonly<Record<string, Omit<SetupField, "key">>>): SetupField[] {
  return Object.entries(fields).map(([key, field]) => ({ key, ...field }));
}

export function packageNamed(name: string): PluginPackage {
  const found = packages.find((row) => row.name === name);
  if (found) return found;
  throw new Error(`there is no package "${name}"; build/packages.ts has ${packages.map((row) => row.name).join(", ")}`);
}
