import type { Log } from "../../src/core/ports.ts";

export { createVirtualSystem, settle, type VirtualSystem } from "../../src/testing/fake-clock.ts";

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
