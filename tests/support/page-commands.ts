/** The test that executes a command of a page. */
export interface Executed {
  /** As in docs/features.yaml: the file, and the title as it stands there; or `.ci/run`. */
  by: string;
  /** What stands in that file for the command, where it is run with a port, a folder or a model of the test's own. */
  as?: string;
}

const examples = "tests/conformance/page-examples.test.ts";
const commands = "tests/conformance/page-commands.test.ts";
const start = "tests/host/start.test.ts";
const guide = "tests/conformance/add-a-protocol.test.ts";
const pages = "tests/host/pages.test.ts";

/** Every command that a page prints, with the test that executes it; tests/unit/house/commands.test.ts holds the two together. */
export const executed: Readonly<Record<string, Executed>> = {
  "npm start": { by: `${start}#names the address, answers there, and leaves nothing behind after Ctrl-C`, as: '"npm", ["start", "--", "--port"' },
  "npm start -- --channel insta-claw": { by: `${start}#gives %s a server to dial, through which lines of a pipe speak, and stops at /quit`, as: 'it.each(["insta-claw", ' },
  "npm start -- --channel local-im": { by: `${start}#gives %s a server to dial, through which lines of a pipe speak, and stops at /quit`, as: '"local-im", "clawchat"])("gives' },
  "npm start -- --channel clawchat": { by: `${start}#gives %s a server to dial, through which lines of a pipe speak, and stops at /quit`, as: '"local-im", "clawchat"])("gives' },
  "CLAWWIRE_MODEL_API_KEY=… npm start -- --model-url https://models.example/v1 --model some-model": {
    by: `${start}#talks to a real model with a key that it keeps to itself, and ends well on SIGTERM without waiting for its answer`,
    as: '"--model-url", model.baseUrl, "--model", "large"',
  },
  "npm run chat": { by: `${examples}#talk to the agent in a terminal` },
  'npm run --silent chat -- --once "When does the library close?"': { by: `${examples}#ask one question from a script` },
  "npm test": { by: "tests/unit/house/commands.test.ts#are all run by npm test, this one too", as: 'test: "vitest run"' },

  "npm run typecheck": { by: ".ci/run", as: "npm run --silent typecheck" },
  "npm run lint": { by: ".ci/run", as: "npm run --silent lint" },
  "npx vitest run --project fast tests/unit/protocols": { by: `${commands}#run a part of the tests` },
  "npm run codegen -- --check": { by: `${commands}#generate, and say whether it is needed` },
  "npm run codegen": { by: `${commands}#generate, and say whether it is needed` },
  "npm run prove -- codegen/fixtures/letters.asyncapi.yaml": { by: `${commands}#generate, and say whether it is needed` },
  "npm run docs": { by: `${commands}#write the reference` },
  "npm run fuzz -- --minutes 0.5": { by: `${commands}#fuzz, a little of everything` },
  "npm run fuzz -- --minutes 0.1 --target session-clawchat --target edge": { by: `${commands}#fuzz, a little of everything` },
  "npm run fuzz -- --play .fuzz/session-clawchat-4d2aed3ac858.json": { by: `${commands}#fuzz again what was found` },
  "python3 docs/check_vectors.py generated/local-im/schemas.json generated/local-im/vectors.json": { by: `${commands}#check vectors in Python` },

  "npm install clawwire": { by: `${commands}#%s` },
  "npm install --save-dev clawwire fast-check": { by: `${commands}#%s` },
  "npx clawwire chat --help": { by: `${commands}#explain themselves and print a document` },
  "npx clawwire spec local-im": { by: `${commands}#explain themselves and print a document` },
  "npx clawwire simulate local-im": { by: `${commands}#play a server` },
  "npx clawwire conform local-im ws://127.0.0.1:18802/ --account office --timeout 5": { by: `${commands}#test a server` },
  "npx clawwire conform local-im --listen 18802": { by: `${commands}#play the server for a client, and test it` },
  "npx clawwire conform websocket ws://127.0.0.1:18800/ws": { by: `${examples}#test the listener by its rules` },
  "npx clawwire doctor": { by: `${examples}#find nothing wrong where the operator's page looks, in the configuration and at an address`, as: 'kit("operate.md", "doctor$")' },
  "npx clawwire doctor ws://127.0.0.1:18800/ws --json": { by: `${examples}#find nothing wrong where the operator's page looks, in the configuration and at an address`, as: 'kit("operate.md", "doctor ws:")' },
  "npx clawwire tap websocket --listen 18900 ws://127.0.0.1:18800/ws": { by: `${examples}#show what passes to whoever dials what the page says`, as: 'kit("develop.md", "tap"' },
  [`echo '{"type":"chat.send","messageId":"app-73","content":"When does the library close?"}' | websocat --no-close 'ws://127.0.0.1:18800/ws?senderId=mara'`]: { by: `${examples}#get an answer from websocat`, as: 'shell("websocat")' },
  "curl --silent --max-time 2 --include --header 'Connection: Upgrade' --header 'Upgrade: websocket' --header 'Sec-WebSocket-Version: 13' --header 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==' 'http://127.0.0.1:18800/ws?senderId=mara'": {
    by: `${examples}#are let in as curl shows it`,
    as: 'shell("curl")',
  },

  "node bin/ensure-installed.mjs": { by: `${guide}#takes nothing but the files of the page, and generates the rest`, as: "succeed(install, folder)" },
  "mkdir helpdesk": { by: `${guide}#takes nothing but the files of the page, and generates the rest`, as: "succeed(make, folder)" },
  "npm run codegen -- --spec helpdesk/helpdesk.asyncapi.yaml --out helpdesk/generated": { by: `${guide}#takes nothing but the files of the page, and generates the rest`, as: "succeed(generate, folder)" },
  'npx -c "tsc -p helpdesk"': { by: `${guide}#compiles as strictly as the house, and lints`, as: "succeed(compile, folder)" },
  'npx -c "node helpdesk/conform.ts"': { by: `${guide}#leads to a conformance run that passes, and prints what the page says`, as: "succeed(conform, folder)" },

  "npm run build": { by: `${pages}#builds the packages and installs one` },
  "openclaw plugins install npm-pack:./dist/clawwire-websocket-0.1.0.tgz --force --accept-capabilities": { by: `${pages}#builds the packages and installs one` },
  [`openclaw config set channels.websocket '{"enabled":true,"auth":{"endpoint":"https://accounts.example/verify"}}' --json`]: { by: `${pages}#configures it and takes the shell away` },
  "openclaw config set tools.profile messaging": { by: `${pages}#configures it and takes the shell away` },
  "openclaw gateway run": { by: `${pages}#runs the gateway, and sees how it is` },
  "openclaw channels status --probe": { by: `${pages}#runs the gateway, and sees how it is` },
  "openclaw clawwire-websocket doctor": { by: `${pages}#looks at it from inside, with the kit beside` },
  "openclaw clawwire-websocket tap ws://127.0.0.1:18800/ws": { by: `${pages}#looks at it from inside, with the kit beside` },
  "openclaw security audit --deep": { by: `${pages}#audits and doctors it, and stops it` },
  "openclaw doctor": { by: `${pages}#audits and doctors it, and stops it` },
  [`openclaw config set channels.insta-claw-connector '{"wsUrl":"wss://gateway.example/user-ws/","clientId":"my-client","clientSecret":{"source":"env","provider":"default","id":"INSTACLAW_SECRET"}}' --json`]: { by: `${pages}#connects as an InstaClaw client` },
  [`openclaw config set channels.nc-local-im-connector '{"serverUrl":"wss://im.example/","defaultAccount":"u00267"}' --json`]: { by: `${pages}#connects to an IM server` },
  'openclaw channels add --channel clawchat --code "$INVITE_CODE"': { by: `${pages}#logs in to ClawChat and connects` },
  "openclaw plugins install clawwire-websocket --force --accept-capabilities": { by: `${pages}#installs %s from a registry`, as: "openclaw plugins install ${name} --force --accept-capabilities" },
  "openclaw plugins install clawwire-insta-claw --force --accept-capabilities": { by: `${pages}#installs %s from a registry`, as: "openclaw plugins install ${name} --force --accept-capabilities" },
  "openclaw plugins install clawwire-local-im --force --accept-capabilities": { by: `${pages}#installs %s from a registry`, as: "openclaw plugins install ${name} --force --accept-capabilities" },
  "openclaw plugins install clawwire-clawchat --force --accept-capabilities": { by: `${pages}#installs %s from a registry`, as: "openclaw plugins install ${name} --force --accept-capabilities" },
};
