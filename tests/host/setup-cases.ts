/** What is seen, then what is typed: a key where it is in brackets. */
export type Step = readonly [string, ...string[]];

export interface SetupCase {
  channel: string;
  label: string;
  flags: readonly string[];
  written: object;
  wrong: { flags: readonly string[]; says: RegExp };
  environment: { variables: Readonly<Record<string, string>>; flags: readonly string[]; written: object };
  /** Between the choice of the account and the question who may talk. */
  steps: readonly Step[];
  environmentAtTerminal?: Readonly<Record<string, string>>;
  answered: object;
}

/** What a person and a script say to set up each channel, and what then stands in the file. */
export const cases: readonly SetupCase[] = [
  {
    channel: "websocket",
    label: "WebSocket",
    flags: ["--port", "18899", "--host", "127.0.0.1", "--path", "/chat", "--auth", "optional", "--auth-endpoint", "https://accounts.example/verify", "--allow-from", "mara,u_9"],
    written: { enabled: true, port: 18_899, host: "127.0.0.1", path: "/chat", auth: { enabled: true, required: false, endpoint: "https://accounts.example/verify" }, allowFrom: ["mara", "u_9"] },
    wrong: { flags: ["--port", "99999"], says: /port.*65535/ },
    environment: { variables: { WS_AUTH_ENDPOINT: "https://accounts.example/verify" }, flags: [], written: { enabled: true } },
    steps: [["Port to listen on", "[enter]"], ["Do connections need a token", "[enter]"], ["Where tokens are verified", "http://127.0.0.1:9/verify", "[enter]"], ["The verifier at 127.0.0.1:9 does not answer now"]],
    answered: { enabled: true, port: 18_800, auth: { enabled: true, required: true, endpoint: "http://127.0.0.1:9/verify" } },
  },
  {
    channel: "insta-claw-connector",
    label: "InstaClaw",
    flags: ["--client-id", "id-1", "--client-secret", "sec-1", "--ws-url", "wss://gateway.example/user-ws/", "--allow-from", "10086"],
    written: { enabled: true, clientId: "id-1", clientSecret: "sec-1", wsUrl: "wss://gateway.example/user-ws/", allowFrom: ["10086"] },
    wrong: { flags: ["--client-id", "id-1", "--client-secret", "sec-1", "--ws-url", "ftp://gateway.example"], says: /wsUrl/ },
    environment: { variables: { INSTACLAW_WS_URL: "wss://gateway.example/user-ws/" }, flags: ["--client-id", "id-1", "--client-secret", "sec-1"], written: { enabled: true, clientId: "id-1", clientSecret: "sec-1" } },
    steps: [
      ["INSTACLAW_WS_URL is set here", "[enter]"],
      ["How do you want to provide this Client ID", "[down]", "[enter]"],
      ["Where is this Client ID stored", "[enter]"],
      ["INSTACLAW_CLIENT_ID", "[enter]"],
      ["How do you want to provide this Client secret", "[enter]"],
      ["◆  Client secret", "sec-1", "[enter]"],
      ["The gateway at 127.0.0.1:9 does not answer now"],
    ],
    environmentAtTerminal: { INSTACLAW_WS_URL: "ws://127.0.0.1:9/user-ws/", INSTACLAW_CLIENT_ID: "id-1" },
    answered: { enabled: true, clientId: { source: "env", provider: "default", id: "INSTACLAW_CLIENT_ID" }, clientSecret: "sec-1" },
  },
  {
    channel: "nc-local-im-connector",
    label: "Local IM",
    flags: ["--server-url", "ws://127.0.0.1:8080", "--token", "tok-1", "--allow-from", "ann,bob"],
    written: { enabled: true, serverUrl: "ws://127.0.0.1:8080", token: "tok-1", allowFrom: ["ann", "bob"] },
    wrong: { flags: ["--server-url", "ws://127.0.0.1:8080", "--token", "two words"], says: /token/ },
    environment: { variables: { LOCAL_IM_SERVER_URL: "ws://127.0.0.1:8080", LOCAL_IM_TOKEN: "tok-1" }, flags: [], written: { enabled: true } },
    steps: [
      ["Does the server want a token", "y"],
      ["WebSocket address of the IM server", "ws://127.0.0.1:9", "[enter]"],
      ["How do you want to provide this Token", "[enter]"],
      ["◆  Token", "tok-1", "[enter]"],
      ["The server at 127.0.0.1:9 does not answer now"],
    ],
    answered: { enabled: true, serverUrl: "ws://127.0.0.1:9", token: "tok-1" },
  },
  {
    channel: "clawchat",
    label: "ClawChat",
    flags: ["--base-url", "https://chat.example", "--websocket-url", "wss://chat.example/socket", "--media-base-url", "https://media.example", "--allow-from", "usr_1"],
    written: { enabled: true, baseUrl: "https://chat.example", websocketUrl: "wss://chat.example/socket", mediaBaseUrl: "https://media.example", allowFrom: ["usr_1"] },
    wrong: { flags: ["--base-url", "chat.example"], says: /baseUrl/ },
    environment: { variables: { CLAWCHAT_BASE_URL: "https://chat.example" }, flags: [], written: { enabled: true } },
    steps: [["Address of the ClawChat server", "[enter]"], ["Invite code", "[enter]"]],
    answered: { enabled: true, baseUrl: "https://app.clawling.com" },
  },
];

export const add = (channel: string, ...flags: readonly string[]) => ["channels", "add", "--channel", channel, ...flags];
