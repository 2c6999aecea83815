import type { Simulator } from "../../testing/simulator/simulator.ts";
import { scriptCommands } from "../../testing/simulator/script.ts";
import type { RemoteProtocol } from "../../testing/simulator/protocol.ts";
import type { Terminal } from "./terminal.ts";

/** What to do next, for a person who has just started it. */
export function configHint({ url, config, protocol, server }: Simulator, paint: Terminal["paint"]): string {
  const block = JSON.stringify(config[protocol.channel]);
  return [
    `${paint("bold", url)} waits for the plugin. In OpenClaw's openclaw.json:`,
    "",
    JSON.stringify({ channels: config }, undefined, 2).replaceAll(/^/gm, "  "),
    "",
    "or, with a shell:",
    "",
    `  openclaw config set channels.${protocol.channel} '${block.replaceAll("'", `'\\''`)}' --json`,
    "",
    ...server.hints(url).flatMap((hint) => [hint, ""]),
    paint("dim", "dmPolicy open lets everybody behind this server talk to the agent: for trying only."),
    paint("dim", "Type what the remote user says, or /help. Ctrl-C ends."),
  ].join("\n");
}

export function helpOf(protocol: RemoteProtocol): string {
  const { controls, shapes } = protocol;
  const rows = [...scriptCommands.map(({ name, argument, summary }): [string, string] => [`/${name} ${argument}`, summary]), ["/help", "this text"] as const, ["/quit", "end"] as const];
  const frames = Object.entries(controls).map(([name, { summary }]): [string, string] => [name, summary]);
  return `Words are said as the remote user; a line with a slash is a command.\n\n${table(rows)}\n\n/shape: ${shapes.join(", ")}\n\n/control:\n${table(frames)}${"settings" in protocol ? `\n\n--set:\n${table(protocol.settings)}` : ""}`;
}

function table(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join("\n");
}
