// Condition: an attribute as a word of the query language (docs/query_api.md).
import type { Value } from './types';

const kLongest = 120;

function quoted(text: string): string {
  return /^[\w.:/@%+-]+$/.test(text) ? text : `"${text.replace(/(["\\])/g, '\\$1')}"`;
}

/** Undefined: it cannot be searched for. A long text is searched for by its beginning. */
export function condition(key: string, value: Value): string | undefined {
  if (value === null || typeof value === 'object' || value === '') return undefined;
  const text = String(value);
  // A star would be a pattern.
  const exact = text.length <= kLongest && !text.includes('*') && !text.includes('\n');
  const part = exact ? text : text.slice(0, kLongest).split(/[*\n]/)[0]!;
  return part ? `${quoted(key)}${exact ? '=' : '~'}${quoted(part)}` : undefined;
}
