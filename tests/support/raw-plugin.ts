import { once } from "node:events";
import { WebSocket } from "ws";
import type { Simulator } from "../../src/testing/simulator/simulator.ts";

/** The plugin's end of a link, without a plugin: it says what the test wants said. */
export interface RawPlugin {
  readonly socket: WebSocket;
  /** Text frames that came. */
  readonly got: readonly string[];
  send(...frames: (object | string)[]): void;
  /** Waits until so many frames have come, and returns them. */
  frames(count: number): Promise<string[]>;
  readonly closed: Promise<{ code: number; reason: string }>;
}

/** Headers and query for either protocol. */
export const asOffice = {
  "local-im": { query: "?accountId=office", headers: {} },
  "insta-claw": { query: "", headers: { "x-app-key": "office", "x-app-secret": "s3cret" } },
} as const;

export async function dialRaw(url: string, { query = "", headers = {} }: { query?: string; headers?: Readonly<Record<string, string>> } = {}): Promise<RawPlugin> {
  const socket = new WebSocket(`${url}${query}`, { headers });
  const got: string[] = [];
  const looks = new Set<() => void>();
  socket.on("message", (data: Buffer) => {
    got.push(data.toString());
    for (const look of looks) look();
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => void socket.on("close", (code, reason) => resolve({ code, reason: reason.toString() })));
  await once(socket, "open");
  socket.on("error", () => {});
  return {
    socket,
    got,
    closed,
    send: (...frames) => frames.forEach((frame) => socket.send(typeof frame === "string" ? frame : JSON.stringify(frame))),
    frames: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (got.length < count) return;
          looks.delete(look);
          resolve([...got]);
        };
        looks.add(look);
        look();
      }),
  };
}

/** Resolves when the simulator has read so many frames of the plugin. */
export async function heard(simulator: Simulator, count: number): Promise<void> {
  const fromPlugin = (): number => simulator.frames.filter(({ from }) => from === "plugin").length;
  await simulator.until(() => (fromPlugin() >= count ? true : undefined), `${count} frames of the plugin`);
}
