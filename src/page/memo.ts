import { Component, type ComponentType, createElement, type VNode } from "preact";

/** A component that is drawn again only where `isSame` says no; preact has this in `compat` alone, with much else. */
export function memo<Props extends object>(inner: ComponentType<Props>, isSame: (before: Props, after: Props) => boolean): ComponentType<Props> {
  return class extends Component<Props> {
    override shouldComponentUpdate(after: Props): boolean {
      return !isSame(this.props, after);
    }
    override render(): VNode {
      return createElement(inner, this.props) as VNode;
    }
  };
}
