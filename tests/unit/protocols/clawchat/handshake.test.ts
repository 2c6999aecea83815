import { describe, expect, it } from "vitest";
import { CHAT, envelope, login, message, openHub, payloadOf, START } from "./hub.ts";

const fail = (reason: unknown, trace = "trace-id-2") => envelope("hello-fail", { reason }, { trace_id: trace });

describe("a connection to the hub", () => {
  it("CC-4 sends one connect with the same nonce once it is challenged, and is ready after the matching hello-ok", () => {
    const hub = openHub();
    expect(hub.sent).toEqual([]);
    const challenged = hub.challenge("q1W2e3R4t5Y6u7I8o9P0aAbB");
    expect(challenged.events).toEqual(["connect"]);
    expect(payloadOf(challenged.frames[0])["nonce"]).toBe("q1W2e3R4t5Y6u7I8o9P0aAbB");
    expect(challenged.doings).toEqual([]);
    expect(hub.hello().doings).toEqual(["ready"]);
  });

  it("CC-7 says with the token and device id of that moment what it can do", () => {
    let current = login;
    const hub = openHub({ login: () => current });
    current = { ...login, accessToken: "tok-new", deviceId: "openclaw-b2" };
    const [connect] = hub.challenge().frames;
    expect(payloadOf(connect)).toEqual({
      token: "tok-new",
      nonce: "nonce-1",
      device_id: "openclaw-b2",
      client_version: "1.2.3",
      protocol_version: 2,
      capabilities: { device_replay: true, chat_meta_events: true, notify_signals: true, permission_events: true, reliable_delivery: true, reliable_delivery_v2: true },
    });
  });

  it("CC-7 promises acknowledgements only where a journal is there, and receipts only where they are wanted", () => {
    const capabilities = payloadOf(openHub({ reliable: false, deliveryReceipts: true }).challenge().frames[0])["capabilities"];
    expect(capabilities).toEqual({ device_replay: true, chat_meta_events: true, notify_signals: true, permission_events: true, delivery_receipt: true });
  });

  it("CC-7 sends no connect that the hub would cut", () => {
    const heard = openHub({ clientVersion: "é".repeat(40_000) }).challenge();
    expect(heard.frames).toEqual([]);
    expect(heard.notes).toEqual(["warn connect-too-large"]);
    expect(heard.doings).toEqual(["close"]);
  });

  it("CC-5 ignores a challenge without a nonce, a second one, and whatever else comes before hello-ok", () => {
    const hub = openHub();
    for (const payload of [{}, { nonce: "" }, { nonce: 42 }]) expect(hub.frame(envelope("connect.challenge", payload)).all.map((effect) => effect.do)).toEqual(["note"]);
    expect(hub.challenge().events).toEqual(["connect"]);
    expect(hub.challenge("other").frames).toEqual([]);
    for (const frame of [message(), envelope("replay.done", {}), envelope("presence.update", { user_id: "u", online: true }), "no json", { ...message(), dseq: 7 }]) {
      const heard = hub.frame(frame);
      expect(heard.requests).toEqual([]);
      expect(heard.doings).toEqual([]);
      expect(heard.frames).toEqual([]);
    }
    expect(hub.hello().doings).toEqual(["ready"]);
  });

  it("CC-5 drops a hello-ok whose trace_id is not ours", () => {
    const hub = openHub();
    hub.challenge();
    const heard = hub.frame(envelope("hello-ok", { device_id: "d", delivery_mode: "device_replay" }, { trace_id: "trace-99" }));
    expect(heard.doings).toEqual([]);
    expect(heard.notes).toEqual(["warn hello-of-another"]);
    expect(hub.hello().doings).toEqual(["ready"]);
  });

  it("CC-5 ignores challenges and hellos once it is admitted", () => {
    const hub = openHub().ready();
    for (const frame of [envelope("connect.challenge", { nonce: "n" }), envelope("hello-ok", {}), fail("authentication failed")]) {
      const heard = hub.frame(frame);
      expect(heard.all.map((effect) => effect.do)).toEqual(["note"]);
    }
    expect(hub.hears().content).toBe("deploy it please");
  });

  it("CC-8 tells the account of a refused token, with the one that was sent", () => {
    let current = login;
    const hub = openHub({ login: () => current });
    hub.challenge();
    current = { ...login, accessToken: "tok-newer" };
    const heard = hub.frame(fail("authentication failed"));
    expect(heard.notices).toEqual([{ of: "login-refused", accessToken: "tok-s3cret" }]);
    expect(heard.all.at(-1)).toEqual({ do: "close", code: 1000, reason: "not admitted" });
    expect(hub.hello().all).toEqual([]);
  });

  it.each(["Authentication failed", "authentication failed: expired", "authentication failed ", "invalid token", "nonce mismatch", 401, null, undefined, ["authentication failed"]])(
    "CC-9 backs off without a word about the token after %s",
    (reason) => {
      const hub = openHub();
      hub.challenge();
      const heard = hub.frame(fail(reason));
      expect(heard.notices).toEqual([]);
      expect(heard.doings).toEqual(["close"]);
    },
  );

  it.each([{ payload: null }, { payload: [] }, { payload: "authentication failed" }, { version: 2 }, { emitted_at: "now" }])("CC-9 backs off after a hello-fail with %j", (broken) => {
    const hub = openHub();
    hub.challenge();
    const heard = hub.frame({ ...fail("nonce mismatch"), ...broken });
    expect(heard.doings).toEqual(["close"]);
    expect(heard.notices).toEqual([]);
  });

  it("CC-9 says that the hub cannot check tokens, and that a connect was not understood", () => {
    const hub = openHub();
    hub.challenge();
    expect(hub.frame(fail("Remote AUTH service Unavailable")).notices).toEqual([{ of: "login-unchecked" }]);
    const other = openHub();
    other.challenge();
    expect(other.frame(fail("invalid connect payload")).notes).toEqual(["warn connect-not-understood"]);
  });

  it("CC-90 shows no token that the hub repeats", () => {
    const hub = openHub();
    hub.challenge();
    const heard = hub.frame(fail(`${"x".repeat(74)} tok-s3cret`));
    expect(JSON.stringify(heard.all.filter((effect) => effect.do !== "deliver"))).not.toContain("tok-");
    const ready = openHub().ready();
    const notes = [
      ready.frame(envelope("tok-s3cret", {})),
      ready.frame({ ...message(), payload: { message_id: { "tok-s3cret": 1 } } }),
      ready.refuse(undefined, "tok-s3cret", { chat_id: CHAT }),
      ready.next(envelope("notify.signal", { type: "tok-s3cret", event_id: "e1" })),
      ready.next(message({ id: "tok-s3cret", payload: { message_mode: "thinking" } })),
    ].flatMap(({ all }) => all.filter((effect) => effect.do === "note"));
    expect(notes.length).toBeGreaterThan(4);
    expect(JSON.stringify(notes)).not.toContain("s3cret");
  });

  it("CC-10 begins anew with each hello-ok, and CC-48 acknowledges nothing of an older connection", () => {
    const hub = openHub().ready();
    hub.stores(() => false);
    const [request] = hub.next(message()).requests;
    hub.reconnect();
    hub.admit();
    expect(hub.state.ledger).toMatchObject({ read: 0, told: 0, epoch: "epoch-2" });
    if (!request) throw new Error("no request");
    expect(hub.settled(request).all).toEqual([]);
    hub.stores(() => true);
    expect(hub.replayDone().acked).toEqual([1]);
  });

  it("CC-10 drops what still comes after a connection was given up, until the next one", () => {
    const hub = openHub().ready();
    expect(hub.frame({ ...message(), dseq: 99 }).doings).toEqual(["close"]);
    expect(hub.frame({ ...message(), dseq: 2 }).all).toEqual([]);
    hub.reconnect();
    hub.ready();
    expect(hub.hears().receivedAt).toBe(START);
  });
});
