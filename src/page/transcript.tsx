import type { VNode } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Boundary } from "./boundary.tsx";
import { EntryView, type EntryActs } from "./entry.tsx";
import { Icon } from "./icons.tsx";
import type { Talk } from "./state.ts";

/** px from the end within which a reader is taken to follow. */
const NEAR = 80;

/** What was said. It follows what is new for as long as the reader is at the end. */
export function Transcript({ talk, acts }: { talk: Talk; acts: EntryActs }): VNode {
  const scroller = useRef<HTMLDivElement>(null);
  const [follows, setFollows] = useState(true);
  const toEnd = (): void => scroller.current?.scrollTo({ top: scroller.current.scrollHeight });
  useLayoutEffect(() => {
    if (follows || talk.entries.at(-1)?.by === "me") toEnd();
  }, [talk.entries]);
  useEffect(() => {
    const element = scroller.current;
    if (!element) return undefined;
    const resized = new ResizeObserver(() => follows && toEnd());
    resized.observe(element);
    return () => resized.disconnect();
  }, [follows]);
  const look = (): void => {
    const element = scroller.current;
    if (element) setFollows(element.scrollHeight - element.scrollTop - element.clientHeight < NEAR);
  };
  return (
    <div class="transcript">
      <div class="scroller" ref={scroller} onScroll={look} tabIndex={0} role="log" aria-label="Conversation">
        {talk.entries.length === 0 ? (
          <Empty group={talk.id} />
        ) : (
          <ol>
            {talk.entries.map((entry) => (
              <Boundary key={`${entry.messageId} ${entry.by}`} entry={entry}>
                <EntryView entry={entry} acts={acts} />
              </Boundary>
            ))}
          </ol>
        )}
      </div>
      {!follows && (
        <button type="button" class="latest" onClick={toEnd}>
          <Icon name="down" /> Latest
        </button>
      )}
    </div>
  );
}

function Empty({ group }: { group: string }): VNode {
  return (
    <div class="empty">
      {group === "" ? (
        <>
          <h2>Say something</h2>
          <p>The answer appears here while the agent writes it. Quote a message, add files, or stop an answer at any time.</p>
        </>
      ) : (
        <>
          <h2>{group}</h2>
          <p>Everybody who joined this group reads along, and the agent answers all of you.</p>
        </>
      )}
      <p class="soft">
        The button <Icon name="frames" /> shows every frame that passes, and what is wrong with it.
      </p>
    </div>
  );
}
