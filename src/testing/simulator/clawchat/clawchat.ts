import { configChannel } from "../../../../generated/clawchat/index.ts";
import type { Admission, ServedProtocol, ServerHost, UpgradeRequest } from "../protocol.ts";
import { checkFromPlugin, checkFromServer, mask } from "./check.ts";
import { acts } from "./controls.ts";
import { readSettings, settingRows } from "./options.ts";
import { ClawchatServer } from "./server.ts";
import { shapes } from "./speech.ts";

export const clawchat = {
  channel: configChannel.id,
  path: "/ws",
  shapes,
  controls: acts,
  admit,
  checkFromPlugin,
  checkFromServer,
  mask,
  settings: settingRows,
  readSettings,
  serve: (host: ServerHost) => new ClawchatServer(host),
} satisfies ServedProtocol;

/** Everybody may open a socket: who it is, is said on it. */
function admit({ path, query }: UpgradeRequest): Admission {
  if (path !== "/ws") return { ok: false, status: 404, why: `there is nothing at ${path}` };
  return query.size === 0 ? { ok: true, account: "" } : { ok: false, status: 400, why: "expected no query" };
}
