import { afterEach, describe, expect, it } from "vitest";
import { system } from "../../../src/core/system.ts";
import { openLink } from "./claw-client.ts";
import { api, blockOf, type ClawSimulator, join, serve, stopAll } from "./claw-world.ts";

afterEach(stopAll);

const activation = { platform: "openclaw", type: "clawbot" };

async function activate(sim: ClawSimulator, body: object, deviceId = "openclaw-test") {
  return api(sim, "/v1/agents/connect", { body: { ...activation, ...body }, deviceId });
}

async function refresh(sim: ClawSimulator, token: string, deviceId = blockOf(sim).deviceId) {
  return api(sim, "/v1/auth/refresh", { body: { refresh_token: token }, deviceId });
}

describe("an invite code", () => {
  it("lets in once", async () => {
    const sim = await serve({ accounts: { office: "INVITE-1" } });
    const agent = sim.server.world.agent("office");
    expect(await activate(sim, { code: "INVITE-1" })).toMatchObject({ status: 200, code: 0, data: { agent: { id: agent.agentId, user_id: agent.id, owner_id: agent.owner.id }, conversation: { id: agent.home.id } } });
    expect((await activate(sim, { code: "INVITE-1" })).code).toBe(16002);
    expect((await activate(sim, { code: sim.server.invite() })).code).toBe(0);
  });

  it.each([
    [{ user_id: "usr_nobody" }, 16001],
    [{ user_id: "other" }, 16014],
    [{ user_id: "own" }, 0],
  ])("CC-82 with %j is answered by %i, and stays good unless it is 0", async ({ user_id: userId }, code) => {
    const sim = await serve({ accounts: { office: "INVITE-1", home: "INVITE-2" } });
    const ids: Record<string, string> = { other: sim.server.world.agent("home").id, own: sim.server.world.agent("office").id };
    expect((await activate(sim, { code: "INVITE-1", user_id: ids[userId] ?? userId })).code).toBe(code);
    expect((await activate(sim, { code: "INVITE-1" })).code).toBe(code === 0 ? 16002 : 0);
  });

  it.each([{}, { code: "x", type: "robot" }])("is needed, with the rest: %j", async (body) => {
    const sim = await serve();
    expect((await activate(sim, body)).status).toBe(400);
    expect(sim.violations).toHaveLength(1);
  });
});

describe("a refresh token", () => {
  it("works once, and kills its whole grant when it comes again", async () => {
    const sim = await serve();
    const { refreshToken, token } = blockOf(sim);
    const { data } = await refresh(sim, refreshToken);
    expect(data).toEqual({ access_token: sim.server.tokens()?.access_token, refresh_token: sim.server.tokens()?.refresh_token });
    expect(data?.["access_token"]).not.toBe(token);
    expect((await api(sim, "/v1/users/me", { token })).status).toBe(200);
    expect((await refresh(sim, refreshToken)).code).toBe(10003);
    for (const dead of [token, String(data?.["access_token"])]) expect((await api(sim, "/v1/users/me", { token: dead })).status).toBe(401);
    expect((await refresh(sim, String(data?.["refresh_token"]), "openclaw-simulator")).code).toBe(10003);
    expect(sim.server.grant()).toMatchObject({ revoked: true, rotations: 1 });
  });

  it.each<[string, (sim: ClawSimulator) => Parameters<typeof refresh>, number]>([
    ["of another device", (sim) => [sim, blockOf(sim).refreshToken, "another"], 10003],
    ["nobody knows", (sim) => [sim, "0".repeat(64)], 10003],
    ["that is blank", (sim) => [sim, " "], 400],
    ["without a device", (sim) => [sim, blockOf(sim).refreshToken, ""], 400],
    ["with too long a device", (sim) => [sim, blockOf(sim).refreshToken, "d".repeat(129)], 400],
  ])("CC-75 %s is refused with HTTP 200, and nothing has changed", async (_what, given, code) => {
    const sim = await serve();
    const [, token, deviceId] = given(sim);
    expect(await refresh(sim, token, deviceId)).toMatchObject({ status: 200, code });
    expect((await refresh(sim, blockOf(sim).refreshToken)).code).toBe(0);
  });

  it("ends after its time, which begins anew with each rotation", async () => {
    let now = 1_800_000_000_000;
    const sim = await serve({ system: { ...system, now: () => now }, server: { refreshTtlMs: 1000 } });
    expect(blockOf(sim).refreshToken).not.toBe("");
    now += 900;
    expect((await refresh(sim, blockOf(sim).refreshToken)).code).toBe(0);
    now += 900;
    expect((await refresh(sim, blockOf(sim).refreshToken)).code).toBe(0);
    now += 1000;
    expect((await refresh(sim, blockOf(sim).refreshToken)).code).toBe(10003);
  });

  it("dies when the login is revoked, and not when the access token ends", async () => {
    const sim = await serve();
    const { refreshToken, token } = blockOf(sim);
    sim.control("expire");
    expect((await api(sim, "/v1/users/me", { token })).status).toBe(401);
    expect((await refresh(sim, refreshToken)).code).toBe(0);
    const next = blockOf(sim).refreshToken;
    sim.control("revoke");
    expect((await refresh(sim, next, "openclaw-simulator")).code).toBe(10003);
  });

  it("comes with an access token whose times are whole seconds, as its peers'", async () => {
    const sim = await serve({ system: { ...system, now: () => 1_800_000_000_777 }, server: { accessTtlMs: 1500 } });
    const claims = JSON.parse(Buffer.from(blockOf(sim).token.split(".")[1] ?? "", "base64url").toString()) as object;
    expect(claims).toMatchObject({ iat: 1_800_000_000, exp: 1_800_000_002 });
  });

  it("comes without an Authorization", async () => {
    const sim = await serve();
    const { refreshToken, token, deviceId } = blockOf(sim);
    await api(sim, "/v1/auth/refresh", { body: { refresh_token: refreshToken }, deviceId, token });
    expect(sim.violations.map(({ text }) => text)).toEqual(["POST /v1/auth/refresh carries an Authorization"]);
  });
});

describe("an access token", () => {
  it("says when it ends", async () => {
    const sim = await serve({ server: { accessTtlMs: 3000 } });
    const claims = JSON.parse(Buffer.from(blockOf(sim).token.split(".")[1] ?? "", "base64url").toString()) as Record<"exp" | "iat" | "sub" | "did", number>;
    expect(claims.exp - claims.iat).toBeCloseTo(3);
    expect(claims).toMatchObject({ sub: blockOf(sim).userId, did: blockOf(sim).deviceId });
  });

  it.each(["/v1/users/me", "/v1/agents/me/group-settings", "/v1/agents/me/permissions", "/v1/conversations/cnv_x"])("is needed for %s, with a device", async (path) => {
    const sim = await serve();
    expect((await api(sim, path)).status).toBe(401);
    expect((await api(sim, path, { token: "x" })).status).toBe(401);
    await api(sim, path, { token: blockOf(sim).token, deviceId: "" });
    expect(sim.violations.map(({ text }) => text)).toEqual([`GET ${path} has no X-Device-Id`]);
  });
});

describe("the service", () => {
  it("knows users, conversations and what the owner has set", async () => {
    const sim = await serve();
    const { token, userId, ownerUserId, homeConversationId } = blockOf(sim);
    const link = await join(sim);
    sim.say({ text: "hello", conversation: "harbour", user: "ada" });
    const group = String((await link.frame("message.send")).chat_id);
    sim.server.signals.setGroups([{ conversation_id: group, muted: true }]);
    sim.server.signals.setPermissions({ "friend.add": "deny" });
    expect((await link.frame("notify.signal")).payload).toMatchObject({ type: "agent.config.changed", entity_id: sim.server.world.agent(undefined).agentId });
    const get = async (path: string) => (await api(sim, path, { token })).data;
    expect(await get("/v1/users/me")).toEqual({ user_id: userId, nick_name: "simulator" });
    expect(await get(`/v1/users/${ownerUserId}`)).toEqual({ user_id: ownerUserId, nick_name: "owner" });
    expect(await get(`/v1/conversations/${group}`)).toMatchObject({ id: group, title: "harbour", participants: expect.arrayContaining([{ user_id: userId, nick_name: "simulator" }, expect.objectContaining({ nick_name: "ada" })]) });
    expect(await get(`/v1/conversations/${homeConversationId}`)).toMatchObject({ id: homeConversationId, type: "direct" });
    expect(await get(`/v1/conversations/${group}/announcements`)).toEqual({ announcements: [] });
    expect(await get(`/v1/agents/${sim.server.world.agent(undefined).agentId}`)).toMatchObject({ user_id: userId });
    expect((await api(sim, "/v1/users/%ff", { token })).status).toBe(404);
    expect(await get("/v1/agents/me/group-settings")).toEqual({ settings: [{ conversation_id: group, muted: true }] });
    expect(await get("/v1/agents/me/permissions")).toEqual({ "friend.add": "deny" });
    sim.control("leave", "harbour");
    expect(await api(sim, `/v1/conversations/${group}`, { token })).toMatchObject({ status: 404, code: 40401 });
  });

  it("takes reports, and says that it is well", async () => {
    const sim = await serve();
    const report = { device_id: "d", platform: "openclaw", plugin_version: "1", agent_version: "1", runtime_name: "node", runtime_version: "24" };
    expect((await api(sim, "/v1/agents/me/plugin-report", { token: blockOf(sim).token, body: report })).code).toBe(0);
    expect(sim.server.rest.reports).toEqual([report]);
    expect(await api(sim, "/health", {})).toMatchObject({ status: 200, text: "ok" });
    expect(sim.calls.map(({ method, path, status }) => [method, path, status])).toEqual([
      ["POST", "/v1/agents/me/plugin-report", 200],
      ["GET", "/health", 200],
    ]);
  });
});

describe("an upload", () => {
  const formOf = (bytes: string, { type = "image/png", name = "a.png" } = {}) => {
    const form = new FormData();
    form.append("file", new Blob([bytes], { type }), name);
    return form;
  };

  it.each([
    ["image/png", "a.png", "image", "image/png"],
    ["video/mp4", "a.mp4", "video", "video/mp4"],
    ["audio/ogg", "a.ogg", "audio", "audio/ogg"],
    ["text/plain", "a b.txt", "file", "text/plain"],
    ["application/octet-stream", "a.png", "image", "image/png"],
    ["image/*", "a.bin", "file", "application/octet-stream"],
  ])("of %s named %s is of the kind %s, and can be fetched", async (type, name, kind, mime) => {
    const sim = await serve();
    const { data } = await api(sim, "/media/upload", { token: blockOf(sim).token, body: formOf("bytes", { type, name }) });
    expect(data).toEqual({ kind, name, mime, size: 5, url: expect.stringMatching(new RegExp(`^http://127.0.0.1:${sim.port}/media/`)) });
    const fetched = await fetch(String(data?.["url"]));
    expect([fetched.headers.get("content-type"), await fetched.text()]).toEqual([mime, "bytes"]);
  });

  it.each<[string, FormData | object, { status: number; code: number }]>([
    ["without a part", new FormData(), { status: 400, code: 40001 }],
    ["that is no form", { file: "x" }, { status: 400, code: 40001 }],
    ["of nothing", formOf(""), { status: 400, code: 40002 }],
    ["of too much", formOf("12345678901"), { status: 413, code: 41301 }],
    ["of what is not taken", formOf("x", { type: "image/gif", name: "a.gif" }), { status: 415, code: 41501 }],
  ])("%s is refused", async (_what, body, answer) => {
    const sim = await serve({ server: { mediaBytes: 10, mediaRefused: ["image/gif"] } });
    expect(await api(sim, "/media/upload", { token: blockOf(sim).token, body })).toMatchObject(answer);
  });

  it("needs a token", async () => {
    const sim = await serve();
    expect(await api(sim, "/media/upload", { body: formOf("x") })).toMatchObject({ status: 401, code: 40101 });
  });
});

describe("a call that goes wrong on demand", () => {
  it.each([
    ["503", { status: 503, code: 503 }],
    ["200:1", { status: 200, code: 1 }],
    ["500:50001", { status: 500, code: 50001 }],
  ])("is answered as told: %s", async (fault, answer) => {
    const sim = await serve();
    sim.control("http", `refresh ${fault}`);
    expect(await refresh(sim, blockOf(sim).refreshToken)).toMatchObject(answer);
    expect((await refresh(sim, blockOf(sim).refreshToken)).code).toBe(0);
  });

  it.each(["html", "text"])("is answered with what is no JSON: %s", async (fault) => {
    const sim = await serve();
    sim.control("http", `users ${fault}`);
    const answer = await fetch(`http://127.0.0.1:${sim.port}/v1/users/me`);
    await expect(answer.json()).rejects.toThrow("JSON");
  });

  it.each([
    ["drop", 0],
    ["drop-after", 1],
    ["hang", 0],
    ["hang-after", 1],
  ])("CC-81 ends by %s when the rotation was done %i times", async (fault, rotations) => {
    const sim = await serve();
    sim.control("http", `refresh ${fault}`);
    const body = JSON.stringify({ refresh_token: blockOf(sim).refreshToken });
    const headers = { "x-device-id": blockOf(sim).deviceId };
    const called = fetch(`http://127.0.0.1:${sim.port}/v1/auth/refresh`, { method: "POST", body, headers, signal: AbortSignal.timeout(150) });
    await expect(called).rejects.toThrow(fault.startsWith("drop") ? "fetch failed" : "aborted due to timeout");
    expect(sim.server.grant()?.rotations).toBe(rotations);
    expect(sim.calls).toEqual([{ at: expect.any(Number), method: "POST", path: "/v1/auth/refresh", fault }]);
  });

  it("takes its time", async () => {
    const sim = await serve();
    sim.control("http", "health slow:60");
    const began = performance.now();
    await api(sim, "/health");
    expect(performance.now() - began).toBeGreaterThan(50);
  });

  it("does not keep the simulator from stopping", async () => {
    const sim = await serve();
    sim.control("http", "health hang");
    const called = fetch(`http://127.0.0.1:${sim.port}/health`).catch((cause: unknown) => String(cause));
    await sim.until(() => sim.calls[0], "the call");
    await sim.stop();
    expect(await called).toContain("fetch failed");
  });

  it.each([
    ["refresh nonsense", /"nonsense" is no fault of a call; there are 503/],
    ["", /a part of a path is missing/],
    ["refresh 503 often", /expected how many times, got "often"/],
  ])("explains why %j cannot be done", async (argument, text) => {
    const sim = await serve();
    expect(() => sim.control("http", argument)).toThrow(text);
  });
});

it("has agents of its own for each account", async () => {
  const sim = await serve({ accounts: { office: "A", home: "B" } });
  const { accounts } = sim.config["clawchat"] as { accounts: Record<string, { token: string; userId: string }> };
  expect(Object.keys(accounts)).toEqual(["office", "home"]);
  for (const [name, { token }] of Object.entries(accounts)) {
    const link = await openLink(sim.url);
    await link.hello(token, "d");
    expect((await sim.link({ account: name })).account).toBe(name);
  }
  sim.server.expire("home");
  const verdicts = await Promise.all(Object.values(accounts).map(async ({ token }) => (await api(sim, "/v1/users/me", { token })).status));
  expect(verdicts).toEqual([200, 401]);
  sim.say({ text: "for one", account: "office" });
  sim.say({ text: "for both", conversation: "harbour" });
  await sim.until(() => (sim.frames.filter(({ messageId }) => messageId !== undefined).length === 3 ? true : undefined), "three messages");
  expect(sim.frames.filter(({ messageId }) => messageId !== undefined).map(({ account }) => account).toSorted()).toEqual(["home", "office", "office"]);
});
