import type { ChannelPlugin } from "openclaw/plugin-sdk/channel-core";
import type { ChannelNames } from "./host.ts";
import type { LiveAccounts } from "./running.ts";

/** Whether what a heartbeat finds can be told now. Where it cannot, the host looks again a minute later instead of telling old news. */
export function createHeartbeat(channel: Pick<ChannelNames, "accounts">, live: LiveAccounts): NonNullable<ChannelPlugin["heartbeat"]> {
  return {
    async checkReady({ cfg, accountId }) {
      const id = channel.accounts.find(cfg, accountId);
      const status = live.get(id)?.account.status();
      if (!status) return { ok: false, reason: `account ${id} is not running` };
      return status.connected ? { ok: true, reason: "ok" } : { ok: false, reason: `account ${id} is not connected: ${status.link?.reason ?? status.login ?? "no link"}` };
    },
  };
}
