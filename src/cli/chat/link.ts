import { WebSocket } from "ws";
import { codeOf, messageOf } from "../failure.ts";
import { describeClose, explainRefusal, finalRefusal, retryDelayMs } from "./retry.ts";

export interface LinkOptions {
  url: URL;
  token?: string;
}

export type LinkNews =
  | { news: "open" }
  | { news: "frame"; text: string }
  /** `retryMs` is absent when there is no point in trying again. */
  | { news: "down"; why: string; everOpen: boolean; retryMs?: number };

export interface Link {
  /** False when there is no connection at the moment. */
  send(text: string): boolean;
  close(): void;
}

/** A connection that comes back by itself, until it is closed or refused for good. */
export function openLink({ url, token }: LinkOptions, tell: (news: LinkNews) => void): Link {
  let socket: WebSocket | undefined;
  let timer: NodeJS.Timeout | undefined;
  let attempt = 0;
  let everOpen = false;
  let closed = false;

  function dial(): void {
    let trouble: string | undefined;
    const headers = token ? { authorization: `Bearer ${token}` } : {};
    socket = new WebSocket(url, { headers, handshakeTimeout: 15_000, perMessageDeflate: false });
    socket.on("open", () => {
      everOpen = true;
      attempt = 0;
      tell({ news: "open" });
    });
    socket.on("message", (data, binary) => {
      if (!binary && Buffer.isBuffer(data)) tell({ news: "frame", text: data.toString("utf8") });
    });
    socket.on("error", (cause) => (trouble = explainRefusal({ code: codeOf(cause), message: messageOf(cause) }, url)));
    socket.on("close", (code, reason) => down(code, reason.toString("utf8"), trouble));
  }

  function down(code: number, reason: string, trouble: string | undefined): void {
    if (closed) return;
    const refusal = finalRefusal(code, reason);
    const why = refusal ?? trouble ?? describeClose(code, reason);
    if (refusal) return tell({ news: "down", why, everOpen });
    const retryMs = retryDelayMs(attempt, Math.random());
    attempt += 1;
    timer = setTimeout(dial, retryMs);
    tell({ news: "down", why, everOpen, retryMs });
  }

  dial();
  return {
    send(text) {
      if (socket?.readyState !== WebSocket.OPEN) return false;
      socket.send(text);
      return true;
    },
    close() {
      closed = true;
      clearTimeout(timer);
      if (socket?.readyState !== WebSocket.OPEN) return socket?.terminate();
      socket.close(1000);
      setTimeout(() => socket?.terminate(), 1000).unref();
    },
  };
}
