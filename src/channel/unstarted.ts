import type { OpenClawConfig, OpenClawPluginApi } from "openclaw/plugin-sdk/channel-core";
import type { ChannelAccount } from "./accounts.ts";
import { processWide } from "./process-wide.ts";

/** What a gateway has said of accounts that it does not start. */
interface Unstarted {
  isGateway: boolean;
  told: Map<string, string>;
}

const unstarted = (channelId: string): Unstarted => processWide(`${channelId}.unstarted`, () => ({ isGateway: false, told: new Map() }));

/**
 * Whether the host may start an account. One that is wrongly configured it leaves out without a word; in a gateway
 * what is wrong is said here, once until it changes.
 */
export function mayStart({ accountId, enabled, configured, problem }: ChannelAccount<unknown>, channelId: string, say: (text: string) => void): boolean {
  const { isGateway, told } = unstarted(channelId);
  const fault = enabled && !configured ? problem : undefined;
  if (fault === undefined) told.delete(accountId);
  else if (isGateway && told.get(accountId) !== fault) {
    told.set(accountId, fault);
    // What stands behind "token:" the host's log takes for a token.
    say(`not started: ${fault.replace(": ", " is wrong: ")}`);
  }
  return configured;
}

interface Accounts {
  id: string;
  config: {
    listAccountIds(cfg: OpenClawConfig): string[];
    resolveAccount(cfg: OpenClawConfig, accountId: string): ChannelAccount<unknown>;
    isConfigured?(account: ChannelAccount<unknown>, cfg: OpenClawConfig): unknown;
  };
}

/** In a gateway, and in no command beside one, what is not started is in the log: what is not there at the start, and what an edit breaks later. */
export function tellUnstarted(api: Pick<OpenClawPluginApi, "on" | "runtime">, { id, config }: Accounts): void {
  api.on("gateway_start", () => {
    unstarted(id).isGateway = true;
    const cfg = api.runtime.config.current() as OpenClawConfig;
    for (const accountId of config.listAccountIds(cfg)) config.isConfigured?.(config.resolveAccount(cfg, accountId), cfg);
  });
}
