import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A Python that has the `websockets` package: one of the machine's, else a new environment in `folder`. */
export async function pythonWithWebsockets(folder: string): Promise<string> {
  for (const python of ["python3", "/usr/bin/python3", "python"]) if (await hasWebsockets(python)) return python;
  const made = join(folder, "venv", "bin", "python");
  try {
    await run("python3", ["-m", "venv", join(folder, "venv")]);
    await run(made, ["-m", "pip", "install", "--quiet", "websockets"]);
    return made;
  } catch (cause) {
    throw new Error("The README's Python example needs Python 3 with the websockets package: install python3-websockets, or pip install websockets.", { cause });
  }
}

async function hasWebsockets(python: string): Promise<boolean> {
  try {
    await run(python, ["-c", "import websockets"]);
    return true;
  } catch {
    return false;
  }
}
