import type { VNode } from "preact";
import { useEffect, useLayoutEffect, useReducer, useRef, useState } from "preact/hooks";
import type { State } from "../client/index.ts";
import { every } from "../core/every.ts";
import { web } from "../core/web.ts";
import { Composer, type Draft } from "./composer.tsx";
import type { Frame } from "./frames.ts";
import { Icon } from "./icons.tsx";
import { Inspector } from "./inspector.tsx";
import type { Contact } from "./keep.ts";
import { type Live, openLive, type Who } from "./live.ts";
import { SchemeButton } from "./scheme.tsx";
import { Side } from "./side.tsx";
import { emptyRoom, type Entry, next, quoteOf, type Room } from "./state.ts";
import { StatusLine } from "./status.tsx";
import { loadRoom, saveRoom } from "./storage.ts";
import { Transcript } from "./transcript.tsx";

/** Frames that the inspector remembers. */
const FRAMES = 500;

interface RoomViewProps {
  url: string;
  who: Who;
  /** Back to the question who speaks. */
  leave(why?: string): void;
}

/** What the inspector shows: nothing, the frames, or the meaning of a message. */
export type Panel = { readonly shows: "nothing" } | { readonly shows: "frames" } | { readonly shows: "messages"; readonly type?: string };

export function RoomView({ url, who, leave }: RoomViewProps): VNode {
  const [kept] = useState(() => loadRoom(url, who));
  const [room, tell] = useReducer(next, kept.room);
  const [state, setState] = useState<State>({ kind: "connecting", why: "start", text: "" });
  const [frames, setFrames] = useState<readonly Frame[]>([]);
  const [fault, setFault] = useState("");
  const [panel, setPanel] = useState<Panel>({ shows: "nothing" });
  const [isSideOpen, setSideOpen] = useState(false);
  const [draft, setDraft] = useState<Draft>({ is: "new" });
  const live = useRef<Live>(null);
  const contact = useRef(kept.contact);

  // Before the first picture: who types at once says it to somebody.
  useLayoutEffect(() => {
    let isOpen = false;
    const opened = openLive(url, who, {
      room: tell,
      state(heard) {
        isOpen = heard.kind === "open";
        if (heard.kind === "open") contact.current = { at: web.now(), senderId: heard.senderId };
        if (heard.kind === "closed" && heard.why === "token_refused") leave(heard.text);
        else setState(heard);
      },
      frame(frame) {
        // Before it is open the gateway does not say whom it speaks to.
        if (isOpen && frame.way === "received") contact.current = { ...contact.current, at: frame.at };
        setFrames((before) => [...before, frame].slice(-FRAMES));
      },
      fault: setFault,
    });
    live.current = opened;
    for (const { id } of kept.room.talks) if (id !== "") opened.join(id);
    for (const { talk, entry, sent } of kept.again) opened.say({ talk, text: entry.text, files: entry.files, quote: entry.quote, messageId: entry.messageId, sent });
    return () => opened.close();
  }, []);

  useKeeping(url, who, room, state, contact);
  useEscape(() => {
    if (isSideOpen) setSideOpen(false);
    else if (draft.is !== "new") setDraft({ is: "new" });
    else setPanel({ shows: "nothing" });
  });

  const talk = room.talks.find(({ id }) => id === room.current) ?? emptyRoom.talks[0];
  if (!talk) return <main />;
  const has = (extension: string): boolean => state.kind === "open" && state.extensions.includes(extension);
  const open = (id: string): void => {
    // An answer that another tab has left to this one may be of a group that was not joined here.
    if (id !== "") live.current?.join(id);
    tell({ on: "opened", talk: id });
    setSideOpen(false);
    setDraft({ is: "new" });
  };
  const acts = {
    reply: (entry: Entry) => setDraft({ is: "reply", quote: quoteOf(entry) }),
    edit: (entry: Entry) => setDraft({ is: "edit", entry }),
    remove: (entry: Entry) => live.current?.remove(entry.messageId),
    react(entry: Entry, emoji: string) {
      const isOff = entry.reactions.some((each) => each.by === "you" && each.emoji === emoji);
      live.current?.react(entry.messageId, emoji, { remove: isOff });
      tell({ on: "reacted", messageId: entry.messageId, emoji, isOff, by: "you" });
    },
    again: (entry: Entry) => live.current?.say({ talk: talk.id, text: entry.text, files: [], quote: entry.quote }),
    has,
  };
  const running = talk.entries.filter(({ by, state: is }) => by === "me" && (is === "sending" || is === "taken"));
  const toggle = (shows: "frames" | "messages"): void => setPanel(panel.shows === shows ? { shows: "nothing" } : { shows });

  return (
    <div class={`room${panel.shows === "nothing" ? "" : " inspected"}${isSideOpen ? " sided" : ""}`}>
      <a class="skip" href="#say">
        Skip to the message
      </a>
      <Side room={room} who={who} state={state} open={open} leave={() => leave()} isOpen={isSideOpen} close={() => setSideOpen(false)} />
      <main>
        <header class="bar">
          <button type="button" class="plain narrow" aria-label="Conversations" aria-expanded={isSideOpen} onClick={() => setSideOpen(true)}>
            <Icon name="menu" />
          </button>
          <h1>{talk.id === "" ? "Agent" : talk.id}</h1>
          {talk.id !== "" && (
            <button
              type="button"
              class="small"
              onClick={() => {
                live.current?.leave(talk.id);
                tell({ on: "left", talk: talk.id });
              }}
            >
              Leave
            </button>
          )}
          <span class="grow" />
          <StatusLine state={state} hurry={() => live.current?.hurry()} leave={() => leave()} />
          <button type="button" class="plain" aria-label="Messages of the protocol" title="Messages of the protocol" aria-pressed={panel.shows === "messages"} onClick={() => toggle("messages")}>
            <Icon name="book" />
          </button>
          <button type="button" class="plain" aria-label="Frames" title="Frames" aria-pressed={panel.shows === "frames"} onClick={() => toggle("frames")}>
            <Icon name="frames" />
          </button>
          <SchemeButton />
        </header>
        {fault !== "" && (
          <p class="fault strip" role="alert">
            <Icon name="warning" /> <span class="grow">{fault}</span>
            <button type="button" class="plain" aria-label="Close this notice" onClick={() => setFault("")}>
              <Icon name="close" />
            </button>
          </p>
        )}
        <Transcript key={talk.id} talk={talk} acts={acts} />
        <Composer
          key={`${talk.id} ${draft.is === "edit" ? draft.entry.messageId : ""}`}
          talk={talk.id}
          draft={draft}
          drop={() => setDraft({ is: "new" })}
          takesFiles={state.kind !== "open" || has("media")}
          stop={running.length > 0 ? () => running.forEach(({ messageId }) => live.current?.stop(messageId)) : undefined}
          say={(text, files) => {
            if (draft.is === "edit") live.current?.edit(draft.entry.messageId, text);
            else live.current?.say({ talk: talk.id, text, files, quote: draft.is === "reply" ? draft.quote : undefined });
            setDraft({ is: "new" });
          }}
        />
      </main>
      {panel.shows !== "nothing" && <Inspector panel={panel} frames={frames} show={setPanel} clear={() => setFrames([])} say={(text) => live.current?.sayRaw(text) ?? false} />}
    </div>
  );
}

/** A reload loses nothing: what is there is written down soon after it changes, and when the page goes. */
function useKeeping(url: string, who: Who, room: Room, state: State, contact: { readonly current: Contact | undefined }): void {
  const newest = useRef(room);
  newest.current = room;
  const save = (): void => saveRoom(url, who, { room: newest.current, contact: contact.current });
  // Ended before the next picture, not after it: whoever forgets the room then is not followed by one more save.
  useLayoutEffect(() => web.after(150, save), [room, state]);
  useLayoutEffect(() => {
    // Also while nothing is said: when the gateway was heard last counts.
    const end = every(web, 10_000, save);
    addEventListener("pagehide", save);
    return () => {
      save();
      end();
      removeEventListener("pagehide", save);
    };
  }, []);
}

function useEscape(close: () => void): void {
  const newest = useRef(close);
  newest.current = close;
  useEffect(() => {
    const heard = (event: KeyboardEvent): void => {
      if (event.key === "Escape" && !event.defaultPrevented) newest.current();
    };
    addEventListener("keydown", heard);
    return () => removeEventListener("keydown", heard);
  }, []);
}
