/**
 * What an application connects with: sends messages to an OpenClaw agent over its WebSocket channel, reads the answers
 * as they come, and goes on after a lost connection with nothing lost and nothing twice.
 *
 * @packageDocumentation
 */
export { type Chat, connect, type ConnectOptions, type SendMessage, type Signal } from "./chat.ts";
export { ChatError, type ChatErrorCode, type ClientCode, type Retry } from "./error.ts";
export type { Answer, Attachment, ChatEventName, ChatEvents, Failure, Fault, Post, SendOptions, State, Why } from "./model.ts";
export type { Part, Reply } from "./reply.ts";
export type { Socket, SocketClass, SocketEvent } from "./shell.ts";
