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
  /** Senders, groups and members of groups of one account that are remembered as seen; the one seen longest ago is forgotten. */
  seenRows: 10_000,
  /** ms a command beside the gateway waits to read them. */
  seenLockMs: 1_000,
  /** Messages of one account that may still be edited, deleted or reacted to. */
  postedMessages: 10_000,
  /** Reactions of people to one message that are told apart. */
  reactionsPerMessage: 256,
  /** Code points of the new text of a message that the agent edits. */
  editCodePoints: 65_536,
  /** Code points of an edited text that the agent is told at once. */
  toldCodePoints: 1_000,
  /** Frames that could not be understood and are kept to be looked into. */
  quarantineRows: 1_000,
  /** Bytes of such a frame that are kept. */
  quarantineBytes: 65_536,
  /** ms between two looks for what the journal may forget. */
  sweepEveryMs: 60_000,
  /** ms until the host must have decided whether a sender is let in. */
  accessMs: 10_000,
  /** ms for which the host keeps a pairing code. */
  pairingCodeMs: 3_600_000,
  /** ms between two looks whether somebody who was given a code has been approved. */
  pairingLookMs: 2_000,
  /** ms for which an approved sender who is away is still told of it. */
  pairingTellMs: 7 * 86_400_000,
  /** ms until whoever said something unasked hears what became of it. */
  announcementMs: 30_000,
  /** Groups of which a title and the last message are remembered. */
  groupsKnown: 512,
  /** ms after which settings of groups that could not be had are asked for again. */
  groupSettingsAgainMs: 5_000,
  /** ms until a login must be there, or known not to be, before a dial. */
  loginWaitMs: 60_000,
  /** ms for putting a file on a server. */
  uploadMs: 120_000,
  /** ms after its abort in which an agent's turn must have ended, or is ended without it. */
  abortMs: 10_000,
  /** Messages that may wait over all conversations of an account. */
  queuedTotal: 10_000,
  /** ms after which a peer is asked, by another connection, for what could not be stored. */
  unstoredAgainMs: 60_000,
  /** ms between two looks whether there is room for messages that wait for it. */
  parkedLookMs: 1_000,
  /** Replies that waited for the link and leave together, before the next ones `replyAgainMs` later. */
  repliesAtOnce: 200,
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
  /** ms in which a page has to be taken that was asked for. */
  edgePageMs: 30_000,
  /** ms between two looks for requests that are over these times. */
  edgeCheckMs: 1_000,
  /** Bytes of a request line with its headers; a token may be among them. */
  edgeHeaderBytes: 12_288,
  /** Fragments of one WebSocket message. */
  edgeFragments: 1_024,
  /** Pieces, as the network delivers them, of one unfinished frame: one of 1 MiB in pieces of 64 bytes fits. */
  edgeChunks: 20_480,
  /** Pongs of one connection that have not left; at one more ping it is terminated. */
  edgePongs: 60,
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
  /** ms between two looks whether the token of a connection has ended, or is to be shown to the verifier again. */
  tokenLookMs: 1_000,
  /** ms for which a connection whose token has ended may go on with the frame that is being handled. */
  tokenGraceMs: 15_000,
  /** Tokens of one account's open connections that are shown to the verifier again at once. */
  tokenChecksAtOnce: 16,
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
  linkChunks: 20_480,
  /** Pongs of a link that have not left; at one more ping of the server the link is lost. */
  linkPongs: 60,
  /** Kinds of loss of which each is warned about once, until a link is proven. */
  linkWarnings: 32,
  /** ms for which it counts how often another connection of the same account has pushed this one out. */
  takeoverWindowMs: 600_000,
  /** ms of a REST call, looking up the server's name included. */
  restMs: 30_000,
  /** Bytes of a REST answer. */
  restBodyBytes: 1_048_576,
  /** ms more for which nobody else may refresh. */
  leaseMarginMs: 15_000,
  /** ms between two looks whether another process has finished its refresh. */
  leaseLookMs: 500,
  /**
   * ms between the end of a lease that was not given back and a call of the next holder. Longer than a call lasts, for
   * the machine may only have slept, and than the one before needs to write what it got, for its disk may only have been full.
   */
  leaseGraceMs: 16_000,
  /** ms between two looks at a wait that may last days: so much later a sleep of the machine is noticed. */
  loginLegMs: 60_000,
  /** ms until a login that cannot be written is given up when its account stops. */
  loginStopMs: 5_000,
  /** Chats of one account in which the agent is shown typing at once. */
  typingChats: 512,
  /** Answers of one account that are shown while they grow, and as many that are not shown any more. */
  openStreams: 512,
  /** Messages on one link that the peer has not acknowledged; with more it is given up. */
  awaitedAcks: 1_024,
  /** Copies the peer made of streams that wait for their author's own message. */
  heldCopies: 64,
  /** Ids of messages that are remembered so that such a copy is known as late. */
  finalIds: 1_024,
  /** Conversations of which it is remembered how new the last notice about them was. */
  noticedConversations: 512,
} as const;

/** Those of the client library, apart from the others: a browser loads them. */
export const clientLimits = {
  /** Messages of a chat that have no answer yet; one more fails. As many other frames may wait for a connection. */
  waiting: 100,
  /** Ids of messages whose answer was told, and is not told again. */
  endedIds: 256,
  /** Messages on their way that the server has not taken yet: eight are kept while it asks its verifier, and ten refusals in a row end a connection (WS-5, WS-10). */
  window: 8,
  /** The same on a connection on which the server has taken nothing yet. */
  firstWindow: 4,
  /** ms for the token function of an application. */
  tokenMs: 30_000,
  /** ms from the dial to the open socket. */
  openMs: 15_000,
  /** ms in which a server that knows `chat.hello` answers it: it gives its verifier ten seconds. */
  greetMs: 12_000,
  /** ms after an error without a message in which a server that means the connection closes it. */
  complaintMs: 300,
  /** ms of silence after which the server is asked for a sign of life, and ms for that. */
  silentMs: 30_000,
  probeMs: 10_000,
  /** ms after which a connection of a server that says nothing has proven itself, too. */
  provenMs: 5_000,
  /** ms for which a repeat is known to the server as one, less what a frame may be under way (WS-14). */
  repeatMs: 290_000,
  /** ms until a message is sent again that found no room. */
  holdMs: 5_000,
  /** ms it waits at most for its rate, whatever the server says. */
  longestHoldMs: 60_000,
  /** ms between two dials, at first and at most; the random part is as long again, or five times the first. */
  backoff: { baseMs: 250, maxMs: 30_000 },
} as const;
