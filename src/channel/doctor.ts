import type { ChannelDoctorAdapter } from "openclaw/plugin-sdk/channel-contract";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { type AccountRules, type ChannelAccount, listAccountIds } from "./accounts.ts";
import { createDoctorContract } from "./doctor-contract.ts";

/** What `openclaw doctor` says of the channel while no gateway runs. */
export function createDoctor<Config>(rules: AccountRules<Config>, resolve: (cfg: OpenClawConfig, accountId: string) => ChannelAccount<Config>): ChannelDoctorAdapter {
  return {
    ...createDoctorContract(rules),
    collectPreviewWarnings: ({ cfg }) => [...new Set(listAccountIds(rules, cfg).flatMap((accountId) => hintsOf(resolve(cfg, accountId))))].map((hint) => `- ${hint}`),
  };
}

/** An account that is switched off may be as wrong as it likes. */
function hintsOf({ enabled, problem, warnings }: ChannelAccount<unknown>): string[] {
  return enabled ? [...(problem === undefined ? [] : [problem]), ...warnings] : [];
}
