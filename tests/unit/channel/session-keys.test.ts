import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hostForm, type Peer, scopedForm, writeSessionKey } from "../../../src/channel/session-keys.ts";

const anyId = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.string({ unit: fc.constantFrom("a", "A", "%", ":", ".", "~", " ", "2", "e", "u"), maxLength: 6 }),
);
const forms = { "of the host": hostForm, "of a server's users and conversations": scopedForm(["user", "conversation"]) };
const owner = { agentId: "main", channelId: "some-channel", plainAccount: "default" };

/** What the host does to a key on its way. */
const asHost = (key: string) => key.trim().toLowerCase();

describe.each(Object.entries(forms))("session keys in the form %s", (name, form) => {
  const isScoped = name !== "of the host";
  // The host knows accounts in its own spelling alone; a server's ids come as they are written.
  const account = isScoped ? fc.oneof(fc.constantFrom("default", "a.b", "U1", "u1", "user"), anyId.filter((id) => id !== "")) : fc.constantFrom("default", "sales", "direct", "group");
  const peer: fc.Arbitrary<Peer> = fc.oneof(
    fc.record({ kind: fc.constant("direct" as const), id: anyId, ...(isScoped && { scope: fc.constantFrom("user", "conversation") }) }),
    fc.record({ kind: fc.constant("group" as const), id: anyId, ...(!isScoped && { member: anyId }) }, { requiredKeys: ["kind", "id"] }),
  );
  const conversation = fc.tuple(account, peer, fc.option(anyId.filter((id) => id !== ""), { nil: undefined }));
  const keyOf = ([accountId, to, threadId]: [string, Peer, string | undefined]) =>
    writeSessionKey(form, { ...owner, accountId }, { ...to, ...(threadId !== undefined && { threadId }) });

  it("WS-23 differ for different accounts, conversations and threads, whatever the host does to them", () => {
    fc.assert(
      fc.property(conversation, conversation, (one, other) => {
        fc.pre(JSON.stringify(one) !== JSON.stringify(other));
        expect(asHost(keyOf(one))).not.toBe(asHost(keyOf(other)));
      }),
      { numRuns: 3000 },
    );
  });

  it("WS-23 survive the host and lead back to account and conversation", () => {
    fc.assert(
      fc.property(conversation, (about) => {
        const [accountId, to] = about;
        const key = keyOf(about);
        expect(asHost(key)).toBe(key);
        const read = form.read(key.split(":").slice(3));
        expect({ accountId: read?.accountId ?? owner.plainAccount, peer: read?.peer }).toEqual({ accountId, peer: to });
      }),
      { numRuns: 3000 },
    );
  });
});

describe("session keys of the ClawChat channel", () => {
  const write = (accountId: string, peer: Peer) => hostForm.write({ agentId: "main", channelId: "clawchat", accountId, plainAccount: "default" }, peer);

  it("CC-35 are one for a user, and one for each member of a group, or one for all", () => {
    expect(write("default", { kind: "direct", id: "usr_A1" })).toBe("agent:main:clawchat:direct:usr_%411");
    expect(write("default", { kind: "group", id: "cnv_1" })).toBe("agent:main:clawchat:group:cnv_1");
    expect(write("default", { kind: "group", id: "cnv_1", member: "usr_1" })).toBe("agent:main:clawchat:group:cnv_1~~usr_1");
    expect(write("work", { kind: "group", id: "cnv_1", member: "usr_1" })).toBe("agent:main:clawchat:group:work~cnv_1~~usr_1");
  });

  it("lead nowhere where nobody has written them", () => {
    for (const peerId of ["cnv_1~~", "~~usr_1", "cnv_1~~a~b", "cnv_1~~%zz", "a~b~c~~d"]) expect(hostForm.read(["group", peerId])).toBeUndefined();
  });
});

describe("session keys of the local IM channel", () => {
  const form = scopedForm(["user", "conversation"]);
  const write = (accountId: string, peer: Peer) => form.write({ agentId: "default", channelId: "nc-local-im-connector", accountId, plainAccount: "u00267" }, peer);

  it("are the documented ones in the default account", () => {
    expect(write("u00267", { kind: "direct", scope: "user", id: "u00267" })).toBe("agent:default:nc-local-im-connector:user:u00267");
    const session = "f6cf52ac-9f9d-4abd-890e-95e55439b939";
    expect(write("u00267", { kind: "direct", scope: "conversation", id: session })).toBe(`agent:default:nc-local-im-connector:conversation:${session}`);
  });

  it("take no dot of an id for the one behind an account", () => {
    expect(write("u00267", { kind: "direct", scope: "user", id: "shop.ann" })).not.toBe(write("shop", { kind: "direct", scope: "user", id: "ann" }));
  });

  it("begin with the account in every other one", () => {
    expect(write("Shop.1", { kind: "direct", scope: "user", id: "ann" })).toBe("agent:default:nc-local-im-connector:user:%53hop%2e1.ann");
  });
});
