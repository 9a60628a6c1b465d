// Condition: an attribute as a word of the query language (docs/query_api.md).
import { quoted } from '../traces/query_words';
import type { Value } from './types';

const kLongest = 120;

// Quotes say that it is an attribute. The language's own words have no dot, or begin like these.
const kPlainName = /^(?!(trace|root|peer)\.)\w+\.[\w.:/-]+$/i;

/** Undefined: it cannot be searched for. A long text is searched for by its beginning. */
export function condition(key: string, value: Value): string | undefined {
  if (value === null || typeof value === 'object' || value === '') return undefined;
  const text = String(value);
  const whole = text.length <= kLongest && !text.includes('\n');
  const part = whole ? text : text.slice(0, kLongest).split('\n')[0]!.trim();
  return part ? `${quoted(key, kPlainName)}${whole ? '=' : '~'}${quoted(part)}` : undefined;
}
