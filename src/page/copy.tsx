import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { web } from "../core/web.ts";
import { Icon } from "./icons.tsx";

interface CopyProps {
  text: string;
  /** Empty for the icon alone. */
  label?: string;
  hint?: string;
}

/** Puts a text on the clipboard; absent where a page may not (an address without TLS that is not this machine's). */
export function CopyButton({ text, label = "Copy", hint = "Copy" }: CopyProps): VNode | null {
  const [said, setSaid] = useState<"" | "Copied" | "Not allowed">("");
  if (!isSecureContext) return null;
  const copy = (): void => {
    const tell = (outcome: "Copied" | "Not allowed") => (): void => {
      setSaid(outcome);
      web.after(1500, () => setSaid(""));
    };
    navigator.clipboard.writeText(text).then(tell("Copied"), tell("Not allowed"));
  };
  return (
    <button type="button" class={label === "" ? "plain" : "small"} title={hint} {...(label === "" && { "aria-label": hint })} onClick={copy}>
      <Icon name={said === "Copied" ? "check" : "copy"} />
      {label !== "" && <span aria-live="polite">{said === "" ? label : said}</span>}
    </button>
  );
}
