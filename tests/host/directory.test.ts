import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Channel, channels, type FourChannels, startFour } from "./four.ts";

let four: FourChannels;
beforeAll(async () => {
  four = await startFour({ channels: { websocket: { groupPolicy: "open" } } });
  const { clawchat } = four.servers;
  const room = await four.websocket.client("ann");
  await Promise.all(channels.map((channel) => four.wires[channel].ask("ann", "[[say hello]]")));
  await room.answer(room.say("[[say hello all]]", { chatType: "group", groupId: "room", groupSubject: "The Room", senderName: "Ann Lee" }), 60_000);
  // The title of a group is asked for when its first message comes.
  for (const text of ["[[say hello all]]", "[[say hello again]]"]) await clawchat.reply(clawchat.say({ user: "ann", conversation: "team", text: `@simulator ${text}` }), 60_000);
});
afterAll(() => four.stop());

const send = (channel: Channel, target: string, text: string) => four.cli("message", "send", "--channel", channel, "--target", target, "--message", text, "--json");
const heard = (channel: Channel, text: string) => four.wires[channel].unasked().filter((said) => said.includes(text)).length;

describe("somebody who looks for people from outside of the gateway", () => {
  it("finds people and groups by name and id on every channel, lists the members of a group, and is told who is meant where a name is not one person's", async () => {
    const other = await four.websocket.client("other");
    await other.answer(other.say("[[say hello]]", { senderName: "ann lee" }));
    const lookUps = await Promise.all([
      ...channels.map((channel) => four.cli("directory", "peers", "list", "--channel", channel, "--query", "ann", "--json")),
      four.cli("directory", "groups", "list", "--channel", "clawchat", "--json"),
      four.cli("directory", "groups", "members", "--channel", "websocket", "--group-id", "room", "--json"),
      four.cli("directory", "self", "--channel", "clawchat", "--json"),
      four.cli("channels", "resolve", "--channel", "websocket", "--json", "@Ann Lee", "ann", "#the room"),
      send("websocket", "@Ann Lee", "to whom?"),
      send("websocket", "@nobody", "to whom?"),
      send("clawchat", "@Ann", "found by name"),
    ]);
    const [websocket, insta, localIm, clawchat, teams, members, self, resolved, several, nobody, byName] = lookUps.map(({ code, stdout, stderr }) => ({ code, text: stdout + stderr, json: () => JSON.parse(stdout) as unknown }));
    const user = (id: string, name: string) => expect.objectContaining({ kind: "user", id, name }) as unknown;
    const annId = four.servers.clawchat.server.world.user("ann").id;
    expect(websocket?.json()).toEqual(expect.arrayContaining([user("ws:user:ann", "Ann Lee"), user("ws:user:other", "ann lee")]));
    expect(insta?.json()).toEqual([user("insta-claw:user:ann", "ann")]);
    expect(localIm?.json()).toEqual([user("local-im:user:ann", "ann")]);
    expect(clawchat?.json()).toEqual([user(`clawchat:user:${annId}`, "ann")]);
    expect(teams?.json()).toEqual([expect.objectContaining({ kind: "group", name: "team" })]);
    expect(members?.json()).toEqual([user("ws:user:ann", "Ann Lee")]);
    expect(self?.json()).toMatchObject({ kind: "user", id: `clawchat:user:${four.servers.clawchat.server.world.agent(undefined).id}` });
    expect(resolved?.json()).toMatchObject([{ resolved: false, note: expect.stringContaining("ws:user:other") as string }, { resolved: true, id: "ws:user:ann" }, { resolved: true, id: "ws:group:room" }]);
    expect(several).toMatchObject({ code: 1, text: expect.stringMatching(/"@Ann Lee" is the name of several: .*ws:user:ann/) as string });
    expect(nobody).toMatchObject({ code: 1, text: expect.stringContaining('nobody called "@nobody" has written here') as string });
    expect(byName?.code).toBe(0);
    await expect.poll(() => heard("clawchat", "found by name"), { timeout: 60_000 }).toBe(1);
    expect(heard("websocket", "to whom?")).toBe(0);
  }, 300_000);
});
