import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import type { Order, Report } from "./load.ts";

/** A server in a process of its own, and the process that puts load on it: what one spends is not taken for the other's. */
export interface Stage {
  /** `flags` are for the server's engine. */
  start(module: string, argument?: string, flags?: readonly string[]): Promise<Served>;
  tell<Do extends Order["do"]>(order: Extract<Order, { do: Do }>): Promise<Extract<Report, { did: Do }>>;
  stop(): void;
}

export interface Served {
  url: string;
  usage(): Promise<Usage>;
  stop(): Promise<void>;
}

/** `rss` in bytes, after the garbage was collected. */
export interface Usage {
  rss: number;
  heap: number;
  cpuMs: number;
}

export function openStage(): Stage {
  const load = fork(resolve(import.meta.dirname, "load.ts"));
  const tell: Stage["tell"] = (order) => {
    load.send(order);
    return hear(load);
  };
  return {
    tell,
    async start(module, argument = "", flags = []) {
      const child = fork(resolve(import.meta.dirname, "serve.ts"), [resolve(import.meta.dirname, "servers", module), argument], { execArgv: ["--expose-gc", ...flags] });
      const { url } = await hear<{ url: string }>(child);
      return {
        url,
        usage() {
          child.send("usage");
          return hear(child);
        },
        async stop() {
          await tell({ do: "leave" });
          child.disconnect();
          await once(child, "exit");
        },
      };
    },
    stop: () => void (load.connected && load.disconnect()),
  };
}

function hear<Message>(child: ChildProcess): Promise<Message> {
  const { promise, resolve: heard, reject } = Promise.withResolvers<Message>();
  const ended = (code: number | null) => reject(new Error(`a process of the benchmark ended with exit code ${code}`));
  child.once("exit", ended);
  child.once("message", (message: Message) => {
    child.off("exit", ended);
    heard(message);
  });
  return promise;
}
