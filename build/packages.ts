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
  /** The flags of `openclaw channels add`, from the plugin's own setup contract. */
  setupFields: readonly SetupField[];
}

export interface SetupField {
  key: string;
  kind: "string" | "boolean" | "integer" | "string-list" | "choice";
  choices?: readonly string[];
  sensitive?: boolean;
  envVars?: readonly string[];
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
