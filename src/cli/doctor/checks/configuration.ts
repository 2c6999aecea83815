import { type Check, fail, type Finding, type Patient, pass, skip, warn } from "../check.ts";

export const configuration: Check = {
  name: "configuration",
  run: judgeBlock,
};

/** What the channel itself says of its block: the field, what was expected and of which type the value was. */
export function judgeBlock({ block, channel, account }: Pick<Patient, "block" | "channel" | "account">): Finding | undefined {
  if (!block) return undefined;
  const { enabled, problem, unseen, warnings } = block;
  if (!enabled) return skip(`account ${account} is switched off`, `openclaw config set channels.${channel}.enabled true --json, if it should run; an account of its own has a field enabled, too`);
  if (problem !== undefined) return fail(problem, `correct the field: openclaw config schema describes channels.${channel}`);
  if (unseen !== undefined) return warn(`the block is valid, with a value that is not seen from here: ${unseen}`, "openclaw channels status --probe proves it; for this command put it into the environment");
  if (warnings.length > 0) return warn(warnings.join("; "), "openclaw doctor --fix moves what is older; the rest is said to the field");
  return pass("the block is valid");
}
