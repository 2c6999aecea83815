/**
 * The questions of `openclaw channels add`, as data: the package metadata declares the same fields, from here. A key is
 * the camel case of its flag.
 */
export const websocketSetupFields = {
  port: { kind: "integer", cli: { flags: "--port <n>", description: "TCP port to listen on (18800)" } },
  host: { kind: "string", cli: { flags: "--host <address>", description: "Address to bind" } },
  path: { kind: "string", cli: { flags: "--path <path>", description: "URL path of the socket (/ws)" } },
  auth: { kind: "choice", choices: ["required", "optional", "off"], cli: { flags: "--auth <mode>", description: "Whether connections need a token: required, optional or off" } },
  authEndpoint: { kind: "string", cli: { flags: "--auth-endpoint <url>", description: "Where tokens are verified" } },
  allowFrom: { kind: "string-list", cli: { flags: "--allow-from <ids>", description: "Sender ids to admit, separated by commas" } },
} as const;
