import { resolveStateDir } from "openclaw/plugin-sdk/state-paths";
import { accountFiles } from "./account-files.ts";
import type { AccountLogin } from "./gateway.ts";
import type { ChannelNames } from "./host.ts";

type Names = Pick<ChannelNames, "id">;

/** `openclaw channels logout`: the host has stopped the account before, if it ran. */
export async function logout(login: AccountLogin, names: Names, accountId: string): Promise<{ cleared: boolean; loggedOut: boolean }> {
  const cleared = await login.drop(filesOf(names, accountId));
  return { cleared, loggedOut: cleared };
}

/**
 * `openclaw channels login`: the host starts the account behind it, which after a logout nothing else does.
 * @throws where there is no login, with what makes one.
 */
export async function confirmLogin(login: AccountLogin, names: Names, accountId: string): Promise<void> {
  const missing = await login.missing(filesOf(names, accountId));
  if (missing !== undefined) throw new Error(missing);
}

function filesOf({ id }: Names, accountId: string) {
  return accountFiles(resolveStateDir(process.env), id, accountId);
}
