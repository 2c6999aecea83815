import { expect, it } from "vitest";
import { addCommand } from "../../../src/auth/usable.ts";
import { createStage, login } from "./stage.ts";

const command = "openclaw channels add --channel clawchat --account work --code <code>";
const activate = addCommand("work");

it("names the account in what an operator is to do, but for the one that is meant where none is named", () => {
  expect(activate).toBe(command);
  expect([addCommand(), addCommand("default")]).toEqual(Array(2).fill("openclaw channels add --channel clawchat --code <code>"));
});

it("CC-1 names it where there is no login, or one of another server", () => {
  const stage = createStage({ isLoggedIn: false });
  expect(stage.start({ activate }).keeper.status.text).toContain(`there is no login yet: get a fresh invite code in the app, then: ${command}`);
  login(stage);
  expect(stage.start({ activate, baseUrl: "https://other.test" }).keeper.status.text).toContain(`${command} --as new-account`);
});

it("CC-76 names it where the server has ended the login", async () => {
  const { server, clock, start } = createStage();
  const { keeper, told } = start({ activate });
  server.mood = { code: 10003 };
  void keeper.refused(server.access, "rest");
  await clock.pass(1_000);
  expect([keeper.status.text, told.join()]).toEqual(Array(2).fill(expect.stringContaining(`${command} --as re-pair`)));
});

it("CC-8 names it where a refused token cannot be renewed", async () => {
  const { clock, start } = createStage({ isLoggedIn: false });
  const { keeper } = start({ activate, configured: { accessToken: "acc-1", userId: "usr_agent", ownerUserId: "usr_owner" } });
  void keeper.refused("acc-1", "socket");
  await clock.pass(1_000);
  expect(keeper.status.text).toContain(`${command} --as re-pair`);
});
