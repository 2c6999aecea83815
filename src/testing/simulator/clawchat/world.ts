import type { Digests } from "../../../core/ports.ts";
import type { Secrets } from "../protocol.ts";
import { fixedId } from "./ids.ts";

export interface User {
  /** `usr_…` */
  readonly id: string;
  readonly nickName: string;
}

/** One account of the plugin. */
export interface Agent extends User {
  readonly account: string;
  /** `agt_…` */
  readonly agentId: string;
  readonly owner: User;
  /** Its direct conversation with the owner. */
  readonly home: Conversation;
}

export interface Conversation {
  /** `cnv_…` */
  readonly id: string;
  readonly type: "direct" | "group";
  title: string;
  description: string;
  /** Ids of users. */
  readonly members: Set<string>;
  dissolved: boolean;
}

/** Who there is and where they talk. Whoever is named for the first time begins to exist; ids are the same in every run. */
export class World {
  readonly owner: User;
  readonly agents: readonly Agent[];
  readonly conversations = new Map<string, Conversation>();
  readonly #users = new Map<string, User>();
  readonly #digests: Digests;

  constructor(accounts: Secrets | undefined, digests: Digests) {
    this.#digests = digests;
    this.owner = this.user("owner");
    this.agents = Object.keys(accounts ?? { simulator: "" }).map((account) => this.#agent(account));
  }

  /** By its id, or by any other name. */
  user(name: string): User {
    const id = name.startsWith("usr_") ? name : fixedId("usr_", name, this.#digests);
    const known = this.#users.get(id);
    if (known) return known;
    const user = { id, nickName: name };
    this.#users.set(id, user);
    return user;
  }

  find(userId: string): User | undefined {
    return this.#users.get(userId);
  }

  agent(account: string | undefined): Agent {
    const found = account === undefined ? this.agents[0] : this.agents.find((agent) => agent.account === account);
    if (!found) throw new Error(`there is no account "${account ?? ""}"`);
    return found;
  }

  agentOf(userId: string): Agent | undefined {
    return this.agents.find(({ id }) => id === userId);
  }

  direct(first: User, second: User): Conversation {
    const id = fixedId("cnv_", [first.id, second.id].toSorted().join(" "), this.#digests);
    return this.#conversation(id, { type: "direct", title: "", members: [first, second] });
  }

  /** By its id, or by any other name; it has the owner and all agents as members, and whoever speaks in it. */
  group(name: string): Conversation {
    const id = name.startsWith("cnv_") ? name : fixedId("cnv_", name, this.#digests);
    return this.#conversation(id, { type: "group", title: name, members: [this.owner, ...this.agents] });
  }

  #agent(account: string): Agent {
    const user = this.user(`agent ${account}`);
    const agent = { ...user, nickName: account, account, agentId: fixedId("agt_", account, this.#digests), owner: this.owner, home: this.direct(user, this.owner) };
    this.#users.set(user.id, agent);
    return agent;
  }

  #conversation(id: string, { members, ...facts }: Pick<Conversation, "type" | "title"> & { members: readonly User[] }): Conversation {
    const known = this.conversations.get(id);
    if (known) return known;
    const conversation = { id, ...facts, description: "", members: new Set(members.map((member) => member.id)), dissolved: false };
    this.conversations.set(id, conversation);
    return conversation;
  }
}
