/** Whether a version tells peers that they may have to change: a new major one, or below 1.0.0 a new minor one. */
export function announcesBreak(old: string, now: string): boolean {
  const [was, is] = [partsOf(old), partsOf(now)];
  if (!was || !is) return false;
  if (is.major !== was.major) return is.major > was.major;
  return is.major === 0 && is.minor > was.minor;
}

function partsOf(version: string): { major: number; minor: number } | undefined {
  const [, major, minor] = /^(\d+)\.(\d+)(?:\.|$)/u.exec(version) ?? [];
  return major === undefined || minor === undefined ? undefined : { major: Number(major), minor: Number(minor) };
}

/** The next version that would announce a break. */
export function nextBreakingVersion(old: string): string {
  const was = partsOf(old);
  if (!was) return "1.0.0";
  return was.major === 0 ? `0.${was.minor + 1}.0` : `${was.major + 1}.0.0`;
}
