import { type Chat, type ConnectOptions, openChat } from "../../src/client/chat.ts";
import type { ChatEventName } from "../../src/client/model.ts";
import type { Socket, SocketEvent } from "../../src/client/shell.ts";
import { createVirtualSystem, settle, type VirtualSystem } from "./virtual.ts";

/** The other end of one connection of a chat, in memory. */
export interface ChatPeer extends Socket {
  readonly url: string;
  readonly protocols: readonly string[];
  /** Frames that came, oldest first. */
  readonly heard: Record<string, unknown>[];
  /** The code that the client has closed it with. */
  closedWith: number | undefined;
  open(): void;
  say(frame: object | string): void;
  end(code: number, reason?: string): void;
  /** The `messageId`s of what was sent. */
  sends(): unknown[];
}

export interface ChatStage {
  chat: Chat;
  clock: VirtualSystem;
  peers: ChatPeer[];
  /** The last one. */
  readonly peer: ChatPeer;
  /** Everything that was told, as `[name, event]`. */
  told: [ChatEventName, unknown][];
  /** Opens the last connection, and welcomes it. */
  welcome(changes?: { senderId?: string; extensions?: string[] }): Promise<void>;
  /** Ends the connection with this code, lets the wait pass and welcomes the next one. */
  comeBack(code?: number, awayMs?: number): Promise<void>;
}

export const offered = ["auth", "cancel", "edit", "groups", "media", "pairing", "reactions", "threads"];

const names: readonly ChatEventName[] = ["state", "message", "fault", "failure", "typing", "stream", "thought", "activity", "reaction", "edited", "deleted", "pairing", "media"];

/** A chat whose clock and whose other end are the test's. */
export async function createChatStage(options: Partial<ConnectOptions> = {}): Promise<ChatStage> {
  const clock = createVirtualSystem();
  const peers: ChatPeer[] = [];
  const chat = openChat({ url: "ws://chat.test/ws", senderId: "ada", WebSocket: socketClass(peers), ...options }, { ...clock, newId: clock.uuid });
  const told: [ChatEventName, unknown][] = [];
  for (const name of names) chat.on(name, (event) => void told.push([name, event]));
  await settle();
  const last = (): ChatPeer => {
    const peer = peers.at(-1);
    if (!peer) throw new Error("nothing was dialed");
    return peer;
  };
  const stage: ChatStage = {
    chat,
    clock,
    peers,
    told,
    get peer() {
      return last();
    },
    async welcome({ senderId = "ada", extensions = offered } = {}) {
      last().open();
      last().say({ type: "chat.welcome", senderId, extensions });
      await settle();
    },
    async comeBack(code = 1006, awayMs = 0) {
      last().end(code);
      await clock.pass(awayMs + 31_000);
      await stage.welcome();
    },
  };
  return stage;
}

function socketClass(peers: ChatPeer[]) {
  return class FakeSocket implements ChatPeer {
    readonly heard: Record<string, unknown>[] = [];
    readonly #listeners: Partial<Record<string, (event: SocketEvent) => void>> = {};
    #isOpen = false;
    closedWith: number | undefined;
    readonly url: string;
    readonly protocols: readonly string[];

    constructor(url: string, protocols: string[] = []) {
      this.url = url;
      this.protocols = protocols;
      peers.push(this);
    }

    addEventListener(type: string, listener: (event: SocketEvent) => void): void {
      this.#listeners[type] = listener;
    }

    send(text: string): void {
      if (!this.#isOpen) throw new Error(`sent without a connection: ${text}`);
      this.heard.push(JSON.parse(text) as Record<string, unknown>);
    }

    close(code?: number): void {
      this.closedWith = code;
      this.#isOpen = false;
    }

    open(): void {
      this.#isOpen = true;
      this.#listeners["open"]?.({ type: "open" });
    }

    say(frame: object | string): void {
      this.#listeners["message"]?.({ type: "message", data: typeof frame === "string" ? frame : JSON.stringify(frame) });
    }

    end(code: number, reason = ""): void {
      this.#isOpen = false;
      this.#listeners["close"]?.({ type: "close", code, reason });
    }

    sends(): unknown[] {
      return this.heard.filter(({ type }) => type === "chat.send").map(({ messageId }) => messageId);
    }
  };
}
