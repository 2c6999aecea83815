import type { VNode } from "preact";
import { memo } from "./memo.ts";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { CopyButton } from "./copy.tsx";
import { Icon, type IconName } from "./icons.tsx";
import { Link, Markdown } from "./markdown.tsx";
import type { Entry, FileNote, Quote, ToolUse } from "./state.ts";
import { clockOf, sizeOf } from "./words.ts";

export interface EntryActs {
  reply(entry: Entry): void;
  edit(entry: Entry): void;
  remove(entry: Entry): void;
  react(entry: Entry, emoji: string): void;
  /** Says it as a new message. */
  again(entry: Entry): void;
  has(extension: string): boolean;
}

/** One message or answer. Redrawn where it has changed, or what can be done to it. */
export const EntryView = memo(Message, (before, after) => before.entry === after.entry && before.acts.has("edit") === after.acts.has("edit"));

function Message({ entry, acts }: { entry: Entry; acts: EntryActs }): VNode {
  const { by, from, text, at, state, quote, files, media, thought, tools, isEdited, isDeleted } = entry;
  const name = by === "me" ? "You" : by === "agent" ? "Agent" : (from ?? "");
  const isWriting = by === "agent" && state === "writing";
  return (
    <li class={`entry ${by}${state === "failed" ? " failed" : ""}`} aria-busy={isWriting}>
      <div class="byline">
        <h2>{name}</h2>
        <time dateTime={new Date(at).toISOString()}>{clockOf(at)}</time>
        {by === "me" && state === "sending" && <span>not there yet</span>}
        {isEdited && !isDeleted && <span>edited</span>}
      </div>
      <div class="said">
        {quote && <QuoteView quote={quote} />}
        {thought !== "" && <Thought text={thought} isOver={text !== "" || !isWriting} />}
        {tools.length > 0 && <Tools tools={tools} />}
        {isDeleted ? <p class="soft">Deleted</p> : by === "me" ? text !== "" && <p class="plaintext">{text}</p> : text !== "" && <Markdown text={text} />}
        {files.length > 0 && <Files files={files} />}
        {media.length > 0 && <Media addresses={media} />}
        {isWriting && <Writing hasBegun={text !== ""} />}
        {by === "agent" && state === "done" && text === "" && media.length === 0 && !isDeleted && <p class="soft">The agent chose to say nothing.</p>}
      </div>
      {entry.failure && <Failure entry={entry} again={acts.again} />}
      <Reactions entry={entry} />
      {!isWriting && !isDeleted && <Doings entry={entry} acts={acts} />}
    </li>
  );
}

export function QuoteView({ quote: { from, text } }: { quote: Quote }): VNode {
  return (
    <blockquote class="quote">
      <span>{from}</span>
      <p>{text === "" ? "(no text)" : text}</p>
    </blockquote>
  );
}

/** Folded: it is there for who wants to know. */
function Thought({ text, isOver }: { text: string; isOver: boolean }): VNode {
  return (
    <details class="thought">
      <summary>{isOver ? "Thoughts" : "Thinking…"}</summary>
      <Markdown text={text} />
    </details>
  );
}

const toolWords: Readonly<Record<string, string>> = { started: "at work", completed: "done", failed: "failed" };

function Tools({ tools }: { tools: readonly ToolUse[] }): VNode {
  return (
    <ul class="tools" aria-label="Tools">
      {tools.map(({ id, tool, status }) => (
        <li key={id} class={status}>
          <Icon name="tool" /> <code>{tool}</code> <span>{toolWords[status] ?? status}</span>
        </li>
      ))}
    </ul>
  );
}

export function Files({ files, remove }: { files: readonly FileNote[]; remove?: (at: number) => void }): VNode {
  return (
    <ul class="files" aria-label="Files">
      {files.map(({ name, bytes }, at) => (
        <li key={`${at} ${name}`}>
          <Icon name="file" />
          <span class="cut">{name}</span>
          <span class="soft">{sizeOf(bytes)}</span>
          {remove && (
            <button type="button" class="plain" aria-label={`Remove ${name}`} onClick={() => remove(at)}>
              <Icon name="close" />
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}

/** Addresses: the page loads nothing from elsewhere by itself. */
function Media({ addresses }: { addresses: readonly string[] }): VNode {
  return (
    <ul class="files" aria-label="Files of the answer">
      {addresses.map((address) => (
        <li key={address}>
          <Icon name="file" />
          <span class="cut">
            <Link href={address}>{address}</Link>
          </span>
        </li>
      ))}
    </ul>
  );
}

function Writing({ hasBegun }: { hasBegun: boolean }): VNode {
  return (
    <p class="writing">
      <span class="dots" aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
      <span class="unseen">{hasBegun ? "The agent goes on writing" : "The agent is busy"}</span>
    </p>
  );
}

function Failure({ entry, again }: { entry: Entry; again(entry: Entry): void }): VNode | null {
  const { failure } = entry;
  if (!failure) return null;
  if (failure.code === "cancelled") return <p class="note">Stopped.</p>;
  return (
    <p class="fault" role="alert">
      <Icon name="warning" />
      <span>
        {failure.text} <code>{failure.code}</code>
      </span>
      {entry.by === "me" && (
        <button type="button" class="small" onClick={() => again(entry)}>
          {entry.files.length > 0 ? "Ask again without the files" : "Ask again"}
        </button>
      )}
    </p>
  );
}

function Reactions({ entry: { reactions } }: { entry: Entry }): VNode | null {
  if (reactions.length === 0) return null;
  return (
    <ul class="reactions" aria-label="Reactions">
      {reactions.map(({ emoji, by }) => (
        <li key={`${emoji} ${by}`} title={by}>
          {emoji} <span class="unseen">by {by}</span>
        </li>
      ))}
    </ul>
  );
}

const emojis = ["👍", "❤️", "😄", "🎉", "🤔"] as const;

function Doings({ entry, acts }: { entry: Entry; acts: EntryActs }): VNode {
  const [isChoosing, setChoosing] = useState(false);
  const first = useRef<HTMLButtonElement>(null);
  // Before the next picture: a key that follows at once is meant for them.
  useLayoutEffect(() => {
    if (isChoosing) first.current?.focus();
  }, [isChoosing]);
  const act = (icon: IconName, label: string, run: () => void): VNode => (
    <button type="button" class="plain" aria-label={label} title={label} onClick={run}>
      <Icon name={icon} />
    </button>
  );
  const mayChange = entry.by === "me" && entry.state === "done" && acts.has("edit");
  return (
    <div
      class={`acts${isChoosing ? " open" : ""}`}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !isChoosing) return;
        event.preventDefault();
        setChoosing(false);
      }}
    >
      {act("reply", "Answer this message", () => acts.reply(entry))}
      {entry.text !== "" && <CopyButton text={entry.text} label="" hint="Copy the text" />}
      {entry.by === "agent" && acts.has("reactions") && act("smile", "React", () => setChoosing(!isChoosing))}
      {mayChange && act("edit", "Edit", () => acts.edit(entry))}
      {mayChange && act("remove", "Delete", () => acts.remove(entry))}
      {isChoosing && (
        <span class="emojis" role="group" aria-label="Reactions">
          {emojis.map((emoji, at) => (
            <button
              key={emoji}
              type="button"
              class="plain"
              {...(at === 0 && { ref: first })}
              onClick={() => {
                acts.react(entry, emoji);
                setChoosing(false);
              }}
            >
              {emoji}
            </button>
          ))}
        </span>
      )}
    </div>
  );
}
