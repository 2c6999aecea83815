import { Component, type ComponentChildren, type VNode } from "preact";
import type { Entry } from "./state.ts";

/** Around one entry: what cannot be drawn takes no other with it, and is tried again when it has changed. */
export class Boundary extends Component<{ entry: Entry; children: ComponentChildren }, { failed?: Entry }> {
  override state: { failed?: Entry } = {};

  override componentDidCatch(): void {
    this.setState({ failed: this.props.entry });
  }

  override render(): VNode {
    const { entry, children } = this.props;
    if (this.state.failed !== entry) return <>{children}</>;
    return (
      <li class="entry">
        <p class="fault">This message cannot be shown.</p>
        <p class="plaintext">{entry.text}</p>
      </li>
    );
  }
}
