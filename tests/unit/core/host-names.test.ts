import { describe, expect, it } from "vitest";
import { bracketed, reachable } from "../../../src/core/host-names.ts";

describe("a host in a URL", () => {
  it.each([
    ["127.0.0.1", "127.0.0.1", "127.0.0.1"],
    ["gateway.local", "gateway.local", "gateway.local"],
    ["::1", "[::1]", "[::1]"],
    ["[::1]", "[::1]", "[::1]"],
    ["0.0.0.0", "0.0.0.0", "127.0.0.1"],
    ["::", "[::]", "[::1]"],
  ])("is %s as %s, and %s to a client beside it", (host, written, near) => {
    expect([bracketed(host), reachable(host)]).toEqual([written, near]);
    expect(new URL(`ws://${bracketed(host)}:18800/ws`).port).toBe("18800");
  });
});
