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

/**
 * Ids in the order in which they were last heard of. Almost always there is one: thousands of sets of one would cost
 * more than all else that is known of a connection.
 */
type Few = string | Set<string>;

interface Place<Member> {
  readonly member: Member;
  senders: Few | undefined;
  groups: Few | undefined;
}

/** `perSender` is the cap on connections of one sender. */
export function createRooms<Member>(perSender: () => number = () => Infinity): Rooms<Member> {
  const places = new Map<string, Place<Member>>();
  const bySender = new Map<string, Few>();
  const byGroup = new Map<string, Few>();
  const membersOf = (ids: Iterable<string>): Member[] =>
    [...ids].flatMap((id) => {
      const place = places.get(id);
      return place ? [place.member] : [];
    });

  function remove(connectionId: string): void {
    const place = places.get(connectionId);
    if (!place) return;
    places.delete(connectionId);
    for (const senderId of listed(place.senders)) drop(bySender, senderId, connectionId);
    for (const groupId of listed(place.groups)) drop(byGroup, groupId, connectionId);
  }

  return {
    remove,
    add(connectionId, member) {
      remove(connectionId);
      places.set(connectionId, { member, senders: undefined, groups: undefined });
    },
    speakAs(connectionId, senderId) {
      const place = places.get(connectionId);
      if (!place) return false;
      const isFirst = !has(place.senders, senderId);
      const oldest = isFirst && sizeOf(place.senders) >= limits.sendersPerConnection ? listed(place.senders)[0] : undefined;
      if (oldest !== undefined) {
        place.senders = without(place.senders, oldest);
        drop(bySender, oldest, connectionId);
      }
      if (isFirst) place.senders = withLast(place.senders, senderId);
      bySender.set(senderId, withLast(bySender.get(senderId), connectionId));
      return isFirst;
    },
    hasRoom(connectionId, senderId) {
      const connections = bySender.get(senderId);
      return connections === undefined || has(connections, connectionId) || sizeOf(connections) < perSender();
    },
    join(connectionId, groupId) {
      const place = places.get(connectionId);
      if (!place) return false;
      if (has(place.groups, groupId)) return true;
      if (sizeOf(place.groups) >= limits.groupsPerConnection) return false;
      place.groups = withLast(place.groups, groupId);
      byGroup.set(groupId, withLast(byGroup.get(groupId), connectionId));
      return true;
    },
    leave(connectionId, groupId) {
      const place = places.get(connectionId);
      if (!has(place?.groups, groupId)) return;
      if (place) place.groups = without(place.groups, groupId);
      drop(byGroup, groupId, connectionId);
    },
    groupsOf: (connectionId) => [...listed(places.get(connectionId)?.groups)],
    forSender(senderId, preferredConnectionId) {
      const heard = listed(bySender.get(senderId)).toReversed();
      if (preferredConnectionId === undefined || !heard.includes(preferredConnectionId)) return membersOf(heard);
      return membersOf([preferredConnectionId, ...heard.filter((id) => id !== preferredConnectionId)]);
    },
    oneForSender(senderId, preferredConnectionId) {
      const heard = bySender.get(senderId);
      if (heard === undefined) return undefined;
      // Asked for every partial text: the others are not looked at when the preferred one is there.
      return places.get(has(heard, preferredConnectionId) ? preferredConnectionId : (listed(heard).at(-1) ?? ""))?.member;
    },
    forGroup: (groupId) => membersOf(listed(byGroup.get(groupId))),
    all: () => [...places.values()].map(({ member }) => member),
    senders: () => bySender.size,
  };
}

function listed(few: Few | undefined): readonly string[] {
  if (few === undefined) return [];
  return typeof few === "string" ? [few] : [...few];
}

function has(few: Few | undefined, id: string): boolean {
  return typeof few === "string" ? few === id : few?.has(id) === true;
}

function sizeOf(few: Few | undefined): number {
  if (few === undefined) return 0;
  return typeof few === "string" ? 1 : few.size;
}

/** At the end, also when it was in there: the order is that of the last time. */
function withLast(few: Few | undefined, id: string): Few {
  if (few === undefined || few === id) return id;
  if (typeof few === "string") return new Set([few, id]);
  few.delete(id);
  return few.add(id);
}

function without(few: Few | undefined, id: string): Few | undefined {
  if (few === undefined || few === id) return undefined;
  if (typeof few === "string") return few;
  few.delete(id);
  return few.size === 0 ? undefined : few;
}

function drop(index: Map<string, Few>, key: string, connectionId: string): void {
  const left = without(index.get(key), connectionId);
  if (left === undefined) index.delete(key);
  else index.set(key, left);
}
