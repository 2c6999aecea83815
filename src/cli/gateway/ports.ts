import { once } from "node:events";
import { connect, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { codeOf } from "../failure.ts";

const host = "127.0.0.1";

/** Whether something answers on the port of this machine. */
export async function isListening(port: number): Promise<boolean> {
  const socket = connect({ host, port });
  try {
    await Promise.race([once(socket, "connect"), sleep(1000, undefined, { ref: false }).then(() => Promise.reject(new Error("no answer")))]);
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Why we may not have the port, or undefined when we may. */
export async function portTrouble(port: number): Promise<"taken" | "forbidden" | undefined> {
  if (await isListening(port)) return "taken";
  try {
    await freePort(port);
    return undefined;
  } catch (cause) {
    return codeOf(cause) === "EACCES" ? "forbidden" : "taken";
  }
}

/** A port nobody has at the moment; with `wanted`, that very one or an error. */
export async function freePort(wanted = 0): Promise<number> {
  const server = createServer();
  server.listen(wanted, host);
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (typeof address !== "object" || !address) throw new Error("the system named no port");
  return address.port;
}
