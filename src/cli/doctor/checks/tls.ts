import { connect, type PeerCertificate } from "node:tls";
import { isIP } from "node:net";
import { codeOf, messageOf } from "../../failure.ts";
import { addressesOf, type Check, fail, type Finding, gravest, pass, warn } from "../check.ts";

const DAY_MS = 86_400_000;
/** Authorities that renew by themselves do so a month before the end: two weeks before it something does not work. */
const WARN_DAYS = 14;

export const tls: Check = {
  name: "TLS",
  async run(patient, { timeoutMs, now }) {
    if (patient.block?.enabled === false) return undefined;
    const hosts = new Map(addressesOf(patient).flatMap((url) => hostIn(url)).map((host) => [`${host.name}:${host.port}`, host]));
    return gravest(await Promise.all([...hosts.values()].map(async (host) => judgeCertificate(host, await shake(host, timeoutMs), now()))));
  },
};

interface Host {
  name: string;
  port: number;
}

type Shaken = { ok: true; error?: string; validTo: string } | { ok: false; error: string; code?: string };

function hostIn(text: string): Host[] {
  const url = URL.parse(text);
  if (url?.protocol !== "wss:" && url?.protocol !== "https:") return [];
  return [{ name: url.hostname.replace(/^\[|\]$/g, ""), port: url.port === "" ? 443 : Number(url.port) }];
}

/** What is wrong with a certificate is looked at here, and not left to the library: its date is told even then. */
async function shake({ name, port }: Host, timeoutMs: number): Promise<Shaken> {
  const { promise, resolve } = Promise.withResolvers<Shaken>();
  const socket = connect({ host: name, port, rejectUnauthorized: false, timeout: timeoutMs, ...(isIP(name) === 0 && { servername: name }) });
  socket.once("secureConnect", () => {
    const certificate: Partial<PeerCertificate> = socket.getPeerCertificate();
    const error: unknown = socket.authorizationError;
    resolve({ ok: true, validTo: certificate.valid_to ?? "", ...(!socket.authorized && { error: error instanceof Error ? error.message : String(error) }) });
  });
  socket.once("timeout", () => resolve({ ok: false, error: `no TLS within ${timeoutMs / 1000} s` }));
  socket.on("error", (error) => {
    const code = codeOf(error);
    resolve({ ok: false, error: messageOf(error), ...(code !== undefined && { code }) });
  });
  const shaken = await promise;
  socket.destroy();
  return shaken;
}

export function judgeCertificate({ name, port }: Host, shaken: Shaken, now: number): Finding {
  const where = `${name}:${port}`;
  if (!shaken.ok) return fail(`${where}: ${shaken.error}`, shaken.code?.startsWith("ERR_SSL") || shaken.code === "EPROTO" ? "the server speaks no TLS there: check the port, or the scheme of the address" : "check that the server runs and that this machine reaches it");
  const days = Math.floor((Date.parse(shaken.validTo) - now) / DAY_MS);
  if (days < 0) return fail(`the certificate of ${where} has ended ${plural(-days)} ago`, "renew it on the server; if it was renewed, the server has to load it");
  if (shaken.error !== undefined) return fail(`the certificate of ${where} is not trusted: ${shaken.error}`, "give the server a certificate for its name by an authority that this machine trusts; for a private authority set NODE_EXTRA_CA_CERTS, for OpenClaw too");
  if (days < WARN_DAYS) return warn(`the certificate of ${where} ends in ${plural(days)}`, "look why it is not renewed by itself, and renew it");
  return pass(`the certificate of ${where} is good for another ${plural(days)}`);
}

function plural(days: number): string {
  return days === 1 ? "1 day" : `${days} days`;
}
