import { resolveChannelMessageIngress } from "openclaw/plugin-sdk/channel-ingress-runtime";
import { buildAgentSessionKey, resolveAgentRoute } from "openclaw/plugin-sdk/routing";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import type { HostAccount } from "../../../src/channel/host.ts";
import { createOwnRuns } from "../../../src/channel/tool-guard.ts";
import { type ResolvedWebsocketAccount, websocketRules } from "../../../src/channel/websocket-account.ts";
import { websocketToolGuard } from "../../../src/channel/websocket.ts";
import { resolveAccount } from "../../../src/channel/accounts.ts";
import type { Inbound } from "../../../src/protocols/inbound.ts";
import { system } from "../../../src/core/system.ts";

/** What a test gives a dispatch to do; `deliver` and the callbacks are the channel's own. */
export type DispatchRequest = Parameters<HostAccount<unknown>["runtime"]["channel"]["inbound"]["dispatch"]>[0];

export interface FakeHost extends HostAccount<ResolvedWebsocketAccount> {
  cfg: OpenClawConfig;
  logged: string[];
  dispatched: DispatchRequest[];
  /** The status of the session's entry, as the host would keep it. */
  sessionStatus: string | undefined;
  /** The rest of it. */
  session: object | undefined;
  /** Those of other sessions. */
  otherSessions: object[];
  /** Why the host runs nothing. */
  dropped: { kind: string; reason: string } | undefined;
  onDispatch(request: DispatchRequest): Promise<object | undefined>;
  /** Ids of the channel's other accounts. */
  agents: Set<string>;
  approved: string[];
  pairingCode: string;
}

/**
 * The host as the channel sees it: routes, keys and access come from the SDK itself, so that a test judges decisions the
 * real host would make. Everything that needs a gateway is scripted.
 */
export function fakeHost(channel: object, extra: OpenClawConfig = {}, accountId = "default"): FakeHost {
  const logged: string[] = [];
  const log = (message: string) => void logged.push(message);
  const runtime = {
    config: {
      current: () => host.cfg,
      async mutateConfigFile({ mutate }: { mutate(draft: OpenClawConfig): void }) {
        const draft = structuredClone(host.cfg);
        mutate(draft);
        host.cfg = draft;
      },
    },
    state: { resolveStateDir: () => "/nowhere" },
    agent: {
      session: {
        getSessionEntry: () => (host.sessionStatus === undefined ? host.session : { status: host.sessionStatus }),
        listSessionEntries: () => [host.session ?? {}, ...host.otherSessions].map((entry, index) => ({ sessionKey: `session ${index}`, entry })),
        async patchSessionEntry({ update }: { update(entry: object): object | null }) {
          host.session = { ...host.session, ...update(host.session ?? {}) };
        },
      },
    },
    channel: {
      routing: { resolveAgentRoute, buildAgentSessionKey },
      text: { hasControlCommand: (text: string) => /^\/\w+/.test(text) },
      mentions: { buildMentionRegexes: () => [/@agent\b/], matchesMentionPatterns: (text: string, patterns: RegExp[]) => patterns.some((pattern) => pattern.test(text)) },
      reply: { formatAgentEnvelope: ({ body }: { body: string }) => body, resolveEnvelopeFormatOptions: () => ({}), resolveHumanDelayConfig: (cfg: OpenClawConfig) => cfg.agents?.defaults?.humanDelay },
      pairing: {
        readAllowFromStore: async () => host.approved,
        upsertPairingRequest: async () => ({ code: host.pairingCode, created: true }),
        buildPairingReply: ({ idLine, code }: { idLine: string; code: string }) => `${idLine} ${code}`,
      },
      media: {},
      inbound: {
        ingress: {
          resolve: (request: Parameters<typeof resolveChannelMessageIngress>[0]) => resolveChannelMessageIngress({ ...request, readStoreAllowFrom: async () => host.approved }),
        },
        buildContext: (facts: object) => facts,
        async dispatch(request: DispatchRequest) {
          host.dispatched.push(request);
          if (host.dropped) return { dispatched: false, admission: host.dropped };
          const dispatchResult = await host.onDispatch(request);
          return { dispatched: true, dispatchResult };
        },
      },
    },
  };
  const host = {
    channel: websocketToolGuard.channel,
    accountId,
    runtime: runtime as unknown as FakeHost["runtime"],
    // Pauses of the channel pass at once.
    system: { ...system, after: (_ms: number, run: () => void) => system.after(0, run) },
    log: { debug: log, info: log, warn: log, error: log },
    runs: createOwnRuns(),
    agents: new Set<string>(),
    ownId: () => accountId,
    isAgent: (id: string) => host.agents.has(id),
    cfg: { channels: { websocket: channel }, ...extra },
    hostConfig: () => host.cfg,
    account: () => resolveAccount(websocketRules, host.cfg, accountId, {}),
    logged,
    dispatched: [],
    sessionStatus: undefined,
    session: undefined,
    otherSessions: [],
    dropped: undefined,
    onDispatch: async () => ({}),
    approved: [],
    pairingCode: "CODE2345",
  } as FakeHost;
  return host;
}

export function inboundOf(about: Partial<Inbound> = {}): Inbound {
  return {
    messageId: "app-1",
    origin: { connectionId: "c-1" },
    sender: { id: "ann", verified: true },
    conversation: { kind: "direct", id: "ann" },
    content: "When does the library close?",
    media: [],
    receivedAt: 1_795_000_000_000,
    ...about,
  };
}

export const group = (id: string) => ({ kind: "group", id, subject: id }) as const;

/** Nobody who was given a code is ever approved. */
export const noApprovals = { asked: (_id: string, _isNew: boolean, at: number) => at, judging: () => () => {}, admitted() {}, tell: async () => {} };
