import { expect, it } from "vitest";
import { createDoor } from "../../../src/account/websocket/door.ts";
import type { SocketEars } from "../../../src/link/socket.ts";
import { createVirtualSystem } from "../../support/virtual.ts";

it("a look at the own listener ends in its time, however late each step of it comes", async () => {
  const system = createVirtualSystem();
  const ask = async () => ({ ok: false, code: "x", log: "x", why: "refused" }) as const;
  const dial = (_target: unknown, _profile: unknown, ears: SocketEars) => {
    system.after(4000, () => ears.opened({ bytesRead: 0 }));
    return { readyState: 1, bufferedAmount: 0, send() {}, ping() {}, pause() {}, resume() {}, close() {}, terminate() {} };
  };
  const door = createDoor({ url: () => "ws://127.0.0.1:1/ws", auth: () => ({ enabled: false, required: false }), ask, dial, system });
  const startedAt = system.now();
  let endedAt = 0;
  const probed = door.probe(5000).finally(() => (endedAt = system.now()));
  await system.pass(20_000);
  expect(await probed).toMatchObject({ ok: false, fault: "door", checked: ["upgrade"] });
  expect(endedAt - startedAt).toBe(5000);
});
