import { authorizedCall } from "../../auth/authorized.ts";
import type { LoginKeeper } from "../../auth/keeper.ts";
import { limits } from "../../core/limits.ts";
import { type GroupSetting, readGroupSettings, readOwnUserId, readPermissions, readTitle, readUploaded } from "../../protocols/clawchat/backend.ts";
import type { Attachment } from "../../protocols/turn.ts";
import { explainOutcome, type RestOutcome } from "../../rest/call.ts";
import type { HttpCall, HttpRequest } from "../../rest/http.ts";
import { endpoint } from "../../rest/urls.ts";
import type { UploadedFile } from "../account.ts";

/** What a server is asked for besides its socket. Nothing here rejects but `upload`. */
export interface Backend {
  /** Undefined where the answer says nothing about groups: what is known stays. */
  groupSettings(): Promise<readonly GroupSetting[] | undefined>;
  /** The own user id as the server has it. */
  ownUserId(): Promise<string | undefined>;
  /** The same, with what is wrong where the server does not say it. */
  whoAmI(): Promise<{ userId: string } | { why: string; isAuth: boolean }>;
  /** What the owner lets this agent do, by operation. */
  permissions(): Promise<ReadonlyMap<string, "allow" | "ask" | "deny"> | undefined>;
  /** The title of a group. */
  title(chatId: string): Promise<string | undefined>;
  /** Tells the server what runs here; whether it hears of it is not waited for. */
  report(versions: { plugin: string; runtime: string }): void;
  /** Rejects with an error for the operator where the file is not there afterwards. */
  upload(file: UploadedFile): Promise<Attachment>;
}

export interface BackendDeps {
  keeper: LoginKeeper;
  http: HttpCall;
  platform: string;
  /** Without a slash at the end. */
  mediaUrl(): string;
  debug(text: string): void;
}

export function createBackend({ keeper, http, platform, mediaUrl, debug }: BackendDeps): Backend {
  const call = (path: readonly string[], request: Omit<HttpRequest, "url">): Promise<RestOutcome> =>
    authorizedCall({ keeper, http }, ({ identity }) => ({ ...request, url: endpoint(identity.baseUrl, "v1", ...path) }));

  async function read<Found>(path: readonly string[], reader: (data: unknown) => Found | undefined): Promise<Found | undefined> {
    const outcome = await call(path, { method: "GET" });
    if (outcome.kind === "ok") return reader(outcome.data);
    debug(`GET /v1/${path.join("/")}: ${explainOutcome(outcome)}`);
    return undefined;
  }

  return {
    groupSettings: () => read(["agents", "me", "group-settings"], readGroupSettings),
    ownUserId: () => read(["users", "me"], readOwnUserId),
    async whoAmI() {
      const outcome = await call(["users", "me"], { method: "GET" });
      if (outcome.kind !== "ok") return { why: explainOutcome(outcome), isAuth: outcome.kind === "auth" };
      const userId = readOwnUserId(outcome.data);
      return userId === undefined ? { why: "the answer names no user", isAuth: false } : { userId };
    },
    permissions: () => read(["agents", "me", "permissions"], readPermissions),
    title: (chatId) => read(["conversations", chatId], readTitle),
    report(versions) {
      const deviceId = keeper.login?.identity.deviceId;
      const json = { device_id: deviceId, platform, plugin_version: versions.plugin, agent_version: versions.plugin, runtime_name: "openclaw", runtime_version: versions.runtime };
      void call(["agents", "me", "plugin-report"], { method: "POST", body: { json } });
    },
    async upload({ bytes, name, mimeType }) {
      const place = mediaUrl();
      const form = new FormData();
      form.append("file", new Blob([bytes], { ...(mimeType !== undefined && { type: mimeType }) }), name ?? "file");
      const request: HttpRequest = { method: "POST", url: endpoint(place, "media", "upload"), body: { form }, timeoutMs: limits.uploadMs };
      const outcome = await authorizedCall({ keeper, http, origins: [new URL(place).origin] }, request);
      const attachment = outcome.kind === "ok" ? readUploaded(outcome.data) : undefined;
      if (!attachment) throw new Error(`the file could not be uploaded: ${outcome.kind === "ok" ? "the server does not say where it is" : explainOutcome(outcome)}`);
      return { ...attachment, ...(attachment.name === undefined && name !== undefined && { name }) };
    },
  };
}
