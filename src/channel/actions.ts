import { jsonResult, readStringParam, resolveReactionMessageId } from "openclaw/plugin-sdk/channel-actions";
import type { ChannelPlugin } from "openclaw/plugin-sdk/channel-core";
import type { Acted } from "../account/account.ts";
import { limits } from "../core/limits.ts";
import { codePoints } from "../../generated/runtime.ts";
import { type Act, type ActName, isEmoji } from "../protocols/acts.ts";
import { type Address, parseAddress } from "./addresses.ts";
import type { ChannelNames } from "./host.ts";
import { wireMessageId } from "./identity.ts";
import { targetHint } from "./resolver.ts";
import type { LiveAccounts } from "./running.ts";

type Actions = NonNullable<ChannelPlugin["actions"]>;
type Context = Parameters<NonNullable<Actions["handleAction"]>>[0];
type Capabilities = Pick<ChannelPlugin["capabilities"], "reactions" | "edit" | "unsend">;

/** The longest reaction of the four wires, in bytes and in characters. */
const EMOJI_BYTES = 64;
const EMOJI_CHARACTERS = 32;

/** What the host's `message` tool and command may do besides sending. */
export function createActions(channel: ChannelNames, live: LiveAccounts, wire: readonly ActName[]): Actions {
  return {
    describeMessageTool({ cfg, accountId, currentChannelId }) {
      const running = live.get(channel.accounts.find(cfg, accountId));
      const to = currentChannelId == null ? undefined : parseAddress(channel.addresses, currentChannelId);
      // The command line's process has no peer to ask: it offers what the wire has.
      const carried = running ? running.account.carries(to) : wire;
      return { actions: ["send", ...wire.filter((name) => carried.includes(name))] };
    },
    supportsAction: ({ action }) => actOf(action, wire) !== undefined,
    resolveExecutionMode: () => "gateway",
    handleAction: (context) => perform(channel, live, wire, context),
  };
}

export function capabilitiesOf(wire: readonly ActName[]): Capabilities {
  return { reactions: wire.includes("react"), edit: wire.includes("edit"), unsend: wire.includes("delete") };
}

/** `unsend` is another word for `delete`. */
function actOf(action: string, wire: readonly ActName[]): ActName | undefined {
  return wire.find((name) => name === (action === "unsend" ? "delete" : action));
}

async function perform(channel: ChannelNames, live: LiveAccounts, wire: readonly ActName[], context: Context): Promise<ReturnType<typeof jsonResult>> {
  const { action, cfg, params } = context;
  const name = actOf(action, wire);
  if (name === undefined) throw new Error(`${channel.label} cannot do "${action}": this protocol carries ${["send", ...wire].join(", ")}`);
  const accountId = channel.accounts.find(cfg, context.accountId);
  const running = live.get(accountId);
  if (!running) throw new Error(`account ${accountId} of ${channel.label} is not running here`);
  const to = targetOf(channel, context);
  const messageId = messageIdOf(context);
  const act = readAct(name, params);
  if (context.dryRun) return jsonResult({ ok: true, dryRun: true, action, messageId });

  await context.onPlatformSendDispatch?.();
  context.assertDirectAdapterHandoff?.();
  const acted = await running.account.act(to, messageId, act);
  if (acted.is === "done") return jsonResult({ ok: true, messageId, ...resultOf(act) });
  // Whoever cannot see a text change gets the new one as a message.
  if (acted.is === "unsupported" && act.act === "edit") {
    const sent = await running.account.send(to, { text: act.content });
    if (typeof sent === "object") return jsonResult({ ok: true, messageId: sent.messageId, editedAs: "new message" });
    // Who is told that it cannot be done says it again.
    if (sent === "unknown") throw new Error("the peer knows no editing, and the connection was lost while the new text was sent as a message: it may have arrived or not");
    throw new Error(explain({ is: "away" }, { channel, action, messageId, to }));
  }
  throw new Error(explain(acted, { channel, action, messageId, to }));
}

function targetOf(channel: ChannelNames, { params, toolContext }: Context): Address {
  const written = readStringParam(params, "to") ?? readStringParam(params, "target") ?? toolContext?.currentMessagingTarget ?? toolContext?.currentChannelId;
  const address = written === undefined ? undefined : parseAddress(channel.addresses, written);
  if (!address) throw new Error(`a target is needed: ${targetHint(channel)}`);
  return address;
}

function messageIdOf({ params, toolContext }: Context): string {
  const id = resolveReactionMessageId({ args: params, ...(toolContext && { toolContext }) });
  if (id === undefined || String(id) === "") throw new Error("messageId is needed: the id of the message, as it was told when it was sent");
  return wireMessageId(String(id)) ?? String(id);
}

function readAct(name: ActName, params: Record<string, unknown>): Act {
  switch (name) {
    case "react": {
      const emoji = readStringParam(params, "emoji", { allowEmpty: true }) ?? "";
      const isRemoval = params["remove"] === true;
      if (emoji === "") throw new Error(isRemoval ? "remove needs the emoji that is taken back" : "emoji is needed: the reaction, such as 👍");
      if (!isEmoji(emoji, EMOJI_BYTES) || emoji.length > EMOJI_CHARACTERS) throw new Error(`emoji must be one reaction of at most ${EMOJI_BYTES} bytes`);
      return { act: name, emoji, isRemoval };
    }
    case "edit": {
      const content = readStringParam(params, "message") ?? readStringParam(params, "text") ?? readStringParam(params, "newText") ?? "";
      if (content.trim() === "") throw new Error("message is needed: the whole new text");
      if (codePoints(content) > limits.editCodePoints) throw new Error(`message must be at most ${limits.editCodePoints} characters`);
      return { act: name, content };
    }
    case "delete":
      return { act: name };
  }
}

function resultOf(act: Act): Readonly<Record<string, unknown>> {
  switch (act.act) {
    case "react":
      return act.isRemoval ? { removed: act.emoji } : { added: act.emoji };
    case "edit":
      return { edited: true };
    case "delete":
      return { deleted: true };
  }
}

function explain(acted: Acted, { channel, action, messageId, to }: { channel: ChannelNames; action: string; messageId: string; to: Address }): string {
  switch (acted.is) {
    case "unsupported":
      return `${action} is not supported by this peer: whoever is connected for ${to.id} has not turned the ${channel.label} extension for it on`;
    case "foreign":
      return action === "react"
        ? `no message ${messageId} of the conversation with ${to.id} is known`
        : `message ${messageId} is none that this account has sent to ${to.id}: only those can be changed`;
    case "away":
      return `${to.id} cannot be reached now, nothing was changed`;
    case "unknown":
      return `the connection was lost on the way: the message may have been changed or not`;
    case "refused":
      return `the server has refused it: ${acted.why}`;
    case "done":
      return "it is done";
  }
}
