// What a person recognises a span by: its name, and the path of a request whose name holds none.
import type { Span } from './types';

export function titleOf(span: Span): string {
  if (span.name.includes('/')) return span.name;
  const { 'url.path': path, 'url.full': url } = span.attributes ?? {};
  const shown = typeof path === 'string' ? path : typeof url === 'string' ? pathOf(url) : '';
  return `${span.name} ${shown}`.trim();
}

/** `http://host/path?query` -> `/path`; empty for what is no such address. */
function pathOf(url: string): string {
  return /^[^/?#]*:\/\/[^/?#]*(\/[^?#]*)/.exec(url)?.[1] ?? '';
}
