import type { HttpAnswer, HttpRequest } from "../protocol.ts";
import { fieldsOf, type Fields, textIn } from "./frames.ts";
import type { Grant } from "./grants.ts";
import type { Invites } from "./invites.ts";
import type { Media } from "./media.ts";
import { frameLimits } from "./options.ts";
import { type RestFault, readFault } from "./rest-faults.ts";
import type { Realm } from "./realm.ts";
import type { Agent } from "./world.ts";

/** What an operator of an agent has set for it. */
export interface AgentSettings {
  groups: readonly Fields[];
  permissions: Fields;
}

interface Answer {
  status: number;
  code?: number;
  type?: string;
  body: string | Buffer;
}

/** The HTTP side of the server. */
export class Rest {
  /** By account. */
  readonly settings = new Map<string, AgentSettings>();
  readonly reports: Fields[] = [];
  readonly #realm: Realm;
  readonly #invites: Invites;
  readonly #media: Media;
  readonly #waits = new Set<() => void>();

  constructor(realm: Realm, { invites, media }: { invites: Invites; media: Media }) {
    this.#realm = realm;
    this.#invites = invites;
    this.#media = media;
  }

  async request(request: HttpRequest): Promise<HttpAnswer> {
    const { method, path } = request;
    const { host, faults } = this.#realm;
    const due = faults.takeCall(path);
    const fault = due === undefined ? undefined : readFault(due);
    const called = { at: host.system.now(), method, path, ...(due !== undefined && { fault: due }) };
    const answer = await this.#answer(request, fault);
    if (answer === "drop" || answer === "hang") {
      host.called(called);
      return answer;
    }
    const { status, code, type = "application/json; charset=utf-8", body } = answer;
    host.called({ ...called, status, ...(code !== undefined && { code }) });
    return { status, type, body };
  }

  stop(): void {
    for (const cancel of this.#waits) cancel();
  }

  async #answer(request: HttpRequest, fault: RestFault | undefined): Promise<Answer | "drop" | "hang"> {
    if (fault?.kind === "drop" || fault?.kind === "hang") return fault.kind;
    if (fault?.kind === "html") return { status: 502, type: "text/html", body: "<html><body>Bad gateway</body></html>" };
    if (fault?.kind === "text") return { status: 200, type: "text/plain", body: "this is not JSON {" };
    if (fault?.kind === "answer") return fault.code === undefined ? failure(fault.status, fault.status, "told to") : failure(fault.status, fault.code, "told to");
    if (fault?.kind === "slow") await this.#wait(fault.ms);
    const answer = await this.#route(request);
    if (fault?.kind === "drop-after") return "drop";
    return fault?.kind === "hang-after" ? "hang" : answer;
  }

  async #wait(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#waits.add(this.#realm.host.system.after(ms, resolve)));
  }

  async #route(request: HttpRequest): Promise<Answer> {
    const { method, path } = request;
    if (method === "GET" && path === "/health") return { status: 200, type: "text/plain", body: "ok" };
    if (method === "GET" && path.startsWith("/media/")) return this.#download(path);
    if (path.startsWith("/v1/")) this.#expectDevice(request);
    if (method === "POST" && path === "/v1/agents/connect") return this.#connect(request);
    if (method === "POST" && path === "/v1/auth/refresh") return this.#refresh(request);
    if (method === "POST" && path === "/v1/agents/plugin-report") return this.#report(request);
    const grant = this.#bearer(request);
    if (!grant) return failure(401, path === "/media/upload" ? 40101 : 401, "no token, or one that is not good any more");
    if (method === "POST" && path === "/media/upload") return this.#upload(request);
    if (method === "POST" && path === "/v1/agents/me/plugin-report") return this.#report(request);
    return method === "GET" ? this.#read(path, grant.agent) : failure(404, 404, "there is nothing here");
  }

  #connect(request: HttpRequest): Answer {
    const { host, grants, world } = this.#realm;
    const body = jsonOf(request);
    const deviceId = deviceOf(request);
    if (textIn(body, "code") === "" || textIn(body, "platform") === "" || body["type"] !== "clawbot" || deviceId === "") {
      host.violated("POST /v1/agents/connect needs X-Device-Id, code, platform and the type clawbot");
      return failure(400, 400, "bad body, or no device");
    }
    const invite = this.#invites.find(textIn(body, "code"));
    // No document says how a used code is answered.
    if (!invite) return failure(200, 16002, "the invite code is unknown, or was used");
    const hint = textIn(body, "user_id");
    const hinted = world.agentOf(hint);
    if (hint !== "" && !hinted) return failure(200, 16001, "user_id names no agent");
    if (hinted && hinted !== invite.agent) return failure(200, 16014, "the agent belongs to somebody else");
    this.#invites.redeem(invite);
    const { agent } = invite;
    const { pair } = grants.issue(agent, deviceId);
    return success({ ...pair, agent: { id: agent.agentId, user_id: agent.id, owner_id: agent.owner.id }, conversation: { id: agent.home.id } });
  }

  #refresh(request: HttpRequest): Answer {
    const { host, grants } = this.#realm;
    const deviceId = deviceOf(request);
    const token = textIn(jsonOf(request), "refresh_token").trim();
    if (request.headers.authorization !== undefined) host.violated("POST /v1/auth/refresh carries an Authorization");
    if (token === "" || deviceId === "" || Buffer.byteLength(deviceId) > frameLimits.deviceId) return failure(200, 400, "no refresh_token, or no device");
    const rotation = grants.rotate(token, deviceId);
    return rotation.ok ? success({ ...rotation.grant.pair }) : failure(200, 10003, `the refresh token is no good: ${rotation.why}`);
  }

  #report(request: HttpRequest): Answer {
    this.reports.push(jsonOf(request));
    return success({});
  }

  async #upload(request: HttpRequest): Promise<Answer> {
    const uploaded = await this.#media.upload(request);
    return "status" in uploaded ? failure(uploaded.status, uploaded.code, uploaded.msg) : success({ ...uploaded });
  }

  #download(path: string): Answer {
    const file = this.#media.file(path);
    return file ? { status: 200, type: file.mime, body: file.bytes } : failure(404, 404, "there is no such file");
  }

  #read(path: string, agent: Agent): Answer {
    const { world } = this.#realm;
    if (path === "/v1/users/me") return success(profileOf(agent));
    if (path === "/v1/agents/me/owner") return success({ ...profileOf(agent.owner), locale: "en" });
    if (path === "/v1/agents/me/group-settings") return success({ settings: this.settings.get(agent.account)?.groups ?? [] });
    if (path === "/v1/agents/me/permissions") return success(this.settings.get(agent.account)?.permissions ?? {});
    if (path === `/v1/agents/${agent.agentId}`) return success({ id: agent.agentId, user_id: agent.id, behavior: "" });
    const [, kind = "", id = "", rest = ""] = /^\/v1\/(users|conversations)\/([^/]+)(\/announcements)?$/.exec(path) ?? [];
    const user = kind === "users" ? world.find(decoded(id)) : undefined;
    if (user) return success(profileOf(user));
    const chat = kind === "conversations" ? world.conversations.get(decoded(id)) : undefined;
    if (!chat || chat.dissolved || !chat.members.has(agent.id)) return failure(404, kind === "conversations" ? 40401 : 404, "there is nothing of this id");
    if (rest === "/announcements") return success({ announcements: [] });
    const participants = [...chat.members].flatMap((member) => world.find(member) ?? []).map(profileOf);
    return success({ id: chat.id, type: chat.type, title: chat.title, description: chat.description, participants });
  }

  #bearer({ headers }: HttpRequest): Grant | undefined {
    const token = /^Bearer (\S+)$/.exec(headers.authorization ?? "")?.[1];
    const verdict = token === undefined ? undefined : this.#realm.grants.check(token);
    return verdict?.ok ? verdict.grant : undefined;
  }

  #expectDevice(request: HttpRequest): void {
    const deviceId = deviceOf(request);
    const what = deviceId === "" ? "no X-Device-Id" : Buffer.byteLength(deviceId) > frameLimits.deviceId ? `an X-Device-Id of more than ${frameLimits.deviceId} bytes` : undefined;
    if (what !== undefined) this.#realm.host.violated(`${request.method} ${request.path} has ${what}`);
  }
}

/** A path may be anything. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function profileOf({ id, nickName }: { id: string; nickName: string }): Fields {
  return { user_id: id, nick_name: nickName };
}

function deviceOf({ headers }: HttpRequest): string {
  const value = headers["x-device-id"];
  return typeof value === "string" ? value : "";
}

function jsonOf({ body }: HttpRequest): Fields {
  try {
    return fieldsOf(JSON.parse(body.toString("utf8")));
  } catch {
    return {};
  }
}

function success(data: Fields): Answer {
  return { status: 200, code: 0, body: JSON.stringify({ code: 0, msg: "ok", data }) };
}

function failure(status: number, code: number, msg: string): Answer {
  return { status, code, body: JSON.stringify({ code, msg }) };
}
