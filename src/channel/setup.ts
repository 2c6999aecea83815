import { DEFAULT_ACCOUNT_ID, normalizeAccountId } from "openclaw/plugin-sdk/account-id";
import { defineChannelSetupContract } from "openclaw/plugin-sdk/channel-setup";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { editAccount } from "./account-edits.ts";
import type { Block } from "./account-names.ts";
import { type AccessFields, type AccountRules, type ChannelAccount, findBlock, isRoot, resolveAccount } from "./accounts.ts";
import type { Environment } from "./environment.ts";

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
  /** Who is admitted, as the person at the other end would say it. */
  senders: { called: string; placeholder: string };
  /** Looks whether the other end is there; the settings are written whatever it says. */
  tryOut?(config: Config): Promise<string | undefined>;
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
  /** What Enter takes where nothing is set. */
  initial?: string;
  optional?: true;
  /** What is typed is not shown. */
  hidden?: true;
  /** Where the answer stands in the block, if it is not under `key`: an environment variable may stand for it. */
  field?: string;
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
  /** Proposed where the person keeps it in the environment. */
  variable: string;
  /** Whether there is one at all is asked first, in these words. */
  wanted?: string;
}

export type Resolve<Config> = (cfg: OpenClawConfig, accountId?: string | null) => ChannelAccount<Config>;

/** `openclaw channels add --channel …`: what is answered is written, and must make a block that is valid. */
export function createSetupContract<Config extends AccessFields>(rules: AccountRules<Config>, { fields, blockOf, prepare }: Pick<ChannelSetup<Config>, "fields" | "blockOf" | "prepare">, resolve: Resolve<Config>, environment: () => Environment = () => ({})) {
  // The host writes ids in lower case from one step to the next; a server may know them by their capitals.
  const spelled = new Map<string, string>();
  // The host hands nothing from one step to the next but the fields themselves.
  const prepared = new Map<string, Block>();
  const keyOf = (cfg: OpenClawConfig, accountId: string) => rules.names.find(findBlock(rules, cfg).block, accountId);
  const spell = (accountId: string) => spelled.get(normalizeAccountId(accountId)) ?? accountId;
  const edit = (cfg: OpenClawConfig, accountId: string, input: object) => editAccount(rules, cfg, spell(accountId), { enabled: true, ...writtenBy(blockOf, input) });
  const variables: readonly string[] = fields["useEnv"]?.kind === "boolean" ? (fields["useEnv"].envVars ?? []) : [];
  const usesEnvironment = (input: object) => ({ useEnv: false, ...input }).useEnv;
  const isWithoutEnvironment = (input: object) => usesEnvironment(input) && variables.every((variable) => (environment()[variable]?.trim() ?? "") === "");
  const objectionTo = (cfg: OpenClawConfig, accountId: string, input: object): string | null => {
    const id = spell(accountId);
    const written = editAccount(rules, cfg, id, writtenBy(blockOf, input));
    const useEnv = usesEnvironment(input);
    if (useEnv && rules.environmentWinsOver === "root" && !isRoot(rules, findBlock(rules, written).block, id)) return "--use-env: the environment speaks for the default account only; give a named one its settings as flags";
    // Which variables are missing the host says better.
    if (isWithoutEnvironment(input)) return null;
    return problemWith(rules, written, id, useEnv ? environment() : {}) ?? null;
  };
  return defineChannelSetupContract({
    fields,
    adapter: {
      resolveAccountId({ accountId }) {
        const written = rules.names.idOf(accountId ?? DEFAULT_ACCOUNT_ID);
        spelled.set(normalizeAccountId(written), written);
        return written;
      },
      ...(prepare && {
        async prepareAccountConfigInput({ cfg, accountId, input, runtime }) {
          // The host asks only afterwards whether the answers are any good, and what is done here may be done once.
          if (isWithoutEnvironment(input) || objectionTo(cfg, accountId, input) !== null) return input;
          const answered = edit(cfg, accountId, input);
          prepared.set(keyOf(answered, accountId), await prepareAnswers(prepare, { account: resolve(answered, accountId), before: resolve(edit(cfg, accountId, {}), accountId).config }, input, runtime));
          return input;
        },
      }),
      validateInput: ({ cfg, accountId, input }) => objectionTo(cfg, accountId, input),
      applyAccountConfig({ cfg, accountId, input }) {
        const written = edit(cfg, accountId, input);
        const more = prepared.get(keyOf(written, accountId));
        return more ? editAccount(rules, written, spell(accountId), more) : written;
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

export async function prepareAnswers<Config>(prepare: NonNullable<ChannelSetup<Config>["prepare"]>, { account, before }: Answered<Config>, answers: object, { log }: { log(line: string): void }): Promise<Block> {
  const { accountId, config, problem } = account;
  if (!config) throw new Error(problem ?? "the account is not configured");
  return withoutAbsent(await prepare({ accountId, config, before, answers: { ...answers }, tell: (line) => log(line) }));
}

/** A secret that is only named is no mistake: the host looks it up where the account runs. */
function problemWith<Config extends AccessFields>(rules: AccountRules<Config>, cfg: OpenClawConfig, accountId: string, environment: Environment): string | undefined {
  const { configured, problem } = resolveAccount(rules, cfg, accountId, environment);
  return configured ? undefined : problem;
}

export function writtenBy(blockOf: (answers: Answers) => Block, input: object): Block {
  return withoutAbsent(blockOf({ ...input }));
}

function withoutAbsent(block: Block): Block {
  return Object.fromEntries(Object.entries(block).filter(([, value]) => value !== undefined));
}
