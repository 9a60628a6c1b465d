// Views: which component shows which address.
import type { ComponentChild } from 'preact';
import { BottlenecksView } from '../bottlenecks/view';
import { HealthView } from '../health/view';
import { MapView } from '../map/view';
import { ServicesView, ServiceView } from '../services/view';
import type { Route } from '../shared/router';
import { CompareView, OpenView, TraceView } from '../trace/view';
import { TracesView } from '../traces/view';

export interface View {
  /** Of the entry in the navigation that is marked; empty: none. */
  section: string;
  title: string;
  body: ComponentChild;
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
      return { section, title: 'Traces', body: <TracesView /> };
    case 'trace':
      return first
        ? {
            section: 'traces',
            title: `Trace ${first.slice(0, 8)}`,
            body: <TraceView key={first} id={first} />,
          }
        : undefined;
    case 'compare':
      return first && second
        ? {
            section: 'traces',
            title: 'Compare traces',
            body: <CompareView key={first + second} a={first} b={second} />,
          }
        : undefined;
    case 'open':
      return { section, title: 'Open a file', body: <OpenView /> };
    case 'services':
      return {
        section,
        title: first ?? 'Services',
        body: first ? <ServiceView key={first} name={first} /> : <ServicesView />,
      };
    case 'map':
      return { section, title: 'Map', body: <MapView /> };
    case 'bottlenecks':
      return { section, title: 'Bottlenecks', body: <BottlenecksView /> };
    case 'health':
      return { section, title: 'Health', body: <HealthView /> };
    default:
      return undefined;
  }
}
