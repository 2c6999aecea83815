import { connect } from "node:net";

/** Whether somebody listens on a port of this machine. */
export async function isOpen(port: number, withinMs = 1000): Promise<boolean> {
  const socket = connect({ host: "127.0.0.1", port, timeout: withinMs });
  const { promise, resolve } = Promise.withResolvers<boolean>();
  socket.once("connect", () => resolve(true)).once("timeout", () => resolve(false)).on("error", () => resolve(false));
  const found = await promise;
  socket.destroy();
  return found;
}
