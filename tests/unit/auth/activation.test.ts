import { describe, expect, it } from "vitest";
import { activate, type ActivationRequest } from "../../../src/auth/activation.ts";
import type { HttpAnswer, HttpRequest } from "../../../src/rest/http.ts";
import { type LoginStore, openLogins } from "../../../src/store/logins.ts";
import { createLinkClock } from "../../support/link-clock.ts";
import { BASE } from "./stage.ts";

const CODE = "INVITE-Code-77";
const data = { access_token: "access-1", refresh_token: "refresh-1", agent: { id: "agt_1", user_id: "usr_a", owner_id: "usr_o" }, conversation: { id: "cnv_1" } };
const granted: HttpAnswer = { kind: "answered", status: 200, body: { code: 0, msg: "ok", data } };
const refused = (code: number, msg = "no"): HttpAnswer => ({ kind: "answered", status: 200, body: { code, msg } });
const nobody: HttpAnswer = { kind: "never-arrived", why: "the server cannot be reached (ECONNREFUSED)" };
const identity = { userId: "usr_before", ownerUserId: "usr_o", deviceId: "openclaw-before", baseUrl: BASE };

/** Activates against a server that gives these answers in turn; the last one over and over. */
function stage(answers: readonly (HttpAnswer | "never")[], store?: LoginStore) {
  const clock = createLinkClock();
  const logins = store ?? openLogins(":memory:", clock);
  const sent: { at: number; request: HttpRequest }[] = [];
  const http = (request: HttpRequest) => {
    const answer = answers[Math.min(sent.length, answers.length - 1)];
    sent.push({ at: clock.elapsed(), request });
    return answer === "never" || answer === undefined ? new Promise<HttpAnswer>(() => {}) : Promise.resolve(answer);
  };
  return {
    clock,
    sent,
    store: logins,
    bodies: () => sent.map(({ request }) => (request.body && "json" in request.body ? request.body.json : undefined)),
    async run(more: Partial<ActivationRequest> = {}) {
      const activation = activate({ code: CODE, baseUrl: BASE, ...more }, { http, store: logins, system: clock });
      await clock.pass(200_000);
      return activation;
    },
  };
}

describe("an activation", () => {
  it("CC-84 redeems a code and stores all that it gives", async () => {
    const { run, sent, bodies, store, clock } = stage([granted]);
    const now = clock.now();
    const activation = await run({ code: ` ${CODE}\n`, baseUrl: `${BASE}//`, pluginVersion: "1.2.3" });
    const login = {
      identity: { userId: "usr_a", ownerUserId: "usr_o", agentId: "agt_1", homeConversationId: "cnv_1", deviceId: expect.stringMatching(/^openclaw-/), baseUrl: BASE, activatedAt: now },
      grant: { accessToken: "access-1", refreshToken: "refresh-1", grantedAt: now },
    };
    expect(activation).toEqual({ ok: true, login });
    expect(store.read()).toMatchObject(login);
    expect(bodies()).toEqual([{ code: CODE, platform: "openclaw", type: "clawbot", plugin_version: "1.2.3" }]);
    expect(sent[0]?.request).toMatchObject({ method: "POST", url: `${BASE}/v1/agents/connect`, headers: { "X-Device-Id": store.read().deviceId } });
    expect(store.claimGreeting(now, 600_000)).toBe(true);
  });

  it("takes what may be absent as absent where it is null or blank: the code is used up", async () => {
    const bare = { ...data, refresh_token: "", agent: { ...data.agent, id: null } };
    const { run } = stage([{ kind: "answered", status: 200, body: { code: 0, data: bare } }]);
    const activation = await run();
    expect(activation).toMatchObject({ ok: true, login: { identity: { userId: "usr_a" }, grant: { accessToken: "access-1" } } });
    expect(JSON.stringify(activation)).not.toMatch(/agentId|refreshToken/);
  });

  it("sends the platform that it is told", async () => {
    const { run, bodies } = stage([granted]);
    await run({ platform: "hermes" });
    expect(bodies()).toMatchObject([{ platform: "hermes" }]);
  });

  it("CC-83 does not send the code where an identity is stored, unless it is told what for", async () => {
    const { run, sent, store } = stage([granted]);
    store.activate(identity, { accessToken: "old" });
    expect(await run()).toMatchObject({ ok: false, wasSent: false, why: expect.stringMatching(/usr_before.*re-pair.*new-account.*not sent/) });
    expect(sent).toEqual([]);
    expect(store.read().grant).toEqual({ accessToken: "old" });
  });

  it("CC-83 names the stored user when it is to be logged in again at the same server, and nobody otherwise", async () => {
    for (const [as, baseUrl, userId] of [["re-pair", BASE, "usr_before"], ["new-account", BASE, undefined], ["re-pair", "https://other.test", undefined]] as const) {
      const { run, bodies, store } = stage([granted]);
      store.activate(identity, { accessToken: "old" });
      expect(await run({ as, baseUrl })).toMatchObject({ ok: true, login: { identity: { deviceId: "openclaw-before", baseUrl } } });
      expect(bodies()).toEqual([{ code: CODE, platform: "openclaw", type: "clawbot", ...(userId !== undefined && { user_id: userId }) }]);
    }
  });

  it("CC-83 takes the user whom the configuration names for the one it is, where none is stored", async () => {
    const silent = stage([granted]);
    expect(await silent.run({ userId: "usr_written" })).toMatchObject({ ok: false, wasSent: false, why: expect.stringContaining("usr_written") });
    expect(silent.sent).toEqual([]);
    const again = stage([granted]);
    await again.run({ userId: "usr_written", as: "re-pair" });
    expect(again.bodies()).toMatchObject([{ user_id: "usr_written" }]);
    const stored = stage([granted]);
    stored.store.activate(identity, { accessToken: "old" });
    await stored.run({ userId: "usr_written", as: "re-pair" });
    expect(stored.bodies()).toMatchObject([{ user_id: "usr_before" }]);
  });

  it("CC-82 sends the code once more without the user whom the server does not know", async () => {
    const { run, bodies, store } = stage([refused(16001), granted]);
    store.activate(identity, { accessToken: "old" });
    expect(await run({ as: "re-pair" })).toMatchObject({ ok: true });
    expect(bodies()).toMatchObject([{ user_id: "usr_before" }, expect.not.objectContaining({ user_id: expect.anything() })]);
    const again = stage([refused(16001)]);
    expect(await again.run()).toMatchObject({ ok: false, wasSent: true });
    expect(again.sent).toHaveLength(1);
  });

  it("CC-82 tries again after one and two seconds where it has reached nobody, and says that the code is still good", async () => {
    const { run, sent } = stage([nobody]);
    expect(await run()).toEqual({ ok: false, wasSent: false, why: "the server cannot be reached (ECONNREFUSED); the code was not sent and is still good" });
    expect(sent.map(({ at }) => at)).toEqual([0, 1_000, 3_000]);
    expect(await stage([nobody, nobody, granted]).run()).toMatchObject({ ok: true });
  });

  it.each<[string, HttpAnswer | "never"]>([
    ["no answer at all", "never"],
    ["a broken exchange", { kind: "unclear", why: "the exchange failed (ECONNRESET)" }],
    ["a page of a load balancer", { kind: "answered", status: 502, text: "<html>" }],
    ["a refusal", refused(16014, "owner mismatch")],
    ["a success without a login", { kind: "answered", status: 200, body: { code: 0, data: { access_token: "access-1" } } }],
    ["a success with a blank token", { kind: "answered", status: 200, body: { code: 0, data: { ...data, access_token: " " } } }],
    ["a refused device", { kind: "answered", status: 401, body: { code: 40101, msg: "no" } }],
  ])("CC-82 sends the code once and asks for a fresh one after %s", async (_what, answer) => {
    const { run, sent, store } = stage([answer]);
    expect(await run()).toMatchObject({ ok: false, wasSent: true, why: expect.stringContaining("ask for a fresh invite code") });
    expect(sent).toHaveLength(1);
    expect(store.read().grant).toBeUndefined();
  });

  it("CC-82 waits 20 s for an answer", async () => {
    const { clock, store, sent } = stage([granted]);
    let isOver = false;
    void activate({ code: CODE, baseUrl: BASE }, { http: () => new Promise(() => {}), store, system: clock }).finally(() => void (isOver = true));
    await clock.pass(19_999);
    expect(isOver).toBe(false);
    await clock.pass(1);
    expect(isOver).toBe(true);
    expect(sent).toEqual([]);
  });

  it("CC-90 repeats neither code nor token in what it says, whatever the server says", async () => {
    for (const code of [CODE, "K7Q"]) {
      const { run } = stage([refused(7, `the code ${code} is used up`)]);
      expect(await run({ code })).toMatchObject({ ok: false, why: expect.stringContaining("the code *** is used up") });
    }
  });

  it.each<[string, Partial<ActivationRequest>]>([
    ["no code", { code: "  " }],
    ["an address that is none", { baseUrl: "app.test" }],
    ["an address that is not safe", { baseUrl: "http://app.test" }],
    ["a device id that the server would refuse", { deviceId: "x".repeat(129) }],
    ["a device id that no header can hold", { deviceId: "a\nb" }],
  ])("sends nothing with %s", async (_what, wrong) => {
    const { run, sent, store } = stage([granted]);
    expect(await run(wrong)).toMatchObject({ ok: false, wasSent: false });
    expect(sent).toEqual([]);
    expect(store.read()).toEqual({ version: 0, isRejected: false });
  });

  it("CC-85 uses the device id of the configuration where none is stored", async () => {
    const { run, sent, store } = stage([granted]);
    await run({ deviceId: "clawchat-plugin-openclaw" });
    expect(sent[0]?.request.headers).toEqual({ "X-Device-Id": "clawchat-plugin-openclaw" });
    expect(store.read().identity?.deviceId).toBe("clawchat-plugin-openclaw");
  });

  it("does not send the code where the store takes no writes", async () => {
    const store = openLogins(":memory:", createLinkClock());
    store.deviceId = () => {
      throw new Error("disk full");
    };
    const { run, sent } = stage([granted], store);
    expect(await run()).toEqual({ ok: false, wasSent: false, why: "disk full" });
    expect(sent).toEqual([]);
  });

  it("tries thrice to store what the code gave, and says so when it is lost", async () => {
    for (const failures of [2, 3]) {
      const store = openLogins(":memory:", createLinkClock());
      const write = store.activate;
      let left = failures;
      store.activate = (identity, grant) => {
        if (left-- > 0) throw new Error("disk full");
        return write(identity, grant);
      };
      const { run, sent } = stage([granted], store);
      const activation = await run();
      expect(activation).toMatchObject(failures < 3 ? { ok: true } : { ok: false, wasSent: true, why: expect.stringMatching(/disk full; the code is used up/) });
      expect(sent).toHaveLength(1);
    }
  });
});
