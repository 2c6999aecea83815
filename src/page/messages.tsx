import type { ComponentChildren, VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import messages, { type MessageDocs } from "clawwire:messages";

/** What each message of the protocol means, from its AsyncAPI document. */
export function MessageList({ type }: { type: string | undefined }): VNode {
  const chosen = useRef<HTMLElement>(null);
  useEffect(() => {
    chosen.current?.scrollIntoView({ block: "start" });
    chosen.current?.focus({ preventScroll: true });
  }, [type]);
  const sides = [
    { by: "application", title: "What an application sends" },
    { by: "gateway", title: "What the gateway sends" },
  ] as const;
  return (
    <div class="scroller docs" tabIndex={0} role="region" aria-label="Messages of the protocol">
      {sides.map(({ by, title }) => (
        <section key={by}>
          <h3>{title}</h3>
          {messages
            .filter((message) => message.by === by)
            .map((message) => (
              <Message key={message.type} message={message} {...(message.type === type && { place: chosen })} />
            ))}
        </section>
      ))}
    </div>
  );
}

function Message({ message: { type, title, text, extension, fields, example }, place }: { message: MessageDocs; place?: { current: HTMLElement | null } }): VNode {
  return (
    <article {...(place && { ref: place, class: "chosen" })} tabIndex={-1} aria-label={type}>
      <h4>
        <code>{type}</code>
      </h4>
      <p>
        {title}. {prose(text)}
      </p>
      {extension !== "" && (
        <p class="soft">
          Extension <code>{extension}</code>
        </p>
      )}
      <dl>
        {fields.map((field) => (
          <div key={field.name}>
            <dt>
              <code>{field.name}</code> <span class="soft">{field.type}</span>
              {field.isRequired && <span class="needed"> required</span>}
            </dt>
            {field.text !== "" && <dd>{prose(field.text)}</dd>}
          </div>
        ))}
      </dl>
      <pre tabIndex={0} role="group" aria-label={`Example of ${type}`}>
        <code>{example}</code>
      </pre>
    </article>
  );
}

/** Names stand between backticks in the document. */
function prose(text: string): ComponentChildren {
  return text.split("`").map((part, index) => (index % 2 === 1 ? <code key={index}>{part}</code> : part));
}
