import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Files, QuoteView } from "./entry.tsx";
import { Icon } from "./icons.tsx";
import type { Entry, FileNote, Quote } from "./state.ts";
import { base64Length, sizeOf } from "./words.ts";

/** What the message will be: a new one, one that quotes another, or another text of one that was said. */
export type Draft = { readonly is: "new" } | { readonly is: "reply"; readonly quote: Quote } | { readonly is: "edit"; readonly entry: Entry };

interface ComposerProps {
  talk: string;
  draft: Draft;
  /** Gives up what the draft refers to. */
  drop(): void;
  takesFiles: boolean;
  /** Set while the agent answers. */
  stop: (() => void) | undefined;
  say(text: string, files: readonly FileNote[]): void;
}

/** Characters that a frame has room for, beside what else is in it (`limits.maxPayload`). */
const ROOM = 1_000_000;
/** `media` takes no more. */
const MOST_FILES = 16;

/** Why these files do not go with one message. */
function excess(files: readonly { readonly bytes: number }[]): string | undefined {
  if (files.length > MOST_FILES) return `A message takes ${MOST_FILES} files at most.`;
  if (files.reduce((sum, { bytes }) => sum + base64Length(bytes), 0) <= ROOM) return undefined;
  return `Files go inside the frame, which has room for ${sizeOf(Math.floor((ROOM * 3) / 4))} of them: these are ${sizeOf(files.reduce((sum, { bytes }) => sum + bytes, 0))}.`;
}

export function Composer({ talk, draft, drop, takesFiles, stop, say }: ComposerProps): VNode {
  const [text, setText] = useState(draft.is === "edit" ? draft.entry.text : "");
  const [files, draw] = useState<readonly FileNote[]>([]);
  // What is added while other files are read is added to those, not to what was there before.
  const newest = useRef(files);
  const setFiles = (next: readonly FileNote[]): void => draw((newest.current = next));
  const [fault, setFault] = useState("");
  const field = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  useEffect(() => {
    // Where a finger points, a keyboard would cover half of what is there to read.
    if (matchMedia("(hover: hover)").matches || draft.is !== "new") field.current?.focus();
  }, [talk, draft]);
  // Grows with its text.
  useEffect(() => {
    if (!field.current) return;
    field.current.style.height = "auto";
    field.current.style.height = `${Math.min(field.current.scrollHeight, 240)}px`;
  }, [text]);

  const mayFile = takesFiles && draft.is !== "edit";
  const add = async (chosen: readonly File[]): Promise<void> => {
    if (chosen.length === 0 || !mayFile) return;
    // By their sizes first: what is too large is not read, and a film would fill the memory of the tab.
    const early = excess([...newest.current, ...chosen.map(({ size }) => ({ bytes: size }))]);
    setFault(early ?? "");
    if (early !== undefined) return;
    try {
      const read = await Promise.all(chosen.map(readFile));
      const all = [...newest.current, ...read];
      const late = excess(all);
      if (late === undefined) setFiles(all);
      else setFault(late);
    } catch (thrown) {
      setFault(String(thrown instanceof Error ? thrown.message : thrown));
    }
  };
  const isBlank = text.trim() === "" && files.length === 0;
  const send = (): void => {
    if (isBlank) return;
    say(text.trim() === "" ? " " : text, files);
    setText("");
    setFiles([]);
    setFault("");
  };

  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        void add([...(event.dataTransfer?.files ?? [])]);
      }}
    >
      {draft.is !== "new" && (
        <div class="about">
          {draft.is === "reply" ? <QuoteView quote={draft.quote} /> : <p class="soft">Another text for your message</p>}
          <button type="button" class="plain" aria-label={draft.is === "reply" ? "Do not quote" : "Leave it as it is"} onClick={drop}>
            <Icon name="close" />
          </button>
        </div>
      )}
      {files.length > 0 && <Files files={files} remove={(at) => setFiles(newest.current.filter((_, index) => index !== at))} />}
      {fault !== "" && (
        <p class="fault" role="alert">
          <Icon name="warning" /> {fault}
        </p>
      )}
      <div class="field">
        {mayFile && (
          <>
            <input
              ref={picker}
              type="file"
              multiple
              hidden
              onChange={(event) => {
                void add([...(event.currentTarget.files ?? [])]);
                event.currentTarget.value = "";
              }}
            />
            <button type="button" class="plain" aria-label="Add files" title="Add files" onClick={() => picker.current?.click()}>
              <Icon name="attach" />
            </button>
          </>
        )}
        <textarea
          id="say"
          ref={field}
          rows={1}
          aria-label="Message"
          placeholder={talk === "" ? "Message the agent" : `Message ${talk}`}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
          onPaste={(event) => void add([...(event.clipboardData?.files ?? [])])}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
            event.preventDefault();
            send();
          }}
        />
        {stop && (
          <button type="button" class="round" aria-label="Stop the agent" title="Stop the agent" onClick={stop}>
            <Icon name="stop" />
          </button>
        )}
        <button type="submit" class="round primary" aria-label={draft.is === "edit" ? "Save" : "Send"} title={draft.is === "edit" ? "Save" : "Send"} aria-disabled={isBlank}>
          <Icon name={draft.is === "edit" ? "check" : "send"} />
        </button>
      </div>
      <p class="hint wide-only">Enter sends, Shift + Enter breaks the line, Escape closes what is open.</p>
    </form>
  );
}

/** A folder that was dropped is a file that nobody can read. */
async function readFile(file: File): Promise<FileNote> {
  const name = file.name === "" ? "file" : file.name.slice(0, 128);
  const data = await new Promise<string>((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(typeof reader.result === "string" ? reader.result.replace(/^[^,]*,/, "") : ""));
    reader.addEventListener("error", () => reject(new Error(`${name} cannot be read. A folder has to be packed first.`)));
    reader.readAsDataURL(file);
  });
  return { name, bytes: file.size, mimeType: file.type, data };
}
