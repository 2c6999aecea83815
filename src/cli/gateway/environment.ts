import path from "node:path";
import type { Layout } from "./layout.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** What a process needs of its surroundings to run and to reach a model. Everything else stays with the person. */
const passedOn = [
  /^(LANG|LC_\w+|TZ|TERM|TMPDIR|TEMP|TMP)$/,
  /^(https?|no|all)_proxy$/i,
  /^(NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|SSL_CERT_DIR)$/,
  /^(SystemRoot|SystemDrive|ComSpec|PATHEXT|windir)$/i,
];

/**
 * The environment of everything OpenClaw: its state in our directory, a home of its own, and none of the variables
 * by which a shell might carry other OpenClaw settings, channel settings or keys into it.
 */
export function hostEnvironment(layout: Layout, outer: Environment, extra: Environment = {}): Record<string, string> {
  const kept = Object.entries(outer).filter(([name]) => passedOn.some((pattern) => pattern.test(name)));
  const all: Environment = {
    ...Object.fromEntries(kept),
    // OpenClaw installs plugins with npm, and npm must find the Node that runs us before any older one.
    PATH: [path.dirname(process.execPath), outer["PATH"] ?? outer["Path"]].filter(Boolean).join(path.delimiter),
    HOME: layout.home,
    USERPROFILE: layout.home,
    OPENCLAW_STATE_DIR: layout.state,
    OPENCLAW_CONFIG_PATH: layout.config,
    OPENCLAW_NO_AUTO_UPDATE: "1",
    OPENCLAW_DISABLE_BONJOUR: "1",
    OPENCLAW_NO_RESPAWN: "1",
    OPENCLAW_EXEC_SHELL_SNAPSHOT: "0",
    NO_COLOR: "1",
    npm_config_update_notifier: "false",
    npm_config_fund: "false",
    npm_config_audit: "false",
    ...extra,
  };
  return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** How a person's npm reaches its registry: which one, by which certificates, over which proxy, and how patiently. */
const npmReach = /^npm_config_(userconfig|globalconfig|registry|ca|cafile|strict[_-]ssl|proxy|https[_-]proxy|noproxy|fetch[_-]\w+)$/i;

/**
 * OpenClaw has npm try for over five minutes, without a word, where no registry answers; with these it is less than a
 * minute, and a package file that needs nothing of the registry is then installed.
 */
const npmPatience = { npm_config_fetch_retries: "2", npm_config_fetch_retry_mintimeout: "1000", npm_config_fetch_retry_maxtimeout: "5000", npm_config_fetch_timeout: "15000" };

/**
 * The environment in which OpenClaw installs a package. Its npm reaches what the person's own npm reaches, or behind a
 * company's registry nothing would be installed; a gateway is not given this, for a token may stand in that file.
 */
export function installEnvironment(layout: Layout, outer: Environment): Record<string, string> {
  const given = Object.fromEntries(Object.entries(outer).filter(([name]) => npmReach.test(name)));
  const home = outer["HOME"] ?? outer["USERPROFILE"];
  const named = Object.keys(given).some((name) => /userconfig$/i.test(name));
  const file = home === undefined || named ? {} : { npm_config_userconfig: path.join(home, ".npmrc") };
  return hostEnvironment(layout, outer, { ...npmPatience, ...file, ...given });
}
