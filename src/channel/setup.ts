import { type ChannelSetupWizard, defineChannelSetupContract } from "openclaw/plugin-sdk/channel-setup";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { editAccount } from "./account-edits.ts";
import { accountsOf, type Block, isBlock } from "./account-names.ts";
import { type AccessFields, type AccountRules, type ChannelAccount, findBlock, resolveAccount } from "./accounts.ts";

type Fields = Parameters<typeof defineChannelSetupContract>[0]["fields"];

/** What `openclaw channels add` asks for, as data. */
export interface ChannelSetup<Config> {
  /** The flags; a key is the camel case of its flag. The package metadata declares the same. */
  fields: Fields;
  /** What the answers write into the account's block. An absent answer writes nothing. */
  blockOf(answers: Answers): Block;
  /**
   * What has to be done with the answers before anything is written; what it gives is written besides. Rejects with what
   * the person is told, and then nothing is written.
   */
  prepare?(about: Preparation<Config>): Promise<Block>;
  /** What a person who is asked reads first. */
  intro: readonly string[];
  questions: readonly Question<Config>[];
  secrets: readonly SecretQuestion[];
}

export interface Preparation<Config> {
  accountId: string;
  /** As it will be with the answers. */
  config: Config;
  /** As it was before them; absent where it was not valid. */
  before: Config | undefined;
  answers: Answers;
  tell(line: string): void;
}

/** Answers by the keys of the fields; the host has checked their types. */
export type Answers = Readonly<Record<string, unknown>>;

export interface Question<Config> {
  key: string;
  message: string;
  placeholder?: string;
  optional?: true;
  /** What is typed is not shown. */
  hidden?: true;
  /** Absent: always. */
  isAsked?(about: { accountId: string; config: Config | undefined; answers: Answers }): boolean | Promise<boolean>;
  current(config: Config): string | undefined;
  /** What is wrong with an answer: what was expected. */
  expects(value: string): string | undefined;
}

/** The host asks for a secret itself: as a plain value, or where it is to be looked up. */
export interface SecretQuestion {
  key: string;
  label: string;
  /** Where it stands in the block. */
  field: string;
}

type Resolve<Config> = (cfg: OpenClawConfig, accountId?: string | null) => ChannelAccount<Config>;

/** `openclaw channels add --channel …`: what is answered is written, and must make a block that is valid. */
export function createSetupContract<Config extends AccessFields>(rules: AccountRules<Config>, { fields, blockOf, prepare }: Pick<ChannelSetup<Config>, "fields" | "blockOf" | "prepare">, resolve: Resolve<Config>) {
  // The host hands nothing from one step to the next but the fields themselves.
  const prepared = new Map<string, Block>();
  const keyOf = (cfg: OpenClawConfig, accountId: string) => rules.names.find(findBlock(rules, cfg).block, accountId);
  const edit = (cfg: OpenClawConfig, accountId: string, input: object) => editAccount(rules, cfg, accountId, { enabled: true, ...writtenBy(blockOf, input) });
  return defineChannelSetupContract({
    fields,
    adapter: {
      ...(prepare && {
        async prepareAccountConfigInput({ cfg, accountId, input, runtime }) {
          const answered = edit(cfg, accountId, input);
          prepared.set(keyOf(answered, accountId), await prepareAnswers(prepare, { account: resolve(answered, accountId), before: resolve(edit(cfg, accountId, {}), accountId).config }, input, runtime));
          return input;
        },
      }),
      validateInput: ({ cfg, accountId, input }) => problemWith(rules, editAccount(rules, cfg, accountId, writtenBy(blockOf, input)), accountId) ?? null,
      applyAccountConfig({ cfg, accountId, input }) {
        const written = edit(cfg, accountId, input);
        const more = prepared.get(keyOf(written, accountId));
        return more ? editAccount(rules, written, accountId, more) : written;
      },
      // Accounts inherit from the root: nothing has to move when a second one comes.
      configPromotion: "preserve-root",
    },
  });
}

interface Answered<Config> {
  account: ChannelAccount<Config>;
  before: Config | undefined;
}

async function prepareAnswers<Config>(prepare: NonNullable<ChannelSetup<Config>["prepare"]>, { account, before }: Answered<Config>, answers: object, { log }: { log(line: string): void }): Promise<Block> {
  const { accountId, config, problem } = account;
  if (!config) throw new Error(problem ?? "the account is not configured");
  return withoutAbsent(await prepare({ accountId, config, before, answers: { ...answers }, tell: (line) => log(line) }));
}

/** A secret that is only named is no mistake: the host looks it up where the account runs. */
function problemWith<Config extends AccessFields>(rules: AccountRules<Config>, cfg: OpenClawConfig, accountId: string): string | undefined {
  const { configured, problem } = resolveAccount(rules, cfg, accountId, {});
  return configured ? undefined : problem;
}

export function createSetupWizard<Config extends AccessFields>(
  rules: AccountRules<Config>,
  label: string,
  { intro, questions, secrets, blockOf, prepare }: ChannelSetup<Config>,
  resolve: Resolve<Config>,
): ChannelSetupWizard {
  const write = (cfg: OpenClawConfig, accountId: string, fields: Block) => editAccount(rules, cfg, accountId, { enabled: true, ...fields });
  // The host writes each answer before it asks for the next.
  const before = new Map<string, Config | undefined>();
  return {
    channel: rules.channelId,
    status: {
      configuredLabel: "configured",
      unconfiguredLabel: "not configured",
      resolveConfigured: ({ cfg, accountId }) => resolve(cfg, accountId).configured,
    },
    introNote: { title: label, lines: [...intro] },
    credentials: secrets.map(({ key, label: what, field }) => ({
      inputKey: key,
      providerHint: rules.channelId,
      credentialLabel: what,
      envPrompt: "",
      keepPrompt: `${what} is set. Keep it?`,
      inputPrompt: what,
      allowEnv: () => false,
      inspect: ({ cfg, accountId }) => {
        const isSet = writtenValue(rules, cfg, accountId, field) !== undefined;
        return { accountConfigured: isSet, hasConfiguredValue: isSet };
      },
      applySet: ({ cfg, accountId, value }) => write(cfg, accountId, { [field]: value }),
    })),
    textInputs: questions.map(({ key, message, placeholder, optional, hidden, isAsked, current, expects }) => ({
      inputKey: key,
      message,
      ...(placeholder !== undefined && { placeholder }),
      ...(optional && { required: false }),
      ...(hidden && { sensitive: true }),
      ...(isAsked && { shouldPrompt: ({ cfg, accountId, credentialValues }) => askAbout(isAsked, resolve(cfg, accountId), credentialValues) }),
      currentValue: ({ cfg, accountId }) => {
        const { config } = resolve(cfg, accountId);
        return config && current(config);
      },
      validate: ({ value }) => expects(value),
      // Before the last answer the block may not be whole yet.
      applySet: ({ cfg, accountId, value }) => (value === "" ? cfg : write(cfg, accountId, writtenBy(blockOf, { [key]: value }))),
    })),
    ...(prepare && {
      prepare({ cfg, accountId }) {
        before.set(accountId, resolve(write(cfg, accountId, {}), accountId).config);
      },
      async finalize({ cfg, accountId, credentialValues, runtime }) {
        const answered = write(cfg, accountId, {});
        const about = { account: resolve(answered, accountId), before: before.get(accountId) };
        return { cfg: write(answered, accountId, await prepareAnswers(prepare, about, credentialValues, runtime)) };
      },
    }),
  };
}

function askAbout<Config>(isAsked: NonNullable<Question<Config>["isAsked"]>, { accountId, config }: ChannelAccount<Config>, answers: Answers): boolean | Promise<boolean> {
  return isAsked({ accountId, config, answers });
}

function writtenBy(blockOf: (answers: Answers) => Block, input: object): Block {
  return withoutAbsent(blockOf({ ...input }));
}

function withoutAbsent(block: Block): Block {
  return Object.fromEntries(Object.entries(block).filter(([, value]) => value !== undefined));
}

function writtenValue<Config>(rules: AccountRules<Config>, cfg: OpenClawConfig, accountId: string, field: string): unknown {
  const { block } = findBlock(rules, cfg);
  const key = rules.names.keyOf(block, rules.names.find(block, accountId));
  const own = key === undefined ? undefined : accountsOf(block)[key];
  return (isBlock(own) ? own[field] : undefined) ?? block?.[field];
}
