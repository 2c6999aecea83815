/**
 * Bounds of ours that no wire document states. What an operator may set is in `spec/config`, what a wire fixes in the
 * `x-limits` of its document.
 */
export const limits = {
  /** ms a writer waits for the journal's lock, held only by a previous process that is about to end. */
  journalLockMs: 5_000,
  /** Runs of one admitted message, crashes included, before it is answered with an error. */
  turnAttempts: 3,
  /** ms after which a message that a crash left unfinished is answered with an error instead of being run. */
  replayMaxAgeMs: 3_600_000,
  /** ms for which what was said is kept for quotes. */
  rememberMs: 30 * 86_400_000,
  /** ms between two looks for what the journal may forget. */
  sweepEveryMs: 60_000,
  /** ms until the host must have decided whether a sender is let in. */
  accessMs: 10_000,
  /** ms after its abort in which an agent's turn must have ended, or is ended without it. */
  abortMs: 10_000,
  /** Messages that may wait over all conversations of an account. */
  queuedTotal: 10_000,
  /** ms after which a reply that could not leave although the link is there is tried again. */
  replyAgainMs: 1_000,
  /** Code points of one answer; what is longer is cut, with a mark. */
  answerCodePoints: 262_144,
  /** Code points of an error text that reaches a peer. */
  errorCodePoints: 300,
  /** Code points of a name or id of a peer in a log line. */
  loggedCodePoints: 80,
  /** ms until the headers of an HTTP request are complete. */
  edgeHeadersMs: 5_000,
  /** ms until an HTTP request is complete. */
  edgeRequestMs: 10_000,
  /** ms between two looks for requests that are over these times. */
  edgeCheckMs: 1_000,
  /** Bytes of a request line with its headers; a token may be among them. */
  edgeHeaderBytes: 12_288,
  /** Fragments of one WebSocket message. */
  edgeFragments: 1_024,
  /** Pieces, as the network delivers them, of one unfinished frame. */
  edgeChunks: 16_384,
  /** Connections of one account in admission at once. */
  edgePending: 512,
  /** Connections from one address in admission at once; behind a proxy all of them have one address. */
  edgePendingPerAddress: 256,
  /** Sockets beyond what the accounts may hold: those without a request yet and those turned away with a close code. */
  edgeSpareSockets: 1_024,
  /** Frames of one connection that wait for a handler before its socket is not read any more. */
  edgeWaitingFrames: 8,
  /** ms more for an admission whose deadline our own event loop overslept by as much. */
  edgeGraceMs: 1_000,
  /** ms to wait for a port that our own previous listener is about to leave. */
  edgeRebindMs: 5_000,
  /** ms between two tries of it. */
  edgeRebindEveryMs: 50,
  /** ms during which what strangers cause is counted instead of logged, kind by kind. */
  noteEveryMs: 60_000,
  /** Senders one connection may speak for at once, where it names them itself; the one named longest ago is forgotten. */
  sendersPerConnection: 256,
  /** Groups one connection may follow. */
  groupsPerConnection: 256,
  /** Bytes of a verifier's answer. */
  verifyBodyBytes: 65_536,
  /** Positive answers of the verifier that are remembered at once. */
  verifyCacheEntries: 1_000,
  /** ms between two looks at a link or at a wait: so much later a sleep of the machine is noticed. */
  linkLookMs: 500,
  /** ms a peer has at least to answer a ping before its silence counts, for example after we ourselves stood still. */
  linkGraceMs: 2_000,
  /** ms until a socket that is given up has to be gone, and until a stop is over. */
  linkCloseMs: 1_500,
  /** ms of silence after which the peer is asked for a pong before a finished reply is handed to the socket: of one that was heard just now the link is known to live. */
  linkQuietMs: 250,
  /** Frames of a link that wait for their handler before the socket is not read any more. */
  linkWaitingFrames: 8,
  /** Unsent bytes in the socket beyond which frames wait outside, where later ones can still replace them. */
  linkWindowBytes: 262_144,
  /** Unsent bytes beyond which the link is congested. */
  linkCongestedBytes: 1_048_576,
  /** Unsent bytes beyond which the peer is suspected not to read. */
  linkStuckBytes: 4_194_304,
  /** ms for which it may go on like that. */
  linkStuckMs: 30_000,
  /** Bytes of frames that wait to leave; what does not fit is not taken. */
  linkOutboxBytes: 16_777_216,
  /** Frames that wait to leave. */
  linkOutboxFrames: 16_384,
  /** Fragments of one WebSocket message from a server. */
  linkFragments: 1_024,
  /** Pieces, as the network delivers them, of one unfinished frame from a server. */
  linkChunks: 16_384,
  /** Kinds of loss of which each is warned about once, until a link is proven. */
  linkWarnings: 32,
} as const;
