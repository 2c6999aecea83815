/** One run of the tool: these files are broken, and these tests are to notice. */
export interface Part {
  name: string;
  mutate: readonly string[];
  tests: readonly string[];
}

/**
 * Files that drive a socket, a timer or a call over the network, and wait for it: what they decide is decided in the
 * machines beside them.
 */
export const shells: readonly string[] = ["src/link/shell.ts", "src/link/wire.ts", "src/link/probe.ts", "src/auth/keeper.ts", "src/auth/activation.ts", "src/auth/authorized.ts", "src/auth/legs.ts", "src/client/shell.ts"];

/** Of the tests of a folder, those that reach none of its files or read more than a run has, and those that take longer than all the others together. */
export const leftOut: readonly string[] = [
  "tests/property/link-{shell,herd}.test.ts",
  "tests/property/**/codegen*.test.ts",
  "tests/property/local-im/pacing.test.ts",
  "tests/unit/client/page.test.ts",
];

/** Single tests, by file and name, that take a second or more for every mutant they reach. */
export const tooSlow: readonly RegExp[] = [
  /clawchat-streams\.test\.ts#the cost of a reply/,
  /clawchat-hearing\.test\.ts#.* its state stays small$/,
  /clawchat-hearing\.test\.ts#.* CC-16 no text throws/,
  /clawchat-saying\.test\.ts#typing > /,
  /refresh-interleavings\.test\.ts#.* \(part [2-7]\)$/,
  /refresh\.test\.ts#.* CC-77 are finite numbers or nothing for any text$/,
];

const shared = "tests/unit/protocols/*.test.ts";

/** Every pure file of link, auth, protocols and the client is in one of them: a new file is by its folder. */
export const parts: readonly Part[] = [
  { name: "link", mutate: ["src/link/*.ts"], tests: ["tests/unit/link/*.test.ts", "tests/property/link*.test.ts"] },
  { name: "auth", mutate: ["src/auth/*.ts"], tests: ["tests/unit/auth/*.test.ts", "tests/property/refresh*.test.ts"] },
  { name: "protocols", mutate: ["src/protocols/*.ts"], tests: ["tests/unit/protocols/**/*.test.ts"] },
  { name: "websocket", mutate: ["src/protocols/websocket/*.ts"], tests: [shared, "tests/unit/protocols/websocket/*.test.ts"] },
  { name: "insta-claw", mutate: ["src/protocols/insta-claw/*.ts"], tests: [shared, "tests/unit/protocols/insta-claw/*.test.ts", "tests/property/insta-claw/*.test.ts"] },
  { name: "local-im", mutate: ["src/protocols/local-im/*.ts"], tests: [shared, "tests/unit/protocols/local-im/*.test.ts", "tests/property/local-im/*.test.ts"] },
  { name: "clawchat", mutate: ["src/protocols/clawchat/*.ts"], tests: [shared, "tests/unit/protocols/clawchat/*.test.ts", "tests/property/clawchat*.test.ts"] },
  { name: "client", mutate: ["src/client/*.ts"], tests: ["tests/unit/client/*.test.ts"] },
];
