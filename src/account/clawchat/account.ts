import type { ConfiguredLogin } from "../../auth/configured.ts";
import { keepLogin, type LoginKeeper } from "../../auth/keeper.ts";
import { addCommand } from "../../auth/usable.ts";
import { limits } from "../../core/limits.ts";
import { forLog } from "../../core/redact.ts";
import type { Link, LinkOptions, LinkProfile } from "../../link/link.ts";
import { openLink } from "../../link/shell.ts";
import type { Notice } from "../../protocols/dialed.ts";
import type { Inbound, Refusal } from "../../protocols/inbound.ts";
import { merge } from "../../protocols/clawchat/merge.ts";
import type { GroupRules } from "../../protocols/clawchat/groups.ts";
import type { Origin } from "../../protocols/clawchat/identity.ts";
import { createMint } from "../../protocols/clawchat/ids.ts";
import type { Profile } from "../../protocols/clawchat/profile.ts";
import { createProtocol } from "../../protocols/clawchat/protocol.ts";
import type { HttpCall } from "../../rest/http.ts";
import type { Grant, Login, LoginStore } from "../../store/logins.ts";
import type { AccountOptions, Probed, RunningAccount } from "../account.ts";
import { type DialedAccount, openDialedAccount } from "../dialed/account.ts";
import type { SwitchboardLimits } from "../switchboard.ts";
import { createBackend } from "./backend.ts";
import { greetOwner } from "./greeting.ts";
import { createGroups } from "./groups.ts";

/** What an account of this wire reads from its configuration. */
export interface ClawchatSettings {
  /** Where the socket is, the REST server and the files; without a slash at the end. */
  socketUrl: string;
  baseUrl: string;
  mediaUrl: string;
  platform: string;
  /** A login made elsewhere. */
  login?: ConfiguredLogin;
  deviceId?: string;
  greets: boolean;
  profile: Omit<Profile, "login">;
  link: LinkProfile;
  limits: SwitchboardLimits;
  groupRules(chatId: string): GroupRules;
}

export interface ClawchatAccountOptions<Config> extends AccountOptions<Config> {
  /** Closed by `stop`. */
  logins: LoginStore;
  http: HttpCall;
  versions: { plugin: string; runtime: string };
  /** Pure; asked again whenever the configuration has changed. What concerns the login counts at the start only. */
  settings(config: Config): ClawchatSettings;
}

/** Runs one account: it waits for a login, dials with it, keeps it alive, and says so where it is gone. */
export async function openClawchatAccount<Config>(
  options: ClawchatAccountOptions<Config>,
  open: (options: LinkOptions) => Link = openLink,
): Promise<RunningAccount<Config>> {
  const { accountId, journal, logins, http, system, log, versions, agent, settings } = options;
  let current = settings(options.config);
  let config = options.config;
  /** The server could not check tokens when it was asked last: renewing one would be in vain. */
  let isUnchecked = false;
  /** Who the server says this account is, where its login says `known`. */
  let corrected = { known: "", told: "" };
  /** The permissions that the operator was told last. */
  let permitted: string | undefined;
  let asking: ReturnType<typeof backend.permissions> | undefined;
  /** Conversations that were told that there is no room, and when. */
  const told = new Map<string, number>();
  let dialed: DialedAccount<Config, Origin> | undefined;

  const keeper: LoginKeeper = keepLogin({
    store: logins,
    http,
    baseUrl: current.baseUrl,
    ...(current.login && { configured: current.login }),
    ...(current.deviceId !== undefined && { deviceId: current.deviceId }),
    activate: addCommand(accountId),
    // A link that waits for a login, or has another one, looks at it when it dials.
    hooks: { renewed: () => dialed?.redial(), loggedOut: () => dialed?.redial(), changed: () => tellChange() },
    system,
    log,
  });
  const backend = createBackend({ keeper, http, platform: current.platform, mediaUrl: () => current.mediaUrl, debug: (text) => log.debug(text) });
  const groups = createGroups<Origin>({ backend, journal, system, rules: (chatId) => current.groupRules(chatId), merge });
  const ids = { newId: () => system.uuid(), mint: createMint(() => system.random()) };
  const said = () => secretsOf(keeper.login?.grant);
  const protocol = () => createProtocol({ ...current.profile, login: () => identityOf(keeper.login, corrected) }, ids, system.now);

  try {
    dialed = await openDialedAccount(
      {
        accountId,
        config,
        agent,
        journal,
        system,
        log,
        changed: () => tellChange(),
        dial: () => ({ protocol: protocol(), link: { ...current.link, prepareMs: limits.loginWaitMs }, target: { url: current.socketUrl, headers: {}, said }, limits: current.limits }),
        duties: {
          prepare,
          readied,
          noticed,
          screen: (inbound) => groups.screen(inbound),
          complete: (inbound) => groups.complete(inbound),
          admitted: (inbound) => groups.told(inbound),
          yields: ({ origin }) => origin.isProvisional === true,
          tells,
          gather: groups.gather,
        },
      },
      open,
    );
  } catch (thrown) {
    await keeper.stop();
    throw thrown;
  }

  /** Who sends too much, or comes with a day's messages at once, is told so once in a while and not each time. */
  function tells({ conversation }: Inbound<Origin>, { code }: Refusal): boolean {
    if (code !== "rate_limited" && code !== "queue_full") return true;
    const now = system.now();
    for (const [id, at] of told) if (Math.abs(now - at) >= limits.noteEveryMs) told.delete(id);
    if (told.has(conversation.id)) return false;
    told.set(conversation.id, now);
    return true;
  }

  async function prepare() {
    const prepared = await keeper.prepare({ afterOutage: isUnchecked });
    isUnchecked = false;
    return prepared.ok ? ({ ready: true } as const) : ({ ready: false, why: prepared.why } as const);
  }

  function readied(): void {
    groups.refresh();
    groups.relook();
    void checkIdentity();
    void tellPermissions();
    backend.report(versions);
    if (current.greets && dialed) void greetOwner({ account: dialed, logins, login: keeper.login, protocol: protocol(), system, log });
  }

  function noticed(notice: Notice): void {
    switch (notice.of) {
      case "login-refused":
        return void renew(notice.accessToken);
      case "login-unchecked":
        isUnchecked = true;
        return;
      case "group-settings":
        return groups.refresh();
      case "conversation":
        return groups.rename(notice.id);
      case "permissions":
        return void tellPermissions();
    }
  }

  /** A refused token is renewed once, and the link dials with the new one at once; without one it waits for a login (CC-8). */
  async function renew(accessToken: string): Promise<void> {
    const outcome = await keeper.refused(accessToken, "socket");
    if (outcome.kind === "success" || outcome.kind === "permanent") dialed?.redial();
  }

  /** Nothing of ours needs them: the server keeps to them itself, and the operator may wonder why something is refused. */
  async function tellPermissions(): Promise<void> {
    asking ??= backend.permissions().finally(() => (asking = undefined));
    const permissions = await asking;
    if (!permissions) return;
    const told = [...permissions].map(([operation, word]) => `${forLog(operation)} ${word}`).join(", ");
    if (told !== permitted) log.info(`the owner's permissions: ${told === "" ? "none are set" : told}`);
    permitted = told;
  }

  /** An account that took itself for somebody else would answer its own messages: the server knows best (CC-86). */
  async function checkIdentity(): Promise<void> {
    const [known, told] = [keeper.login?.identity.userId, await backend.ownUserId()];
    if (known === undefined || told === undefined) return;
    if (known !== told) log.error(`the server says that this account is ${forLog(told)}, and its login says ${known}: the server's word counts; activate the account again, or set userId right`);
    corrected = { known, told };
  }

  /** Before the account is open there is nobody to tell, and nothing to tell of. */
  function tellChange(): void {
    if (dialed) options.changed({ ...dialed.status(), login: keeper.status.text });
  }

  /** The socket may outlive the grant that it was opened with: who the account is, is asked of the REST side with the token of now. */
  async function probe(withinMs: number): Promise<Probed> {
    if (!dialed || !keeper.login) return { ok: false, checked: [], error: keeper.status.text, fault: "login" };
    const [link, who] = await Promise.all([dialed.probe(withinMs), within(backend.whoAmI(), withinMs)]);
    const told = keeper.login === undefined ? { why: keeper.status.text, isAuth: true } : who;
    if (!("why" in told)) return link.ok ? { ...link, checked: [`logged in as ${forLog(told.userId)}`, ...link.checked] } : { ...link, checked: [`logged in as ${forLog(told.userId)}`] };
    const error = `the account server: ${told.why}`;
    // A refused token is the reason for all the rest.
    if (told.isAuth || link.ok) return { ok: false, checked: link.checked, error, fault: told.isAuth ? "credentials" : "account" };
    return { ...link, error: `${link.error}; ${error}` };
  }

  async function within(asked: ReturnType<typeof backend.whoAmI>, ms: number): ReturnType<typeof backend.whoAmI> {
    const late = Promise.withResolvers<{ why: string; isAuth: boolean }>();
    const cancel = system.after(ms, () => late.resolve({ why: `no answer within ${Math.round(ms / 100) / 10} s`, isAuth: false }));
    return await Promise.race([asked, late.promise]).finally(cancel);
  }

  let stopped: Promise<void> | undefined;
  async function stop(): Promise<void> {
    groups.stop();
    await dialed?.stop();
    await keeper.stop();
    logins.close();
  }

  const account = dialed;
  return {
    get url() {
      return account.url;
    },
    status: () => ({ ...account.status(), login: keeper.status.text }),
    get owner() {
      return keeper.login?.identity.ownerUserId;
    },
    get userId() {
      return keeper.login && identityOf(keeper.login, corrected).userId;
    },
    send: (to, message) => account.send(to, message),
    probe,
    carries: (to) => account.carries(to),
    act: (to, messageId, act) => account.act(to, messageId, act),
    upload: (file) => backend.upload(file),
    credentialsFor(url) {
      const token = keeper.login?.grant.accessToken;
      // A token goes to the one place that the operator has named, and nowhere an address of a message points (CC-88).
      return token !== undefined && URL.parse(url)?.origin === new URL(current.mediaUrl).origin ? { Authorization: `Bearer ${token}` } : {};
    },
    reconfigure(next) {
      config = next;
      current = settings(config);
      account.reconfigure(config);
    },
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}

function identityOf(login: Login | undefined, { known, told }: { known: string; told: string }): ReturnType<Profile["login"]> {
  // The link dials only with a login.
  if (!login) return { accessToken: "", deviceId: "", userId: "", ownerUserId: "" };
  const { identity, grant } = login;
  const { deviceId, userId, ownerUserId, homeConversationId } = identity;
  return { accessToken: grant.accessToken, deviceId, userId: userId === known ? told : userId, ownerUserId, ...(homeConversationId !== undefined && { homeConversationId }) };
}

/** What a server may quote of a login. A close reason is too short for a whole token, and the first part is the same in all of them. */
function secretsOf(grant: Grant | undefined): string[] {
  const { accessToken = "", refreshToken = "" } = grant ?? {};
  return [accessToken, refreshToken, ...accessToken.split(".").slice(1)].filter((secret) => secret !== "");
}
