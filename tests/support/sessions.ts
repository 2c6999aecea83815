import type fc from "fast-check";
import { arbitraries as clawchat } from "../../generated/clawchat/arbitraries.ts";
import { arbitraries as instaClaw } from "../../generated/insta-claw/arbitraries.ts";
import { arbitraries as localIm } from "../../generated/local-im/arbitraries.ts";
import { arbitraries as websocket } from "../../generated/websocket/arbitraries.ts";
import { selfNamedPeer } from "../../src/protocols/websocket/identity.ts";
import { profileOf } from "../../src/protocols/websocket/profile.ts";
import { createSession } from "../../src/protocols/websocket/session.ts";
import type { Effect } from "../../src/protocols/session.ts";
import { openHub } from "../unit/protocols/clawchat/hub.ts";
import { connect } from "../unit/protocols/insta-claw/gateway.ts";
import { accountDefaults } from "./account-config.ts";
import { openIm } from "./im-session.ts";
import type { ProtocolName } from "./schema-fields.ts";

/** What a session makes of one frame. */
export type Read = (text: string) => readonly Effect<unknown>[];

/** An open session of each protocol, and values of what it gets. */
export const sessions: Record<ProtocolName, { values: Readonly<Record<string, fc.Arbitrary<unknown>>>; open(): Read }> = {
  websocket: {
    values: websocket,
    open() {
      const session = createSession(profileOf(accountDefaults), () => "new");
      const { state } = session.frame(session.open(0, { peer: selfNamedPeer({ tokenType: "local" }, "uuid"), connectionId: "c" }).state, '{"type":"chat.hello","extensions":["cancel","groups","auth","edit","reactions"]}', 1);
      return (text) => session.frame(state, text, 2).effects;
    },
  },
  "insta-claw": { values: instaClaw, open: () => (text) => connect().frame(text).effects },
  "local-im": { values: localIm, open: () => (text) => openIm().effectsOf(text) },
  clawchat: {
    values: clawchat,
    open: () => (text) => {
      const hub = openHub();
      hub.admit();
      return hub.frame(text).effects;
    },
  },
};
