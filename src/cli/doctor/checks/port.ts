import { createServer } from "node:http";
import { explainBindFailure, listen } from "../../../edge/bind.ts";
import { codeOf } from "../../failure.ts";
import { type Check, fail, type Finding, pass, warn } from "../check.ts";
import { findHolder, type Holder } from "../holder.ts";

/** A listener of ours that works is told from others by the handshake. */
export const port: Check = {
  name: "port",
  async run({ listens, channel, account, block }) {
    if (!listens || block?.enabled === false) return undefined;
    const server = createServer();
    const failure = await listen(server, listens);
    if (!failure) {
      await new Promise((resolve) => void server.close(resolve));
      return pass(`${listens.port} on ${listens.host} is free: nothing listens there`);
    }
    if (codeOf(failure) === "EADDRINUSE") return judgeHolder(listens.port, await findHolder(listens.port), channel);
    return fail(explainBindFailure(failure, listens, account).message, `set channels.${channel}.host and channels.${channel}.port`);
  },
};

export function judgeHolder(number: number, holder: Holder | undefined, channel: string): Finding {
  if (!holder) return pass(`${number} is taken, this system does not tell us by whom; the handshake says by what`);
  const who = `${number} is held by ${holder.name} (process ${holder.pid})`;
  return holder.isOpenClaw ? pass(who) : warn(who, `stop it, or set another channels.${channel}.port, if it is not your gateway`);
}
