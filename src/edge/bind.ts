import type { Server } from "node:http";
import { ClawwireError } from "../core/errors.ts";
import { bracketed } from "../core/host-names.ts";

declare global {
  /**
   * Ports that this process listens on, whichever copy of this module opened them: a reloaded plugin is a new copy,
   * and the old one may still be closing.
   */
  var clawwireHeldPorts: Map<number, number> | undefined;
}

const held = (globalThis.clawwireHeldPorts ??= new Map());

export function isHeldByUs(port: number): boolean {
  return (held.get(port) ?? 0) > 0;
}

/** @returns what marks the port as left. */
export function holdPort(port: number): () => void {
  held.set(port, (held.get(port) ?? 0) + 1);
  return () => {
    const left = (held.get(port) ?? 1) - 1;
    if (left > 0) held.set(port, left);
    else held.delete(port);
  };
}

/** Undefined when the server listens. */
export function listen(server: Server, where: { host: string; port: number }): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const settle = (failure?: NodeJS.ErrnoException) => {
      server.off("error", settle);
      server.off("listening", succeed);
      resolve(failure);
    };
    const succeed = () => settle();
    server.once("error", settle);
    server.once("listening", succeed);
    server.listen(where);
  });
}

/** What is wrong and the way out. */
export function explainBindFailure(failure: NodeJS.ErrnoException, { host, port }: { host: string; port: number }, account: string): ClawwireError {
  const options = { account, cause: failure };
  if (failure.code === "EADDRINUSE") {
    const way = isHeldByUs(port)
      ? "Another account listens there: give both the same host, or one of them another port."
      : "Stop the program that holds it, or set another port.";
    return new ClawwireError("port-taken", `Port ${port} on ${host} is taken. ${way}`, { ...options, retry: "later" });
  }
  const why =
    failure.code === "EACCES"
      ? "this user may not open it: set a port above 1023"
      : failure.code === "EADDRNOTAVAIL" || failure.code === "ENOTFOUND"
        ? "the host is no address of this machine: set 127.0.0.1 or 0.0.0.0"
        : failure.message;
  return new ClawwireError("config-invalid", `Cannot listen on ${bracketed(host)}:${port}: ${why}.`, options);
}
