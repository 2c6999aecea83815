import { describe, expect, it } from "vitest";
import { cases } from "./cases.ts";
import { faultsOf, pongName, type Subject, textName } from "./runner.ts";
import { answerUpgrade, openTestLink, startTcpServer } from "../../support/link-server.ts";
import { createRawPeer, opcodes, type RawPeer } from "../../support/raw-frames.ts";

/** A link of ours that a raw server has taken the call of. What it dials after that is not answered. */
const subject: Subject = {
  wrap: (payload) => ({ head: Buffer.alloc(0), body: payload, tail: Buffer.alloc(0), heard: textName(payload) }),
  async open() {
    const called = Promise.withResolvers<RawPeer>();
    const server = await startTcpServer((socket) => answerUpgrade(socket, () => called.resolve(createRawPeer(socket, false))));
    const opened = Promise.withResolvers<void>();
    const texts: string[] = [];
    const { link } = openTestLink(server.url, {
      // No session is here to say so, and nobody is to be given up because large frames take their time.
      handler: { opened: () => opened.resolve(), frame: (text) => void texts.push(textName(text)) },
      profile: { maxPayload: 16_777_216, binary: "close", handshakeMs: 10_000, pingMs: 30_000, deadAfterMs: 90_000, backoff: { baseMs: 60_000, maxMs: 60_000, jitterMs: 1, jitter: "outside" } },
    });
    const [peer] = await Promise.all([called.promise, opened.promise]);
    link.markReady();
    // Pongs come on the wire and texts at the handler: the order among the two is that of the listener's side alone.
    const heard = () => [...peer.frames.filter(({ opcode }) => opcode === opcodes.pong).map(({ payload }) => pongName(payload)), ...texts];
    return {
      peer,
      heard,
      async stop() {
        await link.stop();
        await server.stop();
      },
    };
  },
};

describe("a link, by the cases of the Autobahn testsuite", () => {
  it.each(cases)("$id $title", { timeout: 40_000 }, async (one) => expect(await faultsOf(one, subject)).toEqual([]));
});
