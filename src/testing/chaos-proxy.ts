import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import type { System } from "../core/ports.ts";
import { system as platform } from "../core/system.ts";
import { durationOf, lengthOf, type Fault, type TimedFault, type Way } from "./chaos/faults.ts";
import { Pipe, type Weather } from "./chaos/pipe.ts";

export { faultKinds, planFaults, type Fault, type FaultKind, type PlanOptions, type TimedFault, type Way } from "./chaos/faults.ts";

export interface ChaosProxyOptions {
  /** Where the server listens on loopback; asked at each connection where it moves. */
  target: number | (() => number);
  /** 0, the default, takes a free one. */
  port?: number;
  system?: System;
}

/** A bad network between a plugin and a server on this machine. It knows nothing but bytes. */
export interface ChaosProxy {
  readonly port: number;
  /** Where the plugin dials instead. */
  readonly url: string;
  /** Connections that are open at the moment. */
  readonly connections: number;
  /** What was done, in order; enough to do it again. */
  readonly applied: readonly Fault[];
  apply(fault: Fault): void;
  /** Applies each fault at its time. Resolves when the last one is over, or with `calm`. */
  play(plan: readonly TimedFault[]): Promise<void>;
  /** Ends what is going on and what is planned. */
  calm(): void;
  stop(): Promise<void>;
}

const host = "127.0.0.1";

export async function startChaosProxy({ target, port = 0, system = platform }: ChaosProxyOptions): Promise<ChaosProxy> {
  const connections = new Set<Connection>();
  const applied: Fault[] = [];
  /** The faults that last, each with what ends it. */
  const lasting = new Map<Fault["fault"], { fault: Fault; over: () => void }>();
  const planned = new Set<() => void>();
  const now = <Kind extends Fault["fault"]>(kind: Kind) => lasting.get(kind)?.fault as Extract<Fault, { fault: Kind }> | undefined;
  const weather: Weather = {
    swallows(way) {
      const fault = now("half-open");
      return fault !== undefined && (fault.way === "both" || fault.way === way);
    },
    get slow() {
      return now("slow");
    },
    get slice() {
      return now("slice");
    },
    get linger() {
      return now("linger");
    },
  };

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    if (lasting.has("refuse")) {
      client.on("error", () => {});
      client.resetAndDestroy();
      return;
    }
    const connection = new Connection(client, typeof target === "number" ? target : target(), weather, system);
    connections.add(connection);
    void connection.closed.then(() => connections.delete(connection));
  });
  server.listen(port, host);
  await once(server, "listening");
  const address = server.address();
  const taken = typeof address === "object" && address ? address.port : port;

  function last(fault: Fault): void {
    lasting.get(fault.fault)?.over();
    const over = (): void => {
      cancel();
      lasting.delete(fault.fault);
      for (const connection of connections) {
        if (fault.fault === "half-open") connection.clearUp();
        else connection.wake();
      }
    };
    const cancel = system.after(durationOf(fault), over);
    lasting.set(fault.fault, { fault, over });
    for (const connection of connections) connection.wake();
  }

  function apply(fault: Fault): void {
    applied.push(fault);
    if (durationOf(fault) > 0) return last(fault);
    for (const connection of connections) {
      if (fault.fault === "drop") connection.drop();
      else if (fault.fault === "reset") connection.reset();
      else if (fault.fault === "cut") connection.cutNext(fault.way, fault.share);
    }
  }

  function calm(): void {
    for (const cancel of planned) cancel();
    for (const { over } of lasting.values()) over();
  }

  return {
    port: taken,
    url: `ws://${host}:${taken}/`,
    get connections() {
      return connections.size;
    },
    applied,
    apply,
    async play(plan) {
      await new Promise<void>((resolve) => {
        const cancels = plan.map(({ atMs, ...fault }) => system.after(atMs, () => apply(fault)));
        const end = (): void => {
          for (const cancel of cancels) cancel();
          planned.delete(end);
          resolve();
        };
        planned.add(end);
        cancels.push(system.after(lengthOf(plan), end));
      });
    },
    calm,
    async stop() {
      calm();
      const closed = once(server, "close");
      server.close();
      for (const connection of connections) connection.reset();
      await Promise.all([closed, ...[...connections].map((connection) => connection.closed)]);
    },
  };
}

/** A plugin's connection and the one to the server that goes with it. */
class Connection {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #pipes: Readonly<Record<Way, Pipe>>;
  /** Both sockets are. */
  readonly closed: Promise<unknown>;

  constructor(client: Socket, target: number, weather: Weather, system: System) {
    this.#client = client;
    this.#server = connect({ host, port: target, allowHalfOpen: true, noDelay: true });
    const events = { cut: (way: Way) => this.#cut(way), broken: () => this.reset() };
    this.#pipes = {
      "to-server": new Pipe("to-server", [client, this.#server], weather, events, system),
      "to-plugin": new Pipe("to-plugin", [this.#server, client], weather, events, system),
    };
    const close = (socket: Socket) => new Promise((resolve) => void socket.once("close", resolve));
    this.closed = Promise.all([close(client), close(this.#server)]).then(() => this.#dispose());
  }

  /** Both ends hear that it is over; what was on its way is gone. */
  drop(): void {
    this.#dispose();
    this.#client.destroySoon();
    this.#server.destroySoon();
  }

  reset(): void {
    this.#dispose();
    breakOff(this.#client);
    breakOff(this.#server);
  }

  cutNext(way: Way, share: number): void {
    this.#pipes[way].cutNext(share);
  }

  wake(): void {
    for (const pipe of Object.values(this.#pipes)) pipe.wake();
  }

  /** Nothing is swallowed any more: a stream with a gap ends, the others go on. */
  clearUp(): void {
    if (Object.values(this.#pipes).some((pipe) => pipe.lost)) this.reset();
    else this.wake();
  }

  #dispose(): void {
    for (const pipe of Object.values(this.#pipes)) pipe.dispose();
  }

  /** Ends in good order towards the receiver: a reset would take back what has arrived. */
  #cut(way: Way): void {
    const [from, to] = way === "to-server" ? [this.#client, this.#server] : [this.#server, this.#client];
    this.#dispose();
    to.destroySoon();
    breakOff(from);
  }
}

/** A socket that is shutting down cannot be reset any more: the system refuses, and it would never be closed. */
function breakOff(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
