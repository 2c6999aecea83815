import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { createPluginRuntimeStore, type PluginRuntime } from "openclaw/plugin-sdk/runtime-store";
import type { Log, System } from "../core/ports.ts";
import type { ChannelAccount } from "./accounts.ts";
import type { AddressGrammar } from "./addresses.ts";
import type { SessionForm } from "./session-keys.ts";
import type { OwnRuns } from "./tool-guard.ts";

/** What a channel is called by whom. */
export interface ChannelNames {
  /** In configuration and session keys. */
  id: string;
  /** For people. */
  label: string;
  /** Older names, as they may stand in configuration, bindings and targets. */
  legacy: readonly string[];
  addresses: AddressGrammar;
  hasGroups: boolean;
  /** Characters that the id of a message may have on the wire. */
  messageIdCharacters: number;
  sessions: SessionForm;
  accounts: AccountsInKeys;
}

/** Which account is meant where the host names one, or none. */
export interface AccountsInKeys {
  /** The account whose name stands in no session key. */
  plain(cfg: OpenClawConfig): string;
  find(cfg: OpenClawConfig, requested: string | null | undefined): string;
}

/** One running account's view of the host. */
export interface HostAccount<Config> {
  channel: ChannelNames;
  accountId: string;
  /** Taken once, when the account starts: in a socket's callback the host would refuse it. */
  runtime: PluginRuntime;
  system: System;
  log: Log;
  runs: OwnRuns;
  /** Who this account is on its wire; its own name where the wire has none for it. */
  ownId(): string;
  /** Whether somebody is one of the channel's accounts here. */
  isAgent(id: string): boolean;
  /** The configuration as it is now. Nothing may keep it beyond one message. */
  hostConfig(): OpenClawConfig;
  /** This account's own, as it is now. */
  account(): ChannelAccount<Config>;
}

export type ChannelRuntime = PluginRuntime["channel"];

/** Holds what the host hands over when it registers the plugin. */
export function createRuntimeStore(pluginId: string) {
  return createPluginRuntimeStore<PluginRuntime>({ pluginId, errorMessage: `${pluginId} is not registered with a gateway` });
}

/** The host's current configuration; its type is deeply read-only, while its own functions take the mutable one. */
export function currentConfig(runtime: PluginRuntime): OpenClawConfig {
  return runtime.config.current() as OpenClawConfig;
}

/** The host's own error classes are not exported; their names can be seen. */
export type HostErrorName =
  | "GatewayDrainingError"
  | "AgentSelectionRequiredError"
  /** After a crash the state may still be locked for some seconds. */
  | "StateDatabaseCoordinatorContentionError"
  /** An edit of the agents is being applied: what began just before is turned away. */
  | "PluginInstanceUnavailableError"
  /** So is an edit of who may give commands, as the first approval on the command line makes one. */
  | "PreparedModelRuntimePublicationSupersededError";

/** Some of them have a name of their own, the others only that of their class. */
export function isHostError(thrown: unknown, name: HostErrorName): boolean {
  return thrown instanceof Error && (thrown.name === name || thrown.constructor.name === name);
}
