/** A WebSocket frame as text of bytes; a client's has a mask, of zeros here, so that damage to it is damage to what it says. */
export function frameOf(head: number, payload: string, isMasked: boolean, length = payload.length): string {
  const mask = isMasked ? 0x80 : 0;
  const sizes = length < 126 ? [mask | length] : length < 65_536 ? [mask | 126, length >> 8, length & 255] : [mask | 127, 0, 0, 0, 0, length >>> 24, (length >> 16) & 255, (length >> 8) & 255, length & 255];
  return String.fromCharCode(head, ...sizes) + (isMasked ? "\0\0\0\0" : "") + payload;
}

export function bytesOf(text: string): Buffer {
  return Buffer.from(text, "latin1");
}

/** Texts, as bytes of UTF-8. */
export function utf8(text: string): string {
  return Buffer.from(text).toString("latin1");
}

/** Conversations of frames, good and bad, that every endpoint has to survive. */
export function framesAround(texts: readonly string[], isMasked: boolean): string[] {
  const frame = (head: number, payload: string, length?: number) => frameOf(head, payload, isMasked, length);
  const closing = (code: number, reason = "") => frame(0x88, String.fromCharCode(code >> 8, code & 255) + reason);
  return [
    ...texts.map((text) => frame(0x81, utf8(text))),
    ...texts.slice(0, 5).map((text) => frame(0x01, utf8(text.slice(0, 9))) + frame(0x89, "p") + frame(0x80, utf8(text.slice(9)))),
    texts.slice(0, 5).map((text) => frame(0x81, utf8(text))).join("") + closing(1000, "bye"),
    frame(0x82, "\u0000\u00ff"), frame(0x89, ""), frame(0x8a, "late"), frame(0xc1, "rsv"), frame(0x83, "unknown"), frame(0x80, "lonely"), frame(0x81, "\u00c3\u0028"), frame(0x81, "short", 70_000), frame(0x09, "cut ping"),
    frame(0x89, "x".repeat(126)), closing(1000), closing(1005), closing(4999, "x".repeat(123)), closing(65_535, "\u00ff"), frame(0x88, "\u0003"), frame(0x81, "{".repeat(3_000)), frame(0x01, "a") + frame(0x01, "b"), frame(0x01, "").repeat(30),
    String.fromCharCode(0x81, isMasked ? 0xff : 0x7f) + "\u007f\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff",
  ];
}
