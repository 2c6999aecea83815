import { expect, it } from "vitest";
import type { Backend } from "../../../src/account/clawchat/backend.ts";
import { createGroups } from "../../../src/account/clawchat/groups.ts";
import { system } from "../../../src/core/system.ts";
import type { About, Origin } from "../../../src/protocols/clawchat/identity.ts";
import { merge } from "../../../src/protocols/clawchat/merge.ts";
import { openJournal } from "../../../src/store/journal.ts";

const said = (id: string, member?: string): About => ({
  messageId: `m-${id}`,
  origin: { chatId: "cnv_1", chatType: "group", answerId: "a", mentions: [], isMentioned: false, emittedAt: 1 },
  sender: { id, verified: true },
  conversation: { kind: "group", id: "cnv_1", subject: "cnv_1", ...(member !== undefined && { member }) },
  content: "hello",
  media: [],
  receivedAt: 1,
});

it("CC-60 gathers no message of one member with those of another where each has a session of their own", () => {
  const journal = openJournal(":memory:", { remembered: 1 });
  const { gather } = createGroups<Origin>({ backend: {} as Backend, journal, system, rules: () => ({ muted: false, replyMode: "all", batchDelayMs: 10_000 }), merge });
  const keyOf = (inbound: About) => gather.plan(inbound)?.key;
  expect(keyOf(said("usr_M", "usr_M"))).not.toBe(keyOf(said("usr_O", "usr_O")));
  expect(keyOf(said("usr_M"))).toBe(keyOf(said("usr_O")));
  journal.close();
});
