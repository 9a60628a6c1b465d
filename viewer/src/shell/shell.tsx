// Shell: what stands around every view.
import { Component, type ComponentChildren } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Empty } from '../shared/empty';
import { link, route } from '../shared/router';
import { useKeys } from '../shared/keyboard';
import { Help } from './help';
import { PeriodPicker } from './period_picker';
import { ThemeSwitch } from './theme_switch';
import { kSections, viewOf } from './views';

export function Shell() {
  const [help, setHelp] = useState(false);
  const view = viewOf(route.value);
  const main = useRef<HTMLElement>(null);
  const shown = useRef(view?.title);

  useKeys([{ keys: ['?'], words: 'this help', run: () => setHelp(true) }]);

  useEffect(() => {
    document.title = `${view?.title ?? 'No such page'} · Seamtrace`;
    // Who goes to another view by keyboard goes on from its beginning.
    if (shown.current !== view?.title) main.current?.focus({ preventScroll: true });
    shown.current = view?.title;
  }, [view?.title]);

  return (
    <>
      <a class="skip" href="#main" onClick={(event) => (event.preventDefault(), main.current?.focus())}>
        Skip to the content
      </a>
      <header class="shell">
        <a class="brand" href={link(['traces'])}>
          <i aria-hidden="true" />
          Seamtrace
        </a>
        <nav aria-label="Views">
          {kSections.map(([path, title]) => (
            <a
              key={path}
              href={link([path])}
              aria-current={view?.section === path ? 'page' : undefined}
            >
              {title}
            </a>
          ))}
        </nav>
        <div class="tools">
          <PeriodPicker />
          <a class="button" href={link(['open'])} title="Open a trace that was downloaded">
            Open…
          </a>
          <ThemeSwitch />
          <button type="button" aria-label="Help: keys" title="Keys (?)" onClick={() => setHelp(true)}>
            ?
          </button>
        </div>
      </header>
      <main id="main" ref={main} tabIndex={-1} data-view={view?.section}>
        <h1 class="unseen">{view?.title ?? 'No such page'}</h1>
        <Guard key={route.value.path.join('/')}>
          <Content />
        </Guard>
      </main>
      {help && <Help close={() => setHelp(false)} />}
    </>
  );
}

/** The view of the route; its address alone decides, a change of parameters is the view's. */
function Content() {
  const key = route.value.path.join('/');
  const view = useMemo(() => viewOf(route.peek()), [key]);
  if (view) return <>{view.body}</>;
  return (
    <Empty title="There is no such page">
      <p>
        <a href={link(['traces'])}>Go to the traces</a>
      </p>
    </Empty>
  );
}

/** A fault of one view leaves the rest of the page usable. */
class Guard extends Component<{ children: ComponentChildren }, { problem?: Error }> {
  static override getDerivedStateFromError(problem: Error) {
    return { problem };
  }
  override render() {
    if (!this.state.problem) return this.props.children;
    return (
      <Empty title="This view has a fault">
        <p>{this.state.problem.message}</p>
        <p>The other views still work. Please report what you did.</p>
      </Empty>
    );
  }
}
