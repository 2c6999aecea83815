export function isSuitable(version: string): boolean;
export function matchesLock(wanted: object, installed: object | undefined): boolean;
