import { execFile } from "node:child_process";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface Python {
  command: string;
  /** What finds the `websockets` package. */
  env: Readonly<Record<string, string>>;
}

/** Whether there is a Python at all; without one there is nobody to run a Python example for. */
export async function hasPython(): Promise<boolean> {
  return await works("python3", ["--version"]);
}

/**
 * A Python that finds the `websockets` package: the machine's own, else the package from PyPI, else from Debian, both
 * unpacked into `folder`; nothing of the machine is changed.
 */
export async function pythonWithWebsockets(folder: string): Promise<Python> {
  const packages = join(folder, "packages");
  const sources = [
    async () => {},
    () => run("python3", ["-m", "pip", "install", "--quiet", "--target", packages, "websockets"]),
    () => unpackFromDebian(folder, packages),
  ];
  for (const fetchPackage of sources) {
    const fetched = await Promise.resolve(fetchPackage()).catch((cause: unknown) => cause);
    if (fetched instanceof Error) continue;
    for (const command of ["python3", "/usr/bin/python3"]) {
      for (const path of [packages, join(packages, "usr/lib/python3/dist-packages")]) {
        const env = { PYTHONPATH: path };
        if (await works(command, ["-c", "import websockets"], env)) return { command, env };
      }
    }
  }
  throw new Error("The Python example of docs/connect.md needs the websockets package: pip install websockets, or install python3-websockets.");
}

async function unpackFromDebian(folder: string, packages: string): Promise<void> {
  const lists = join(folder, "lists");
  await mkdir(join(lists, "partial"), { recursive: true });
  const own = ["-o", `Dir::State::lists=${lists}`, "-o", "APT::Sandbox::User="];
  await run("apt-get", [...own, "update"]);
  await run("apt-get", [...own, "download", "python3-websockets"], { cwd: folder });
  const deb = (await readdir(folder)).find((name) => name.endsWith(".deb"));
  await run("dpkg-deb", ["-x", join(folder, deb ?? ""), packages]);
}

async function works(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<boolean> {
  try {
    await run(command, args, { env: { ...process.env, ...env } });
    return true;
  } catch {
    return false;
  }
}
