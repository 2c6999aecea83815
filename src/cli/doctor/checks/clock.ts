import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { placeOf } from "../../../core/place.ts";
import { withoutSecrets } from "../../../core/redact.ts";
import { addressesOf, type Check, fail, type Finding, type Patient, pass, skip, warn } from "../check.ts";

/** The header has whole seconds, and the answer takes its time. */
const EXACT_MS = 2_000;
/** Tokens with an end are good for minutes, and frames that are older are not answered. */
const GRAVE_MS = 60_000;

/** Against every other machine that is asked something; the first that tells its time counts. */
export const clock: Check = {
  name: "clock",
  async run(patient, { timeoutMs, now }) {
    if (patient.block?.enabled === false) return undefined;
    if (addressesOf(patient).length === 0) return undefined;
    const addresses = addressesElsewhere(patient);
    if (addresses.length === 0) return skip("no other machine is asked anything, whose clock it could be compared with", BY_HAND);
    for (const url of addresses.toReversed()) {
      const read = await readDate(url, timeoutMs, now);
      if (read) return judgeDate(read, withoutSecrets(url));
    }
    return skip("no server has told its time", BY_HAND);
  },
};

const BY_HAND = "compare it by hand, with timedatectl or the settings of the system";

/** A clock agrees with itself, so neither what is on this machine counts, nor what the plugin listens on. */
function addressesElsewhere(patient: Patient): string[] {
  return addressesOf(patient).filter((url) => !(patient.listens && url === patient.target?.url) && placeOf(URL.parse(url)?.hostname ?? "") !== "this machine");
}

/** When an answer was asked for and came, and what time the server says it is. */
export interface DateRead {
  askedAt: number;
  cameAt: number;
  serverAt: number;
}

export function judgeDate({ askedAt, cameAt, serverAt }: DateRead, where: string): Finding {
  // Anything between the question and the answer may have been meant, and the second it names has 1000 ms.
  const offMs = serverAt > cameAt ? serverAt - cameAt : Math.min(0, serverAt + 1000 - askedAt);
  const words = `this machine's clock is ${describeMs(Math.abs(offMs))} ${offMs > 0 ? "behind" : "ahead of"} that of ${where}`;
  const remedy = "let the system set its clock by the network (timedatectl set-ntp true on Linux): tokens end by it, and old messages are told by it";
  if (Math.abs(offMs) <= EXACT_MS) return pass(`this machine and ${where} agree on the time`);
  return Math.abs(offMs) >= GRAVE_MS ? fail(words, remedy) : warn(words, remedy);
}

function describeMs(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

/** Whatever else is wrong with the answer, or with the certificate, is not looked at here; nothing secret is sent. */
async function readDate(url: string, timeoutMs: number, now: () => number): Promise<DateRead | undefined> {
  const parsed = URL.parse(withoutSecrets(url).replace(/^ws/, "http"));
  if (!parsed) return undefined;
  const { promise, resolve } = Promise.withResolvers<DateRead | undefined>();
  const askedAt = now();
  const options = { method: "HEAD", agent: false, timeout: timeoutMs, rejectUnauthorized: false } as const;
  const outgoing = (parsed.protocol === "https:" ? requestHttps : requestHttp)(parsed, options, (answer) => {
    const serverAt = Date.parse(answer.headers.date ?? "");
    resolve(Number.isNaN(serverAt) ? undefined : { askedAt, cameAt: now(), serverAt });
  });
  outgoing.on("timeout", () => resolve(undefined)).on("error", () => resolve(undefined)).end();
  const read = await promise;
  outgoing.destroy();
  return read;
}
