import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { State } from "../client/index.ts";
import { fieldOf } from "./form.ts";
import { Icon } from "./icons.tsx";
import type { Who } from "./live.ts";
import type { Room } from "./state.ts";

interface SideProps {
  room: Room;
  who: Who;
  state: State;
  open(talk: string): void;
  leave(): void;
  /** On a narrow screen, where the side bar lies above the rest. */
  isOpen: boolean;
  close(): void;
}

/** The conversations, and who speaks. */
export function Side({ room, who, state, open, leave, isOpen, close }: SideProps): VNode {
  const [isNaming, setNaming] = useState(false);
  const name = (state.kind === "open" ? state.senderId : undefined) ?? who.senderId ?? "with a token";
  const join = (event: SubmitEvent): void => {
    event.preventDefault();
    const id = fieldOf(event.currentTarget, "group");
    if (id !== "") open(id);
    setNaming(false);
  };
  const bar = useRef<HTMLElement>(null);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (isOpen) bar.current?.querySelector<HTMLElement>("[aria-current]")?.focus();
  }, [isOpen]);
  useEffect(() => {
    if (isNaming) field.current?.focus();
  }, [isNaming]);
  return (
    <>
      {isOpen && <div class="veil" onClick={close} />}
      <nav class="side" aria-label="Conversations" ref={bar}>
        <header class="brand">
          <span class="grow">Clawwire</span>
          <button type="button" class="plain narrow" aria-label="Close the conversations" onClick={close}>
            <Icon name="close" />
          </button>
        </header>
        <ul>
          {room.talks.map(({ id, unread }) => (
            <li key={id}>
              <button type="button" class="talk" aria-current={id === room.current ? "page" : undefined} onClick={() => open(id)}>
                <Icon name={id === "" ? "person" : "group"} />
                <span class="grow cut">{id === "" ? "Agent" : id}</span>
                {unread > 0 && (
                  <span class="count">
                    {unread}
                    <span class="unseen"> unread</span>
                  </span>
                )}
              </button>
            </li>
          ))}
        </ul>
        {isNaming ? (
          <form class="join" onSubmit={join}>
            <label>
              <span class="unseen">Id of the group</span>
              <input
                name="group"
                placeholder="Id of the group"
                autocomplete="off"
                maxLength={128}
                ref={field}
                onKeyDown={(event) => {
                  if (event.key !== "Escape") return;
                  event.preventDefault();
                  setNaming(false);
                }}
              />
            </label>
            <button type="submit" class="small">
              Join
            </button>
          </form>
        ) : (
          <button type="button" class="talk soft" onClick={() => setNaming(true)}>
            <Icon name="plus" /> Join a group
          </button>
        )}
        <div class="grow" />
        <div class="self">
          <Icon name="person" />
          <span class="grow cut" title={name}>
            {name}
          </span>
          <button type="button" class="small" onClick={leave}>
            Change
          </button>
        </div>
      </nav>
    </>
  );
}
