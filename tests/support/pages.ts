import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { channelManifestSchema, readme, workshopSchema } from "../../build/metadata.ts";
import { packages } from "../../build/packages.ts";

const root = `${import.meta.dirname}/../..`;
const textOf = (file: string) => readFileSync(join(root, file), "utf8");

interface Block {
  page: string;
  language: string;
  /** Of its first line in the page. */
  line: number;
  text: string;
}

/** A command that a page tells its reader to run. */
export interface PageCommand {
  page: string;
  line: number;
  command: string;
}

/** What is read before a command is run, in the workshop and in the published packages; the README of the kit is docs/testing.md. */
function pages(): { page: string; text: string }[] {
  const own = globSync(["README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/**/*.md"], { cwd: root }).toSorted().map((page) => ({ page, text: textOf(page) }));
  const release = workshopSchema.parse(JSON.parse(textOf("package.json")));
  const packed = packages.map((row) => ({ page: `README.md of ${row.name} (build/metadata.ts)`, text: readme(row, release, channelManifestSchema.parse(JSON.parse(textOf(`generated/${row.folder}/manifest.json`)))) }));
  return [...own, ...packed];
}

export function blocksInPages(): Block[] {
  return pages().flatMap(({ page, text }) => blocksIn(page, text));
}

export function blocksIn(page: string, text: string): Block[] {
  const blocks: Block[] = [];
  let open: { fence: string; block: Block } | undefined;
  for (const [index, line] of text.split("\n").entries()) {
    const [, fence = "", language = ""] = /^\s*(`{3,}|~{3,})\s*(\S*)/.exec(line) ?? [];
    if (open) {
      if (fence === open.fence && language === "") open = void blocks.push(open.block);
      else open.block.text += `${line}\n`;
    } else if (fence !== "") open = { fence, block: { page, language, line: index + 2, text: "" } };
  }
  return blocks;
}

const shells = new Set(["sh", "bash", "console", "shell"]);

export function commandsInPages(): PageCommand[] {
  return blocksInPages().filter(({ language }) => shells.has(language)).flatMap(commandsIn);
}

/** Line by line, as a person copies them; a line that ends in a backslash goes on in the next. Of a session what stands behind the prompt. */
export function commandsIn({ page, language, line, text }: Block): PageCommand[] {
  const found: PageCommand[] = [];
  let open = false;
  for (const [index, written] of text.split("\n").entries()) {
    const last = found.at(-1);
    if (open && last) last.command += `\n${written}`;
    else {
      const command = language === "console" ? (/^\s*\$ (.*)$/.exec(written)?.[1] ?? "") : written.trim();
      if (command === "" || command.startsWith("#")) continue;
      found.push({ page, line: line + index, command });
    }
    open = written.endsWith("\\");
  }
  return found;
}

/** For whoever executes a command as it is printed: fails where no page prints it any more. */
export function printed(command: string): string {
  if (commandsInPages().some((each) => each.command === command)) return command;
  throw new Error(`No page prints ${JSON.stringify(command)}. Execute what the page prints now, and change tests/support/page-commands.ts with it.`);
}
