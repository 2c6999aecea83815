import { resolveStateDir } from "openclaw/plugin-sdk/state-paths";
import { accountFiles } from "./account-files.ts";
import type { AccountAsFound, AccountLogin } from "./gateway.ts";
import type { ChannelNames } from "./host.ts";

type Names = Pick<ChannelNames, "id">;

/** `openclaw channels logout`: the host has stopped the account before, if it ran. */
export async function logout<Config>(login: AccountLogin<Config>, names: Names, accountId: string): Promise<{ cleared: boolean; loggedOut: boolean }> {
  const cleared = await login.drop(filesOf(names, accountId), accountId);
  return { cleared, loggedOut: cleared };
}

/**
 * `openclaw channels login`: the host starts the account behind it, which after a logout nothing else does.
 * @throws where there is no login, with what makes one.
 */
export async function confirmLogin<Config>(login: AccountLogin<Config>, names: Names, account: AccountAsFound<Config>): Promise<void> {
  const missing = await login.missing(filesOf(names, account.accountId), account);
  if (missing !== undefined) throw new Error(missing);
}

function filesOf({ id }: Names, accountId: string) {
  return accountFiles(resolveStateDir(process.env), id, accountId);
}
