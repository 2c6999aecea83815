import { DEFAULT_ACCOUNT_ID } from "openclaw/plugin-sdk/account-id";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import type { ChannelSetupWizard } from "openclaw/plugin-sdk/channel-setup";
import { editAccount } from "./account-edits.ts";
import { accountsOf, type Block, isBlock } from "./account-names.ts";
import { type AccessFields, type AccountRules, findBlock, isRoot } from "./accounts.ts";
import type { Environment } from "./environment.ts";
import { type Answers, type ChannelSetup, prepareAnswers, type Question, type Resolve, type SecretQuestion, writtenBy } from "./setup.ts";
import { createSetupDmPolicy } from "./setup-dm-policy.ts";

type Chosen = Parameters<NonNullable<ChannelSetupWizard["resolveAccountIdForConfigure"]>>[0];
type Prepared = Parameters<NonNullable<ChannelSetupWizard["prepare"]>>[0];
type Prompter = Prepared["prompter"];

interface Wizard<Config> {
  rules: AccountRules<Config>;
  label: string;
  setup: ChannelSetup<Config>;
  resolve: Resolve<Config>;
  environment(): Environment;
}

/** What the person has said before the questions begin; the host carries it along with the answers. */
const LEFT_TO_ENVIRONMENT = "leftToEnvironment";
const wantedKey = (key: string) => `wants:${key}`;

/** `openclaw channels add` for a person at a terminal, or in the Control UI. */
export function createSetupWizard<Config extends AccessFields>(wizard: Wizard<Config>): ChannelSetupWizard {
  const { rules, label, setup, resolve } = wizard;
  const write = (cfg: OpenClawConfig, accountId: string, fields: Block) => editAccount(rules, cfg, accountId, { enabled: true, ...fields });
  // What the host makes of the block before it asks is not what stood there; and it writes each answer before it asks for the next.
  const started = new Map<string, OpenClawConfig>();
  const before = new Map<string, Config | undefined>();
  return {
    channel: rules.channelId,
    stepOrder: setup.secrets.some(({ wanted }) => wanted !== undefined) ? "text-first" : "credentials-first",
    status: {
      configuredLabel: "configured",
      unconfiguredLabel: "not configured",
      resolveConfigured: ({ cfg, accountId }) => resolve(cfg, accountId).configured,
      resolveStatusLines({ cfg, accountId, configured }) {
        const { problem } = resolve(cfg, accountId);
        const isThere = findBlock(rules, cfg).block !== undefined;
        return [`${label}: ${configured ? "configured" : isThere && problem !== undefined ? `not configured: ${problem}` : "not configured"}`];
      },
    },
    async resolveAccountIdForConfigure(about) {
      const accountId = await chooseAccount(wizard, about);
      started.set(accountId, about.cfg);
      return accountId;
    },
    introNote: { title: label, lines: [...setup.intro] },
    async prepare({ cfg, accountId, prompter }) {
      const own = withoutScope(wizard, cfg, started.get(accountId) ?? cfg);
      started.delete(accountId);
      before.set(accountId, resolve(write(own, accountId, {}), accountId).config);
      return { cfg: own, credentialValues: await askBefore(wizard, own, accountId, prompter) };
    },
    credentials: setup.secrets.map((secret) => credentialOf(wizard, secret, write)),
    textInputs: setup.questions.map((question) => textInputOf(wizard, question, write)),
    async finalize({ cfg, accountId, credentialValues, runtime, prompter }) {
      const answered = write(cfg, accountId, {});
      const account = resolve(answered, accountId);
      const more = setup.prepare ? await prepareAnswers(setup.prepare, { account, before: before.get(accountId) }, credentialValues, runtime) : {};
      await tryOut(setup, account.config, prompter);
      return { cfg: write(answered, accountId, more) };
    },
    dmPolicy: createSetupDmPolicy({ rules, label, senders: setup.senders, resolve }),
    disable: (cfg) => editAccount(rules, cfg, rules.names.primary(findBlock(rules, cfg).block), { enabled: false }),
  };
}

type Write = (cfg: OpenClawConfig, accountId: string, fields: Block) => OpenClawConfig;

function credentialOf<Config>({ rules, environment }: Wizard<Config>, { key, label, field, variable, wanted }: SecretQuestion, write: Write): ChannelSetupWizard["credentials"][number] {
  const isSet = (cfg: OpenClawConfig, accountId: string) => writtenValue(rules, cfg, accountId, field) !== undefined;
  return {
    inputKey: key,
    providerHint: rules.channelId,
    credentialLabel: label,
    preferredEnvVar: variable,
    envPrompt: "",
    keepPrompt: `${label} is set. Keep it?`,
    inputPrompt: label,
    // One that the environment sets is not asked for at all.
    allowEnv: () => false,
    shouldPrompt: ({ credentialValues }) => !isLeft(rules, environment(), field, credentialValues) && (wanted === undefined || credentialValues[wantedKey(key)] === "yes"),
    inspect: ({ cfg, accountId }) => ({ accountConfigured: isSet(cfg, accountId), hasConfiguredValue: isSet(cfg, accountId) }),
    applySet: ({ cfg, accountId, value }) => write(cfg, accountId, { [field]: value }),
  };
}

function textInputOf<Config extends AccessFields>({ rules, setup, resolve, environment }: Wizard<Config>, question: Question<Config>, write: Write): NonNullable<ChannelSetupWizard["textInputs"]>[number] {
  const { key, message, placeholder, initial, optional, hidden, isAsked, current, expects, field = key } = question;
  return {
    inputKey: key,
    message,
    ...(placeholder !== undefined && { placeholder }),
    ...(optional && { required: false }),
    ...(hidden && { sensitive: true }),
    async shouldPrompt({ cfg, accountId, credentialValues }) {
      if (isLeft(rules, environment(), field, credentialValues)) return false;
      const { config } = resolve(cfg, accountId);
      return isAsked === undefined || (await isAsked({ accountId: rules.names.find(findBlock(rules, cfg).block, accountId), config, answers: credentialValues }));
    },
    // Only what somebody has written is worth the question whether to keep it.
    currentValue: ({ cfg, accountId }) => {
      const { config } = resolve(cfg, accountId);
      return config && writtenValue(rules, cfg, accountId, field) !== undefined ? current(config) : undefined;
    },
    ...(initial !== undefined && { initialValue: () => initial }),
    validate: ({ value }) => (value === "" && optional ? undefined : expects(value)),
    // Before the last answer the block may not be whole yet.
    applySet: ({ cfg, accountId, value }) => (value === "" ? cfg : write(cfg, accountId, writtenBy(setup.blockOf, { [key]: value }))),
  };
}

/** Which account this is about. Where ids go to a server as they are written, the host's own question would spoil their capitals. */
async function chooseAccount<Config>({ rules, label }: Wizard<Config>, { cfg, prompter, accountOverride, shouldPromptAccountIds, listAccountIds, defaultAccountId }: Chosen): Promise<string> {
  const named = accountOverride?.trim();
  if (named) return rules.names.idOf(named);
  const known = listAccountIds(cfg);
  if (!shouldPromptAccountIds) return defaultAccountId;
  const another = "\0another";
  const options = known.map((id) => ({ value: id, label: id === DEFAULT_ACCOUNT_ID ? "default (primary)" : id }));
  const chosen = await prompter.select({ message: `${label} account`, options: [...options, { value: another, label: "Add a new account" }], initialValue: defaultAccountId });
  if (chosen !== another) return chosen;
  const typed = await prompter.text({ message: `New ${label} account id`, validate: (value) => (rules.names.idOf(value) === "" || value.trim() === "" ? "Required" : undefined) });
  const accountId = rules.names.idOf(typed);
  if (accountId !== typed.trim()) await prompter.note(`OpenClaw writes it "${accountId}".`, `${label} account`);
  return accountId;
}

/**
 * The host names the account it sets up as the default one meanwhile, and makes a place for named ones. A root that is
 * an account by that name would be taken for the new one.
 */
function withoutScope<Config>({ rules, label }: Wizard<Config>, cfg: OpenClawConfig, before: OpenClawConfig): OpenClawConfig {
  const original = findBlock(rules, before);
  const channels: Block = { ...cfg.channels };
  const scoped = channels[rules.channelId];
  if (!isBlock(scoped) || (scoped === original.block && original.key === rules.channelId)) return cfg;
  if (original.block && original.key !== rules.channelId) {
    throw new Error(`${label}: its settings stand under the older key channels.${original.key}; run "openclaw doctor --fix" first, then add the account`);
  }
  const { defaultAccount: _scoped, accounts, ...fields } = scoped;
  const chosen = original.block?.["defaultAccount"];
  const isEmpty = isBlock(accounts) && Object.keys(accounts).length === 0;
  const block = { ...fields, ...(isEmpty ? {} : { accounts }), ...(chosen !== undefined && { defaultAccount: chosen }) };
  return { ...cfg, channels: { ...channels, [rules.channelId]: block } };
}

/** What decides which questions there are. */
async function askBefore<Config>({ rules, setup, environment }: Wizard<Config>, cfg: OpenClawConfig, accountId: string, prompter: Prompter): Promise<Record<string, string>> {
  const values: Record<string, string> = {};
  const { block } = findBlock(rules, cfg);
  const speaksForIt = rules.environmentWinsOver === "everything" || isRoot(rules, block, accountId);
  const fields = [...setup.questions.map(({ key, field = key }) => field), ...setup.secrets.map(({ field }) => field)];
  const set = speaksForIt ? fields.flatMap((field) => variableOf(rules, environment(), field) ?? []) : [];
  if (set.length > 0) {
    const message = `${set.join(" and ")} ${set.length === 1 ? "is" : "are"} set here. Leave it to the environment, which the gateway must have too?`;
    if (await prompter.confirm({ message, initialValue: true })) values[LEFT_TO_ENVIRONMENT] = "yes";
  }
  for (const { key, field, wanted } of setup.secrets) {
    if (wanted === undefined || isLeft(rules, environment(), field, values)) continue;
    const isWanted = await prompter.confirm({ message: wanted, initialValue: writtenValue(rules, cfg, accountId, field) !== undefined });
    if (isWanted) values[wantedKey(key)] = "yes";
  }
  return values;
}

function isLeft(rules: Pick<AccountRules<unknown>, "environment">, environment: Environment, field: string, answers: Answers): boolean {
  return answers[LEFT_TO_ENVIRONMENT] === "yes" && variableOf(rules, environment, field) !== undefined;
}

/** The variable that is set for a field. */
function variableOf({ environment: fields }: Pick<AccountRules<unknown>, "environment">, environment: Environment, field: string): string | undefined {
  return fields.find(({ path, variable }) => path.join(".") === field && (environment[variable]?.trim() ?? "") !== "")?.variable;
}

async function tryOut<Config>(setup: ChannelSetup<Config>, config: Config | undefined, prompter: Prompter): Promise<void> {
  if (!setup.tryOut || !config) return;
  const progress = prompter.progress("Looking whether the other end answers …");
  progress.stop((await setup.tryOut(config)) ?? "");
}

function writtenValue(rules: Pick<AccountRules<unknown>, "channelId" | "legacyKeys" | "names">, cfg: OpenClawConfig, accountId: string, field: string): unknown {
  const { block } = findBlock(rules, cfg);
  const key = rules.names.keyOf(block, rules.names.find(block, accountId));
  const own = key === undefined ? undefined : accountsOf(block)[key];
  return valueAt(own, field) ?? valueAt(block, field);
}

function valueAt(block: unknown, field: string): unknown {
  return field.split(".").reduce((value, name) => (isBlock(value) ? value[name] : undefined), block);
}
