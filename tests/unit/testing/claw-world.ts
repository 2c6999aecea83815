import {
  decodeActivateReceived,
  decodeConversationReceived,
  decodeGroupSettingsReceived,
  decodeOwnProfileReceived,
  decodePermissionsReceived,
  decodePluginReportReceived,
  decodeRefreshReceived,
  decodeUploadReceived,
  type Decoded,
} from "../../../generated/clawchat/index.ts";
import type { ClawchatOptions } from "../../../src/testing/simulator/clawchat/options.ts";
import type { ClawchatServer } from "../../../src/testing/simulator/clawchat/server.ts";
import { startSimulator, type Simulator, type SimulatorOptions } from "../../../src/testing/simulator/simulator.ts";
import { type Answer, call, type ClawLink, denseCapabilities, type Frame, openLink } from "./claw-client.ts";

export type ClawSimulator = Simulator<ClawchatServer>;

const running: ClawSimulator[] = [];
const wrong: string[] = [];

export async function serve(options: SimulatorOptions<ClawchatOptions> = {}): Promise<ClawSimulator> {
  const sim = await startSimulator("clawchat", options);
  running.push(sim);
  return sim;
}

/** Stops all, and fails where the simulator itself has sent what its document does not allow. */
export async function stopAll(): Promise<void> {
  const ran = running.splice(0);
  await Promise.all(ran.map((sim) => sim.stop()));
  const frames = ran.flatMap((sim) => sim.frames.filter(({ from, check }) => from === "server" && !check.ok).map(({ text, check }) => `${text}: ${JSON.stringify(check)}`));
  const all = [...wrong.splice(0), ...frames];
  if (all.length > 0) throw new Error(`the simulator sends what is not allowed:\n${all.join("\n")}`);
}

/** The block of the configuration that a plugin would have. */
export function blockOf(sim: ClawSimulator): Record<"token" | "refreshToken" | "deviceId" | "userId" | "ownerUserId" | "homeConversationId" | "baseUrl", string> {
  return sim.config["clawchat"] as ReturnType<typeof blockOf>;
}

export async function open(sim: ClawSimulator, { capabilities = denseCapabilities, deviceId }: { capabilities?: object; deviceId?: string } = {}): Promise<{ link: ClawLink; hello: Frame }> {
  const block = blockOf(sim);
  const link = await openLink(sim.url);
  const hello = await link.hello(block.token, deviceId ?? block.deviceId, capabilities);
  return { link, hello };
}

/** Through the handshake and the replay. */
export async function join(sim: ClawSimulator, options: { capabilities?: object; deviceId?: string } = {}): Promise<ClawLink> {
  const { link } = await open(sim, options);
  await link.frame("replay.done");
  return link;
}

/** Until the simulator has read all that was sent before. */
export async function settled(link: ClawLink): Promise<void> {
  const traceId = link.send("ping", {});
  await link.frame("pong", (frame) => frame.trace_id === traceId);
}

const decoders: readonly [RegExp, (text: string) => Decoded<unknown>][] = [
  [/agents\/connect$/, decodeActivateReceived],
  [/auth\/refresh$/, decodeRefreshReceived],
  [/media\/upload$/, decodeUploadReceived],
  [/users\//, decodeOwnProfileReceived],
  [/group-settings$/, decodeGroupSettingsReceived],
  [/permissions$/, decodePermissionsReceived],
  [/conversations\//, decodeConversationReceived],
  [/plugin-report$/, decodePluginReportReceived],
];

/** A call whose answer has to be one of the document. */
export async function api(sim: ClawSimulator, path: string, options: Parameters<typeof call>[1] = {}): Promise<Answer> {
  const answer = await call(`http://127.0.0.1:${sim.port}${path}`, options);
  const decode = decoders.find(([pattern]) => pattern.test(path))?.[1];
  const decoded = decode?.(answer.text);
  if (decoded && !decoded.ok) wrong.push(`${path}: ${answer.text}: ${decoded.detail}`);
  return answer;
}
