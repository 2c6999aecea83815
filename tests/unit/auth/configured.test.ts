import { expect, it } from "vitest";
import { plantLogin } from "../../../src/auth/configured.ts";
import { openLogins } from "../../../src/store/logins.ts";
import { createLinkClock } from "../../support/link-clock.ts";
import { recordLog } from "../../support/recorded-log.ts";
import { BASE, createStage } from "./stage.ts";

const configured = { accessToken: "acc-canary", refreshToken: "ref-canary", userId: "usr_agent", ownerUserId: "usr_owner" };

it("warns, once and without a secret, that a token of the configuration replaces an activated login", () => {
  const { clock, store } = createStage();
  const log = recordLog();
  const plant = () => plantLogin({ store, baseUrl: BASE, configured, system: clock, log });
  plant();
  plant();
  expect(log.lines).toEqual([expect.stringMatching(/^warn the token of the configuration \(or CLAWCHAT_TOKEN\) replaces the login of usr_agent that an invite code has made/)]);
  expect(log.lines.join()).not.toContain("canary");
});

it("says nothing where there was no login, or one that came from the configuration too", () => {
  const clock = createLinkClock();
  const store = openLogins(":memory:", clock);
  const log = recordLog();
  for (const accessToken of ["acc-1", "acc-2"]) plantLogin({ store, baseUrl: BASE, configured: { ...configured, accessToken }, system: clock, log });
  expect(store.read().grant?.accessToken).toBe("acc-2");
  expect(log.lines).toEqual([]);
});
