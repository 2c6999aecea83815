import type { OpenClawPluginApi } from "openclaw/plugin-sdk/channel-core";
import { version } from "../core/version.ts";
import { findKit } from "./kit.ts";

/** What of the kit a plugin leads to. */
interface KitCommand {
  /** Of the plugin: the host takes a command of one name from one plugin only. */
  name: string;
  description: string;
  hasSubcommands: true;
}

export function kitCommandOf(plugin: string, title: string): KitCommand {
  return { name: plugin, description: `Looks at ${title} with the kit: doctor, tap`, hasSubcommands: true };
}

/**
 * `openclaw <plugin> doctor`: the checks are the kit's, which weighs as much as three plugins. Where it is installed they
 * run here; where not, here is the way to them.
 */
export function leadToKit(api: OpenClawPluginApi, { command, channel, protocol }: { command: KitCommand; channel: string; protocol: string }): void {
  api.registerCli(
    ({ program }) => {
      const root = program.command(command.name).description(command.description);
      const add = (name: string, description: string, line: () => Promise<readonly string[]>) =>
        root
          .command(`${name} [options...]`)
          .description(description)
          .allowUnknownOption()
          // The kit has a help of its own, with all options.
          .helpOption(false)
          .action(async (more: readonly string[] = []) => void (process.exitCode = await runKit([...(await line()), ...more])));
      add("doctor", "Looks what stands between an account and its messages", async () => {
        const { resolveConfigPath } = await import("openclaw/plugin-sdk/state-paths");
        return ["doctor", "--config", resolveConfigPath(), "--channel", channel];
      });
      add("tap", "Shows what passes to and from the server at an address", async () => ["tap", protocol]);
    },
    { descriptors: [command] },
  );
}

/** Runs it, or prints the line that does. Resolves to the exit code: as with the kit's own, 2 is for what was not looked at. */
async function runKit(words: readonly string[]): Promise<number> {
  const kit = await findKit(version);
  if ("run" in kit) return await kit.run(words);
  process.stderr.write(`The kit, package clawwire, has the checks: ${kit.missing}. Install it where OpenClaw is, once (npm install --global clawwire@${version}), or run the line below, with which npx fetches it.\n`);
  process.stdout.write(`${commandLine(words)}\n`);
  return 2;
}

/** For a shell to take as it stands. */
export function commandLine(words: readonly string[]): string {
  return ["npx", `clawwire@${version}`, ...words].map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(" ");
}
