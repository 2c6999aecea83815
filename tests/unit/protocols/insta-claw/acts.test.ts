import { describe, expect, it } from "vitest";
import type { Act } from "../../../../src/protocols/acts.ts";
import { createProtocol } from "../../../../src/protocols/insta-claw/protocol.ts";
import { type About, connect, digest, profile } from "./gateway.ts";

const place: About = { messageId: "m_9", origin: { framing: "envelope", requestId: "m_9", sessionId: "sess_31" }, sender: { id: "u_9", verified: true }, conversation: { kind: "direct", id: "u_9" }, content: "", media: [], receivedAt: 1 };
const acts: Act[] = [{ act: "react", emoji: "👀", isRemoval: true }, { act: "edit", content: "At ten." }, { act: "delete" }];
const hello = (...extensions: string[]) => ({ type: "instaclaw:hello", sequence_number: 0, extensions });
const reaction = { type: "instaclaw:reaction", sequence_number: 0, target_id: "resp_a", emoji: "👍", op: "add", actor_id: "u_9" };
const edit = { type: "instaclaw:message.edit", sequence_number: 0, target_message_id: "m_9", text: "new", actor_id: "u_9" };

const removal = { type: "instaclaw:message.delete", sequence_number: 0, target_message_id: "m_9", actor_id: "u_9" };

type Session = ReturnType<typeof connect>;
const say = (session: Session) => acts.flatMap((act) => session.says({ say: "act", act, target: { name: "resp_a", place } }).events);
const heard = (session: Session, data: object) => session.data(data).effects.flatMap((effect) => (effect.do === "deliver" && effect.inbound.ask === "act" ? [effect.inbound.heard] : []));

describe("messages of the gateway that were said before", () => {
  it("IC-33 IC-34 IC-35 go both ways after a hello that names them, until the connection ends", () => {
    const session = connect();
    expect([say(session), heard(session, reaction), heard(session, edit)]).toEqual([[], [], []]);
    session.data(hello("reactions", "edit"));
    const about = { event_id: expect.stringMatching(/^evt_/) as string, sequence_number: 0, metadata: { session_id: "sess_31" } };
    expect(say(session)).toEqual([
      { type: "instaclaw:reaction", ...about, target_id: "resp_a", emoji: "👀", op: "remove" },
      { type: "instaclaw:message.edit", ...about, target_response_id: "resp_a", text: "At ten.", revision: session.now },
      { type: "instaclaw:message.delete", ...about, target_response_id: "resp_a" },
    ]);
    expect(heard(session, reaction)).toMatchObject([{ act: { act: "react", emoji: "👍", isRemoval: false }, name: "resp_a", actor: { id: "u_9", verified: true } }]);
    expect(heard(session, edit)).toEqual([{ act: { act: "edit", content: "new" }, name: "m_9", actor: { id: "u_9", verified: true }, at: session.now }]);
    expect(heard(session, removal)).toEqual([{ act: { act: "delete" }, name: "m_9", actor: { id: "u_9", verified: true }, at: session.now }]);
    expect(heard(session, { ...reaction, op: "remove" })).toMatchObject([{ act: { isRemoval: true } }]);
    expect(session.says({ say: "act", act: { act: "react", emoji: "👀", isRemoval: false }, target: { name: "resp_a", place } }).events).toMatchObject([{ emoji: "👀", op: "add" }]);
    session.reconnect();
    expect([say(session), heard(session, reaction)]).toEqual([[], []]);
  });

  it("IC-33 are turned off by a later hello that does not name them", () => {
    const session = connect();
    session.data(hello("reactions", "edit"));
    session.data(hello("reactions"));
    expect(say(session).map(({ type }) => type)).toEqual(["instaclaw:reaction"]);
  });

  it("IC-17 IC-34 are changed by nobody in particular where the server names nobody, and verified only where it is certain to be it", () => {
    const session = connect({ trustsPeer: false });
    session.data(hello("reactions"));
    const { actor_id: _who, ...nameless } = reaction;
    expect([...heard(session, reaction), ...heard(session, nameless)].map(({ actor }) => actor)).toEqual([{ id: "u_9", verified: false }, { id: "default", verified: false }]);
    const trusted = connect();
    trusted.data(hello("reactions"));
    expect(heard(trusted, nameless).map(({ actor }) => actor)).toEqual([{ id: "default", verified: false }]);
  });

  it("IC-33 IC-34 know a message by the id that the server gave it, and what we said by the id that it was said under", () => {
    const { acts: known, announcementId } = createProtocol(profile, { newId: () => "f00d", sha256: digest });
    if (!known) throw new Error("the wire has acts");
    expect(known.carried({ extensions: [] } as never)).toEqual([]);
    expect(known.carried({ extensions: ["edit", "reactions"] } as never)).toEqual(["react", "edit", "delete"]);
    expect(known.nameOf({ ...place, origin: { framing: "envelope", requestId: "r", envelopeId: "e" } })).toBe("r");
    expect(known.nameOf({ ...place, origin: { framing: "envelope", envelopeId: "e" } })).toBe("e");
    const id = announcementId();
    expect(id).toBe("srv_f00d");
    const session = connect();
    session.wait(1000);
    const [said] = session.says({ say: "announce", messageId: id, to: place, text: "Closed.", mediaUrls: [], at: session.now }).events;
    expect(said).toMatchObject({ response_id: known.nameOfAnnouncement(id, session.now) });
    expect(known.nameOfAnnouncement(id, session.now + 1)).not.toBe(known.nameOfAnnouncement(id, session.now));
  });

  it.each([{ op: "toggle" }, { emoji: "" }, { target_id: undefined }, { sequence_number: undefined }])("IC-6 are ignored where they are malformed: %j", (change) => {
    const session = connect();
    session.data(hello("reactions"));
    expect(heard(session, { ...reaction, ...change })).toEqual([]);
  });
});
