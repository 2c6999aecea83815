import type { VNode } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { faultOfToken } from "../client/token.ts";
import { fieldOf } from "./form.ts";
import { Icon } from "./icons.tsx";
import type { Who } from "./live.ts";
import { SchemeButton } from "./scheme.tsx";

/** How the account lets people in, which the gateway has written into the page. */
const auth = document.documentElement.dataset["auth"] ?? "off";

/** Asks who speaks: for a name where nobody checks it, else for a token, which the browser sends and no address holds. */
export function Entrance({ refusal, begin }: { refusal: string; begin(who: Who): void }): VNode {
  const [fault, setFault] = useState(refusal);
  const first = useRef<HTMLInputElement>(null);
  // Before the first picture: who types at once types into it.
  useLayoutEffect(() => first.current?.focus(), []);
  const enter = (event: SubmitEvent): void => {
    event.preventDefault();
    const token = fieldOf(event.currentTarget, "token");
    const senderId = fieldOf(event.currentTarget, "senderId");
    const wrong = token !== "" || auth === "required" ? faultOfToken(token) : senderId === "" ? "Type a name first." : undefined;
    if (wrong !== undefined) return setFault(wrong);
    begin(token === "" ? { senderId } : { token });
  };
  return (
    <main class="entrance">
      <div class="corner">
        <SchemeButton />
      </div>
      <form onSubmit={enter} noValidate>
        <h1>Talk to the agent</h1>
        {auth === "required" ? <p>This gateway lets in whoever brings a token. It says who you are.</p> : <p>Everything you say here goes over the same WebSocket that an application uses.</p>}
        {auth !== "off" && (
          <label>
            Token {auth === "optional" && <span class="soft">(or none)</span>}
            <input name="token" type="password" autocomplete="off" ref={first} spellcheck={false} />
            <span class="hint">Kept in this tab until you close it or change the sender, and sent to this gateway alone.</span>
          </label>
        )}
        {auth !== "required" && (
          <label>
            Your sender id
            <input name="senderId" defaultValue="you" autocomplete="off" {...(auth === "off" && { ref: first })} maxLength={128} spellcheck={false} />
            <span class="hint">{auth === "off" ? "Any id will do: each has a conversation of its own." : "Without a token the gateway gives you another one."}</span>
          </label>
        )}
        {fault !== "" && (
          <p class="fault" role="alert">
            <Icon name="warning" /> {fault}
          </p>
        )}
        <button type="submit" class="primary">
          Start
        </button>
      </form>
    </main>
  );
}
