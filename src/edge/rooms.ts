import { limits } from "../core/limits.ts";

/** Who receives what: members by connection, by the senders they speak for, by the groups they joined. One per account. */
export interface Rooms<Member> {
  add(connectionId: string, member: Member): void;
  /** Leaves everything. */
  remove(connectionId: string): void;
  /**
   * A frame of this sender came on this connection.
   * @returns whether it is the sender's first here.
   */
  speakAs(connectionId: string, senderId: string): boolean;
  /** Whether this connection may speak for the sender without exceeding the sender's cap (WS-32). */
  hasRoom(connectionId: string, senderId: string): boolean;
  /** @returns false when the connection is gone or follows as many groups as it may. */
  join(connectionId: string, groupId: string): boolean;
  leave(connectionId: string, groupId: string): void;
  /** Which groups a connection follows. */
  groupsOf(connectionId: string): string[];
  /** Where a sender can be reached: first the preferred connection, then the one heard of last (WS-20). */
  forSender(senderId: string, preferredConnectionId?: string): Member[];
  /** The first of them. */
  oneForSender(senderId: string, preferredConnectionId: string): Member | undefined;
  /** Who joined a group, in order of joining (WS-24). */
  forGroup(groupId: string): Member[];
  /** Everybody, in order of coming. */
  all(): Member[];
  /** Senders that can be reached. */
  senders(): number;
}

interface Place<Member> {
  readonly member: Member;
  readonly senders: Set<string>;
  readonly groups: Set<string>;
}

/** `perSender` is the cap on connections of one sender. */
export function createRooms<Member>(perSender: () => number = () => Infinity): Rooms<Member> {
  const places = new Map<string, Place<Member>>();
  const bySender = new Map<string, Set<string>>();
  const byGroup = new Map<string, Set<string>>();
  const membersOf = (ids: Iterable<string>): Member[] =>
    [...ids].flatMap((id) => {
      const place = places.get(id);
      return place ? [place.member] : [];
    });

  function remove(connectionId: string): void {
    const place = places.get(connectionId);
    if (!place) return;
    places.delete(connectionId);
    for (const senderId of place.senders) drop(bySender, senderId, connectionId);
    for (const groupId of place.groups) drop(byGroup, groupId, connectionId);
  }

  return {
    remove,
    add(connectionId, member) {
      remove(connectionId);
      places.set(connectionId, { member, senders: new Set(), groups: new Set() });
    },
    speakAs(connectionId, senderId) {
      const place = places.get(connectionId);
      if (!place) return false;
      const isFirst = !place.senders.has(senderId);
      if (isFirst) forgetOldest(place.senders, limits.sendersPerConnection, (oldest) => drop(bySender, oldest, connectionId));
      place.senders.add(senderId);
      put(bySender, senderId, connectionId);
      return isFirst;
    },
    hasRoom(connectionId, senderId) {
      const connections = bySender.get(senderId);
      return !connections || connections.has(connectionId) || connections.size < perSender();
    },
    join(connectionId, groupId) {
      const place = places.get(connectionId);
      if (!place) return false;
      if (place.groups.has(groupId)) return true;
      if (place.groups.size >= limits.groupsPerConnection) return false;
      place.groups.add(groupId);
      put(byGroup, groupId, connectionId);
      return true;
    },
    leave(connectionId, groupId) {
      if (places.get(connectionId)?.groups.delete(groupId)) drop(byGroup, groupId, connectionId);
    },
    groupsOf: (connectionId) => [...(places.get(connectionId)?.groups ?? [])],
    forSender(senderId, preferredConnectionId) {
      const heard = [...(bySender.get(senderId) ?? [])].toReversed();
      if (preferredConnectionId === undefined || !heard.includes(preferredConnectionId)) return membersOf(heard);
      return membersOf([preferredConnectionId, ...heard.filter((id) => id !== preferredConnectionId)]);
    },
    oneForSender(senderId, preferredConnectionId) {
      const heard = bySender.get(senderId);
      if (!heard) return undefined;
      // Asked for every partial text: the others are not looked at when the preferred one is there.
      return places.get(heard.has(preferredConnectionId) ? preferredConnectionId : ([...heard].at(-1) ?? ""))?.member;
    },
    forGroup: (groupId) => membersOf(byGroup.get(groupId) ?? []),
    all: () => [...places.values()].map(({ member }) => member),
    senders: () => bySender.size,
  };
}

/** At the end of the set, also when it was in there: the order is that of the last time. */
function put(index: Map<string, Set<string>>, key: string, connectionId: string): void {
  const ids = index.get(key);
  if (!ids) index.set(key, new Set([connectionId]));
  else if (ids.size > 1 || !ids.has(connectionId)) {
    ids.delete(connectionId);
    ids.add(connectionId);
  }
}

function drop(index: Map<string, Set<string>>, key: string, connectionId: string): void {
  const ids = index.get(key);
  if (ids?.delete(connectionId) && ids.size === 0) index.delete(key);
}

function forgetOldest(known: Set<string>, most: number, forgotten: (oldest: string) => void): void {
  if (known.size < most) return;
  const [oldest] = known;
  if (oldest === undefined) return;
  known.delete(oldest);
  forgotten(oldest);
}
