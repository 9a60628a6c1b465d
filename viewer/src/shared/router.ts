// Router: where the viewer is, kept in the address (`#/traces?query=...`), so that every view with
// its state has a link.
import { signal } from './signal';

export interface Route {
  /** Decoded parts of the path: `#/trace/abc` is ['trace', 'abc']. */
  path: string[];
  parameters: URLSearchParams;
}

/** Undefined and empty values are left out of the address. */
export type Parameters = Record<string, string | number | undefined>;

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function read(): Route {
  const [path = '', query = ''] = location.hash.replace(/^#\/?/, '').split(/\?(.*)/s);
  return {
    path: path.split('/').filter(Boolean).map(decode),
    parameters: new URLSearchParams(query),
  };
}

/** The current route; reading its `.value` in a component makes it follow. */
export const route = signal<Route>(read());
addEventListener('hashchange', () => (route.value = read()));

/** What stays when one goes from view to view: the chosen period. */
const kKept = ['since', 'until'];

/** The address of a view: link(['services', name], {sort: 'count'}). The period is carried over. */
export function link(path: string[], parameters: Parameters = {}): string {
  const query = new URLSearchParams();
  for (const key of kKept) {
    const value = route.value.parameters.get(key);
    if (value && !(key in parameters)) query.set(key, value);
  }
  for (const [key, value] of Object.entries(parameters))
    if (value !== undefined && value !== '') query.set(key, String(value));
  const text = query.toString();
  return '#/' + path.map(encodeURIComponent).join('/') + (text && '?' + text);
}

/** Goes to an address made by link(). */
export function navigate(href: string, replace = false): void {
  if (replace) history.replaceState(null, '', href);
  else history.pushState(null, '', href);
  route.value = read();
}

/** One parameter of the current view; reactive. */
export function parameter(name: string, otherwise = ''): string {
  return route.value.parameters.get(name) ?? otherwise;
}

/** Changes some parameters of the current view. Replacing leaves no step in the history. */
export function setParameters(changes: Parameters, replace = false): void {
  const { path, parameters } = route.peek();
  const all: Parameters = Object.fromEntries(parameters);
  navigate(link(path, { ...all, ...changes }), replace);
}
