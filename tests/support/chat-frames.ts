/** Frames of a channel, as short as they can be. */
export const typing = (messageId: string) => ({ type: "chat.typing", messageId });
export const stream = (messageId: string, content: string, more: object = {}) => ({ type: "chat.stream", messageId, content, done: false, ...more });
export const response = (messageId: string, content: string, more: object = {}) => ({ type: "chat.response", messageId, content, done: true, ...more });
export const failure = (messageId: string, code: string, error: string = code) => ({ type: "chat.error", messageId, code, error });
