import { readdir, readFile, readlink } from "node:fs/promises";

/** The program that listens on a port. */
export interface Holder {
  pid: number;
  name: string;
  isOpenClaw: boolean;
}

/** By Linux's own books; elsewhere, and of processes of others, nothing is known. */
export async function findHolder(port: number, proc = "/proc"): Promise<Holder | undefined> {
  const tables = await Promise.all(["tcp", "tcp6"].map((name) => readFile(`${proc}/net/${name}`, "utf8").catch(() => "")));
  const sockets = new Set(tables.flatMap((table) => socketsOn(port, table)).map((inode) => `socket:[${inode}]`));
  if (sockets.size === 0) return undefined;
  for (const pid of (await readdir(proc)).filter((name) => /^\d+$/.test(name))) {
    if (await holds(`${proc}/${pid}/fd`, sockets)) return describe(Number(pid), await readFile(`${proc}/${pid}/cmdline`, "utf8").catch(() => ""));
  }
  return undefined;
}

/** The inodes of sockets that listen on this port, in a table such as `/proc/net/tcp`. */
export function socketsOn(port: number, table: string): string[] {
  const LISTEN = "0A";
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  return table.split("\n").flatMap((line) => {
    const [, local = "", , state, , , , , , inode] = line.trim().split(/\s+/);
    return state === LISTEN && local.endsWith(`:${hex}`) && inode !== undefined ? [inode] : [];
  });
}

/** Of the command line only the program's and its script's name: the rest may hold secrets. */
export function describe(pid: number, cmdline: string): Holder {
  const words = cmdline.split("\0").filter((word) => word !== "");
  const names = words.slice(0, 2).filter((word, index) => index === 0 || !word.startsWith("-")).map((word) => word.split("/").at(-1) ?? word);
  const isOpenClaw = words.slice(0, 2).some((word) => word.includes("openclaw"));
  return { pid, name: isOpenClaw ? "OpenClaw" : names.join(" ") || "a process", isOpenClaw };
}

async function holds(folder: string, sockets: ReadonlySet<string>): Promise<boolean> {
  const files = await readdir(folder).catch(() => []);
  const targets = await Promise.all(files.map((file) => readlink(`${folder}/${file}`).catch(() => "")));
  return targets.some((target) => sockets.has(target));
}
