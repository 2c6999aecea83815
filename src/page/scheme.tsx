import type { VNode } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";
import { Icon } from "./icons.tsx";
import { readScheme, type Scheme, writeScheme } from "./storage.ts";

/** Light or dark as the system is, until somebody chooses. */
export function SchemeButton(): VNode {
  const [scheme, setScheme] = useState<Scheme>(() => readScheme() ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"));
  useLayoutEffect(() => {
    if (readScheme()) document.documentElement.dataset["scheme"] = scheme;
  }, [scheme]);
  const other = scheme === "dark" ? "light" : "dark";
  const turn = (): void => {
    writeScheme(other);
    setScheme(other);
  };
  return (
    <button type="button" class="plain" aria-label={`Turn ${other}`} title={`Turn ${other}`} onClick={turn}>
      <Icon name={other === "dark" ? "moon" : "sun"} />
    </button>
  );
}
