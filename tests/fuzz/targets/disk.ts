import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { cutTurns } from "../../../src/account/cut.ts";
import { readEntries } from "../../../src/account/stored.ts";
import { ClawwireError } from "../../../src/core/errors.ts";
import { system } from "../../../src/core/system.ts";
import { type Journal, openJournal } from "../../../src/store/journal.ts";
import { openLogins, peekLogin } from "../../../src/store/logins.ts";
import { readSeen } from "../../../src/store/seen.ts";
import { silentLog } from "../../support/virtual.ts";
import { insist, oneByOne, type Target } from "../target.ts";

const AT = 1_790_000_000_000;
const CELLS = ["entry.inbound", "entry.lane", "entry.terminal", "entry.joined", "entry.attempts", "entry.at", "entry.handings", "said.text", "peer.inbound", "seen.kind", "seen.at", "posted.place", "posted.name", "reaction.emoji", "quarantine.text"];
const LOGIN_CELLS = ["version", "device_id", "user_id", "base_url", "activated_at", "access_token", "refresh_hash", "lease_holder", "lease_until", "logged_out_at", "seed", "greeting"].map((column) => `login.${column}`);

let folder: string | undefined;
let sound: { journal: Buffer; login: Buffer } | undefined;

/** Files as a gateway leaves them, with a row in every table. */
function begin(): { folder: string; journal: Buffer; login: Buffer } {
  // In memory where that is possible: reading is tried, and every opening waits for the disk.
  folder ??= mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "clawwire-fuzz-"));
  sound ??= { journal: writeJournal(join(folder, "journal")), login: writeLogin(join(folder, "login")) };
  return { folder, ...sound };
}

function writeJournal(file: string): Buffer {
  const journal = openJournal(file, { remembered: 200 });
  const inbound = (messageId: string) => JSON.stringify({ messageId, origin: { connectionId: "c" }, sender: { id: "ann", verified: true }, conversation: { kind: "direct", id: "ann" }, content: "hi", media: [], receivedAt: AT });
  for (let index = 0; index < 6; index++) journal.admit({ sender: "ann", messageId: `m${index}`, lane: "l", inbound: inbound(`m${index}`), at: AT }, [{ kind: "user", id: "ann", name: "Ann" }]);
  for (const messageId of ["m0", "m1", "m2"]) journal.start({ sender: "ann", messageId });
  journal.finish({ sender: "ann", messageId: "m0" }, JSON.stringify({ type: "response", content: "yes" }), AT);
  journal.remember("l", "m0", "hi", AT);
  journal.meet("direct:ann", inbound("m0"), AT);
  journal.quarantine("{oops", "not JSON", AT);
  journal.post({ conversation: "c", author: "ann", messageId: "m0", name: "m0", place: inbound("m0") }, AT);
  journal.react({ conversation: "c", name: "m0", actor: "ben", emoji: "👍" }, AT, false);
  journal.close();
  return readFileSync(file);
}

function writeLogin(file: string): Buffer {
  const logins = openLogins(file, system);
  logins.activate({ userId: "u", ownerUserId: "o", deviceId: "d", baseUrl: "https://chat.example" }, { accessToken: "a.b.c", refreshToken: "r", grantedAt: AT });
  logins.close();
  return readFileSync(file);
}

/** `["byte", at, value]`, `["cut", at]`, `["fill", at, value]`, `["text", at, text]` and `["cell", n, value]`: what has become of a file. */
function damage(file: string, bytes: Buffer, cells: readonly string[], patches: readonly unknown[]): void {
  let damaged = Buffer.from(bytes);
  const edits: [cell: string, value: string | number][] = [];
  for (const patch of patches) {
    const [what, first, second] = Array.isArray(patch) ? (patch as unknown[]) : [];
    const number = typeof first === "number" && Number.isFinite(first) ? Math.abs(Math.floor(first)) : 0;
    const at = damaged.length === 0 ? 0 : number % damaged.length;
    const byte = typeof second === "number" ? second & 255 : 0;
    if (what === "byte" && damaged.length > 0) damaged.writeUInt8(byte, at);
    else if (what === "cut") damaged = damaged.subarray(0, at);
    else if (what === "fill") damaged.fill(byte, at, Math.min(at + 512, damaged.length));
    else if (what === "text") damaged.write(String(second), at, "latin1");
    else if (what === "cell" && (typeof second === "string" || typeof second === "number")) edits.push([cells[number % cells.length] ?? "", second]);
  }
  for (const beside of ["-wal", "-shm", "-journal"]) rmSync(`${file}${beside}`, { force: true });
  writeFileSync(file, damaged);
  if (edits.length > 0) rewrite(file, edits);
}

function rewrite(file: string, edits: readonly (readonly [cell: string, value: string | number])[]): void {
  const database = new DatabaseSync(file);
  try {
    for (const [cell, value] of edits) {
      const [table = "", column = ""] = cell.split(".");
      try {
        database.prepare(`UPDATE ${table} SET ${column} = ?`).run(value);
      } catch {
        // What the damaged file does not take is not written.
      }
    }
  } finally {
    database.close();
  }
}

const readers: readonly ((journal: Journal) => unknown)[] = [
  (journal) => journal.find({ sender: "ann", messageId: "m0" }),
  (journal) => cutTurns(readEntries(journal.unfinished(), journal, AT, silentLog), () => undefined, () => false),
  (journal) => readEntries(journal.undelivered("ann", 0), journal, AT, silentLog),
  (journal) => journal.recall("l", "m0"),
  (journal) => journal.recent("l", 10),
  (journal) => journal.lastOf("direct:ann"),
  (journal) => journal.posted("m0", {}),
  (journal) => journal.start({ sender: "ann", messageId: "m1" }),
  (journal) => journal.admit({ sender: "ben", messageId: "new", lane: "l", inbound: "{}", at: AT }),
  (journal) => journal.react({ conversation: "c", name: "m0", actor: "cy", emoji: "x" }, AT, true),
  (journal) => journal.sweep({ finishedBefore: AT + 1, finishedAtMost: 1, saidBefore: AT + 1 }),
];

/** What `node:sqlite` says of a damaged file, and of a number that no number of ours can hold. */
const SQLITE = ["ERR_SQLITE_ERROR", "ERR_OUT_OF_RANGE"];

/** A damaged file shows as an error that says so; what else is thrown was not foreseen. */
function reported(run: () => unknown): void {
  try {
    run();
  } catch (thrown) {
    const isForeseen = thrown instanceof ClawwireError || (thrown instanceof Error && "code" in thrown && SQLITE.includes(String(thrown.code)));
    if (!isForeseen) throw thrown;
  }
}

function readJournal(file: string): void {
  for (const { kind, id, at } of readSeen(file)) insist(["user", "group", "member"].includes(kind) && typeof id === "string" && typeof at === "number", () => "somebody was seen who is nobody");
  reported(() => {
    const journal = openJournal(file, { remembered: 200 });
    try {
      for (const read of readers) reported(() => read(journal));
    } finally {
      journal.close();
    }
  });
}

function readLogin(file: string): void {
  peekLogin(file, system);
  reported(() => {
    const logins = openLogins(file, system);
    try {
      for (const read of [() => logins.read(), () => logins.version(), () => logins.deviceId("d2"), () => logins.claim({ version: 1, lease: { holder: "h", since: AT, until: AT + 1 } }), () => logins.claimGreeting(AT, 1)]) reported(read);
    } finally {
      logins.close();
    }
  });
}

function reading(name: "journal" | "login", cells: readonly string[], read: (file: string) => void): Target {
  return {
    name: `disk-${name}`,
    form: "json",
    batch: 20,
    isRepeatable: true,
    seeds: () => [
      "[]",
      ...Array.from({ length: 8 }, (_, at) => JSON.stringify([["byte", at * 12, 255]])),
      ...[0, 1, 100, 4_096, 5_000, 40_000].flatMap((at) => [["cut", at], ["fill", at, 0], ["fill", at, 255], ["text", at, "CREATE TABLE"]].map((patch) => JSON.stringify([patch]))),
      ...cells.flatMap((_, at) => ["{\"messageId\":7}", 2 ** 53].map((value) => JSON.stringify([["cell", at, value]]))),
    ],
    play: oneByOne((input) => {
      const { folder: inside, [name]: bytes } = begin();
      const file = join(inside, name);
      damage(file, bytes, cells, patchesOf(input));
      read(file);
    }),
    async stop() {
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
      folder = undefined;
      sound = undefined;
    },
  };
}

export const disk: readonly Target[] = [reading("journal", CELLS, readJournal), reading("login", LOGIN_CELLS, readLogin)];

function patchesOf(input: string): readonly unknown[] {
  try {
    const patches: unknown = JSON.parse(input);
    return Array.isArray(patches) ? (patches as unknown[]).slice(0, 40) : [];
  } catch {
    return [["text", input.length * 97, input]];
  }
}
