// Signal: a value that whoever read it follows. Components that read `.value` while they render are
// rendered again when it changes. A small part of what @preact/signals does, in a tenth of its size.
import { options, type Component, type VNode } from 'preact';

type Follower = () => void;

let reader: Follower | undefined;

export class Signal<T> {
  private followers_ = new Set<Follower>();

  constructor(private value_: T) {}

  get value(): T {
    if (reader) this.followers_.add(reader);
    if (rendering) {
      const component = rendering;
      const again = followerOf(component);
      this.followers_.add(again);
      followed.get(component)!.add(this.followers_);
    }
    return this.value_;
  }

  set value(next: T) {
    if (Object.is(next, this.value_)) return;
    this.value_ = next;
    for (const follower of [...this.followers_]) follower();
  }

  /** Without following it. */
  peek(): T {
    return this.value_;
  }
}

export const signal = <T>(value: T): Signal<T> => new Signal(value);

/** Runs now, and again when what it read has changed; for ever. */
export function effect(run: () => void): void {
  const follower: Follower = () => {
    const before = reader;
    reader = follower;
    try {
      run();
    } finally {
      reader = before;
    }
  };
  follower();
}

export function computed<T>(compute: () => T): Signal<T> {
  const result = new Signal<T>(undefined as T);
  effect(() => (result.value = compute()));
  return result;
}

// Which component is being rendered, as Preact tells its own add-ons.
type Hook = (vnode: VNode & { __c?: Component }) => void;
const hooks = options as unknown as Record<string, Hook | undefined>;
let rendering: Component | undefined;
const followers = new WeakMap<Component, Follower>();
/** Where a component's follower stands. */
const followed = new WeakMap<Component, Set<Set<Follower>>>();

function followerOf(component: Component): Follower {
  let follower = followers.get(component);
  if (!follower) {
    follower = () => component.setState({});
    followers.set(component, follower);
    followed.set(component, new Set());
  }
  return follower;
}

function leave(component: Component | undefined): void {
  const follower = component && followers.get(component);
  if (!follower) return;
  for (const place of followed.get(component)!) place.delete(follower);
  followed.get(component)!.clear();
}

function add(name: string, also: Hook): void {
  const before = hooks[name];
  hooks[name] = (vnode) => {
    also(vnode);
    before?.(vnode);
  };
}

add('__r', (vnode) => {
  rendering = vnode.__c;
  leave(rendering);
});
add('diffed', () => (rendering = undefined));
add('unmount', (vnode) => leave(vnode.__c));
