import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import messages from "clawwire:messages";
import { CopyButton } from "./copy.tsx";
import type { Frame } from "./frames.ts";
import { judge } from "./frames.ts";
import { Icon } from "./icons.tsx";
import { MessageList } from "./messages.tsx";
import type { Panel } from "./room.tsx";
import { preciseClockOf, sizeOf } from "./words.ts";

interface InspectorProps {
  panel: Exclude<Panel, { shows: "nothing" }>;
  frames: readonly Frame[];
  show(panel: Panel): void;
  clear(): void;
  /** Says a frame by hand; false without a connection. */
  say(text: string): boolean;
}

/** Every frame that passed, with what the generated validators say of it, and what each message means. */
export function Inspector({ panel, frames, show, clear, say }: InspectorProps): VNode {
  const isFrames = panel.shows === "frames";
  return (
    <aside class="inspector" aria-label="Inspector">
      <header class="bar">
        <h2 class="unseen">Inspector</h2>
        <div class="tabs">
          <button type="button" aria-pressed={isFrames} onClick={() => show({ shows: "frames" })}>
            Frames
          </button>
          <button type="button" aria-pressed={!isFrames} onClick={() => show({ shows: "messages" })}>
            Messages
          </button>
        </div>
        <span class="grow" />
        {isFrames && frames.length > 0 && (
          <button type="button" class="small" onClick={clear}>
            Clear
          </button>
        )}
        <button type="button" class="plain" aria-label="Close the inspector" title="Close the inspector" onClick={() => show({ shows: "nothing" })}>
          <Icon name="close" />
        </button>
      </header>
      {isFrames ? <Frames frames={frames} explain={(type) => show({ shows: "messages", type })} say={say} /> : <MessageList type={panel.type} />}
    </aside>
  );
}

function Frames({ frames, explain, say }: { frames: readonly Frame[]; explain(type: string): void; say(text: string): boolean }): VNode {
  const scroller = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = scroller.current;
    if (element && element.scrollHeight - element.scrollTop - element.clientHeight < 200) element.scrollTop = element.scrollHeight;
  }, [frames]);
  return (
    <>
      <div class="scroller" ref={scroller} tabIndex={0} role="region" aria-label="Frames">
        {frames.length === 0 ? (
          <div class="empty">
            <h3>Nothing has passed yet</h3>
            <p>Frames appear here in both directions as soon as there are any.</p>
          </div>
        ) : (
          <ol class="frames">
            {frames.map((frame) => (
              <FrameView key={frame.n} frame={frame} explain={explain} />
            ))}
          </ol>
        )}
      </div>
      <ByHand say={say} />
    </>
  );
}

const ways = { sent: "sent", received: "received", event: "" } as const;

function FrameView({ frame: { at, way, type, bytes, shown, verdict }, explain }: { frame: Frame; explain(type: string): void }): VNode {
  const [isOpen, setOpen] = useState(false);
  if (way === "event") {
    return (
      <li class="frame event">
        <time>{preciseClockOf(at)}</time> {type} <span class="cut">{shown}</span>
      </li>
    );
  }
  const isDocumented = messages.some((message) => message.type === type);
  return (
    <li class={`frame ${way}${verdict.ok ? "" : " invalid"}`}>
      <button type="button" class="line" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <span class="way" aria-hidden="true">
          {way === "sent" ? "↑" : "↓"}
        </span>
        <span class="unseen">{ways[way]}</span>
        <code class="cut">{type}</code>
        <span class="grow" />
        <span class="soft">{sizeOf(bytes)}</span>
        <time class="soft">{preciseClockOf(at)}</time>
        <span class={verdict.ok ? "verdict" : "verdict invalid"}>{verdict.ok ? "valid" : "invalid"}</span>
      </button>
      {!verdict.ok && (
        <p class="fault">
          <Icon name="warning" />
          <span>
            {verdict.where !== "" && <code>{verdict.where}</code>} {verdict.text}
          </span>
        </p>
      )}
      {isOpen && (
        <div class="detail">
          <pre tabIndex={0} role="group" aria-label="The frame">
            <code>{shown}</code>
          </pre>
          <p class="row">
            <CopyButton text={shown} />
            {isDocumented && (
              <button type="button" class="small" onClick={() => explain(type)}>
                <Icon name="book" /> What {type} means
              </button>
            )}
          </p>
        </div>
      )}
    </li>
  );
}

const example = '{"type":"chat.send","content":"Hello"}';

/** For those who want to see what the gateway answers to a frame of their own, a wrong one too. */
function ByHand({ say }: { say(text: string): boolean }): VNode {
  const [text, setText] = useState("");
  const [isAway, setAway] = useState(false);
  const { verdict } = judge(0, "sent", text, 0);
  return (
    <form
      class="byhand"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() === "") return;
        setAway(!say(text));
      }}
    >
      <label for="frame">A frame by hand</label>
      <textarea id="frame" rows={3} spellcheck={false} placeholder={example} value={text} onInput={(event) => setText(event.currentTarget.value)} />
      <div class="row">
        <button type="submit" class="small">
          Send as it is
        </button>
        <span class="hint" aria-live="polite">
          {isAway ? "There is no connection." : text.trim() === "" ? "Also a wrong one, to see what comes of it." : verdict.ok ? "Valid." : verdict.text}
        </span>
      </div>
    </form>
  );
}
