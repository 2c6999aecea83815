import { resolveChannelPreviewStreamMode, resolveChannelStreamingBlockEnabled } from "openclaw/plugin-sdk/channel-outbound";
import type { StreamingMode } from "../protocols/turn.ts";

export interface StreamingConfig {
  streaming: boolean | StreamingSettings;
}

interface StreamingSettings {
  mode?: StreamingMode;
  block?: { enabled?: boolean };
  preview?: { toolProgress?: boolean };
  progress?: { toolProgress?: boolean };
}

/** How a turn is shown. */
export interface Streaming {
  mode: StreamingMode;
  /** Peers that ask for it are told which tools are used. */
  showsTools: boolean;
}

/** What `streaming` says, read as the host reads it; where it names no mode it is one whose default is `off`. */
export function streamingOf({ streaming }: StreamingConfig): Streaming {
  const settings: StreamingSettings = typeof streaming === "object" ? streaming : { mode: streaming ? "partial" : "off" };
  const entry = { streaming: settings };
  const mode = resolveChannelStreamingBlockEnabled(entry) === true ? "block" : resolveChannelPreviewStreamMode(entry, "off");
  // The host shows tools in the mode `progress` only where told to, for they fill a chat; a peer that asks for them wants them.
  const showsTools = (mode === "progress" ? settings.progress : settings.preview)?.toolProgress ?? true;
  return { mode, showsTools };
}
