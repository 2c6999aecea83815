/** RFC 7230: what a subprotocol may be made of. */
const allowed = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;

/** What is wrong with a token, or undefined. It quotes none of it. */
export function faultOfToken(token: unknown): string | undefined {
  if (typeof token !== "string" || token === "") return "The token has to be a text that is not empty.";
  if (allowed.test(token)) return undefined;
  const at = token.search(/[^A-Za-z0-9!#$%&'*+.^_`|~-]/);
  return `The token cannot travel as a WebSocket subprotocol: character ${at + 1} of it is none of A-Z a-z 0-9 !#$%&'*+-.^_\`|~. Use base64url instead of base64.`;
}

/** Without a token no subprotocol is offered: a browser gives up where an older server echoes none (WS-3). */
export function protocolsFor(token: string | undefined): string[] {
  return token === undefined ? [] : ["openclaw.chat.v1", `bearer.${token}`];
}
