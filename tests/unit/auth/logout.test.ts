import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { keepLogin } from "../../../src/auth/keeper.ts";
import { dropLogin } from "../../../src/channel/clawchat-activation.ts";
import type { HttpAnswer } from "../../../src/rest/http.ts";
import { openLogins } from "../../../src/store/logins.ts";
import { createLinkClock } from "../../support/link-clock.ts";
import { silentLog } from "../../support/virtual.ts";

it("stays logged out when the operator logs out while the tokens are being refreshed", async () => {
  const loginFile = join(newFolder(), "login.db");
  const clock = createLinkClock();
  const store = openLogins(loginFile, clock);
  const identity = { userId: "usr_a", ownerUserId: "usr_o", deviceId: "openclaw-1", baseUrl: "https://app.test", activatedAt: 1 };
  store.activate(identity, { accessToken: "access-1", refreshToken: "refresh-1", grantedAt: clock.now() });
  const answer = Promise.withResolvers<HttpAnswer>();
  const hooks = { renewed() {}, loggedOut() {}, changed() {} };
  const keeper = keepLogin({ store, http: () => answer.promise, baseUrl: identity.baseUrl, hooks, system: clock, log: silentLog });
  const refreshed = keeper.refused("access-1", "rest");
  expect(dropLogin({ loginFile }, "default")).toBe(true);
  answer.resolve({ kind: "answered", status: 200, body: { code: 0, msg: "ok", data: { access_token: "access-2", refresh_token: "refresh-2" } } });
  await refreshed;
  expect(store.read().grant).toBeUndefined();
  expect(keeper.login).toBeUndefined();
  await keeper.stop();
  store.close();
});

/** A folder that is gone after the test. */
function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "logout-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
