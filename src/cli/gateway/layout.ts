import path from "node:path";

/** Where one gateway of ours keeps everything it writes: nothing of it lies outside `root`. */
export interface Layout {
  root: string;
  /** OpenClaw's own state directory. */
  state: string;
  config: string;
  /** The gateway's `HOME`: what runs inside sees nothing of the person's own. */
  home: string;
  workspace: string;
  /** What the gateway prints. */
  output: string;
  /** What OpenClaw logs, as JSON lines. */
  log: string;
  /** Which tarball is installed. */
  installed: string;
  /** Who runs on this directory. */
  owner: string;
}

export function layoutOf(root: string): Layout {
  const state = path.join(root, "openclaw");
  return {
    root,
    state,
    config: path.join(state, "openclaw.json"),
    home: path.join(root, "home"),
    workspace: path.join(root, "workspace"),
    output: path.join(root, "gateway.log"),
    log: path.join(root, "openclaw.log"),
    installed: path.join(root, "installed.json"),
    owner: path.join(root, "running.json"),
  };
}
