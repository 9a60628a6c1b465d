// Views: which module shows which address; each is fetched when it is first needed.
import type { ComponentChild } from 'preact';
import type { Route } from '../shared/router';

export interface View {
  /** Of the entry in the navigation that is marked; empty: none. */
  section: string;
  title: string;
  load: () => Promise<() => ComponentChild>;
}

export const kSections: [path: string, title: string][] = [
  ['traces', 'Traces'],
  ['services', 'Services'],
  ['map', 'Map'],
  ['bottlenecks', 'Bottlenecks'],
  ['health', 'Health'],
];

/** Undefined: there is no such view. */
export function viewOf({ path }: Route): View | undefined {
  const [section = 'traces', first, second] = path;
  switch (section) {
    case 'traces':
      return {
        section,
        title: 'Traces',
        load: () => import('../traces/view').then((module) => () => <module.TracesView />),
      };
    case 'trace':
      return first
        ? {
            section: 'traces',
            title: `Trace ${first.slice(0, 8)}`,
            load: () =>
              import('../trace/view').then((module) => () => (
                <module.TraceView key={first} id={first} />
              )),
          }
        : undefined;
    case 'compare':
      return first && second
        ? {
            section: 'traces',
            title: 'Compare traces',
            load: () =>
              import('../trace/view').then((module) => () => (
                <module.CompareView key={first + second} a={first} b={second} />
              )),
          }
        : undefined;
    case 'open':
      return {
        section: 'open',
        title: 'Open a file',
        load: () => import('../trace/view').then((module) => () => <module.OpenView />),
      };
    case 'services':
      return {
        section,
        title: first ?? 'Services',
        load: () =>
          import('../services/view').then((module) => () =>
            first ? <module.ServiceView key={first} name={first} /> : <module.ServicesView />,
          ),
      };
    case 'map':
      return {
        section,
        title: 'Map',
        load: () => import('../map/view').then((module) => () => <module.MapView />),
      };
    case 'bottlenecks':
      return {
        section,
        title: 'Bottlenecks',
        load: () =>
          import('../bottlenecks/view').then((module) => () => <module.BottlenecksView />),
      };
    case 'health':
      return {
        section,
        title: 'Health',
        load: () => import('../health/view').then((module) => () => <module.HealthView />),
      };
    default:
      return undefined;
  }
}
