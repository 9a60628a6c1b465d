// memo: a component that is rendered again only when a property has changed.
import { Component, h, type ComponentChild } from 'preact';

export function memo<P extends object>(render: (properties: P) => ComponentChild) {
  return class extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>) {
      return (Object.keys(next) as (keyof P)[]).some((key) => next[key] !== this.props[key]);
    }
    override render() {
      return h(render as (properties: P) => never, this.props as P & {});
    }
  };
}
