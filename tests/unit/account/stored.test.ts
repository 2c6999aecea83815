import { describe, expect, it } from "vitest";
import { readEntries } from "../../../src/account/stored.ts";
import { openJournal } from "../../../src/store/journal.ts";
import { connectClient } from "../../support/client.ts";
import { startAccount } from "../../conformance/account.ts";
import { recordLog } from "../../support/recorded-log.ts";

const AT = Date.now();
const inbound = (messageId: string) => ({ messageId, origin: { connectionId: "gone" }, sender: { id: "ann", verified: true }, conversation: { kind: "direct", id: "ann" }, content: `say ${messageId}`, media: [], receivedAt: AT });

/** A journal with one message that can be read and before it one that cannot. */
function spoilt(json: string) {
  const journal = openJournal(":memory:", { remembered: 200 });
  journal.admit({ sender: "ann", messageId: "spoilt", lane: "direct:ann", inbound: json, at: AT });
  journal.admit({ sender: "ann", messageId: "sound", lane: "direct:ann", inbound: JSON.stringify(inbound("sound")), at: AT });
  return journal;
}

const texts = ["", "{\"messageId\":", "null", "7", "[]", "{}", JSON.stringify({ ...inbound("spoilt"), sender: "ann" }), JSON.stringify({ ...inbound("spoilt"), media: null })];

describe("a row of the journal that a disk has spoilt", () => {
  it.each(texts)("is put aside, said, and not looked at again: %s", (json) => {
    const journal = spoilt(json);
    const log = recordLog();
    expect(readEntries(journal.unfinished(), journal, AT, log).map(({ inbound: { messageId } }) => messageId)).toEqual(["sound"]);
    expect(log.lines).toHaveLength(1);
    expect(log.lines[0]).toContain("message spoilt of ann cannot be read any more");
    expect(journal.unfinished().map(({ messageId }) => messageId)).toEqual(["sound"]);
    expect(journal.undelivered("ann", 0)).toEqual([]);
    journal.close();
  });

  it.each(["", "null", "{\"type\":\"response\"}", "{\"type\":\"reply\",\"content\":\"x\"}"])("does not hold back the answers behind it: %s", (terminal) => {
    const journal = spoilt(JSON.stringify(inbound("spoilt")));
    journal.finish({ sender: "ann", messageId: "spoilt" }, terminal, AT);
    journal.finish({ sender: "ann", messageId: "sound" }, JSON.stringify({ type: "response", content: "yes" }), AT);
    expect(readEntries(journal.undelivered("ann", 0), journal, AT, recordLog()).map(({ terminal: read }) => read)).toEqual([{ type: "response", content: "yes" }]);
    expect(journal.undelivered("ann", 0).map(({ messageId }) => messageId)).toEqual(["sound"]);
    journal.close();
  });

  it("WS-20 costs neither the account its start nor its sender the next answers", async () => {
    const account = await startAccount({}, undefined, spoilt("{oops"));
    const ann = await connectClient(account.url, { senderId: "ann" });
    expect(await ann.answer("sound")).toMatchObject({ type: "chat.response", content: "You said: say sound" });
    expect(await ann.answer(ann.say("and now?"))).toMatchObject({ type: "chat.response" });
    await ann.close();
    await account.stop();
  });
});
