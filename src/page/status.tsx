import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { State } from "../client/index.ts";
import { every } from "../core/every.ts";
import { web } from "../core/web.ts";

/** How the connection is, and when it is tried again. */
export function StatusLine({ state, hurry, leave }: { state: State; hurry(): void; leave(): void }): VNode {
  const seconds = useCountdown(state.kind === "waiting" ? state.until : undefined);
  return (
    <div class="status">
      <span class={`dot ${state.kind}`} aria-hidden="true" />
      <span role="status" class="cut" title={state.kind === "open" ? "Connected" : state.text}>
        {state.kind === "open" ? "Connected" : state.kind === "connecting" ? "Connecting" : state.kind === "waiting" ? `Not connected. ${state.text}` : state.text}
      </span>
      {state.kind === "waiting" && (
        <>
          <span class="soft">again in {seconds} s</span>
          <button type="button" class="small" onClick={hurry}>
            Now
          </button>
        </>
      )}
      {state.kind === "closed" && (
        <button type="button" class="small" onClick={leave}>
          Start again
        </button>
      )}
    </div>
  );
}

/** Whole seconds until then. */
function useCountdown(until: number | undefined): number {
  const [, look] = useState(0);
  useEffect(() => {
    if (until === undefined) return undefined;
    return every(web, 250, () => look((looks) => looks + 1));
  }, [until]);
  return until === undefined ? 0 : Math.max(0, Math.ceil((until - web.now()) / 1000));
}
