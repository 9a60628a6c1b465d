// Condition: an attribute as a word of the query language (docs/query_api.md).
import { quoted } from '../traces/query_words';
import type { Value } from './types';

const kLongest = 120;

// What the language takes for something else than an attribute's name.
const kWords = /^(service|operation|name|kind|status|duration|peer(\.id)?|association|(trace|root)(\..*)?)$/i;

/** A condition about what `word` stands for; see condition(). */
export function conditionOn(word: string, value: Value): string | undefined {
  if (value === null || typeof value === 'object' || value === '') return undefined;
  const text = String(value);
  const whole = text.length <= kLongest && !text.includes('\n');
  const part = whole ? text : text.slice(0, kLongest).split('\n')[0]!.trim();
  return part ? `${word}${whole ? '=' : '~'}${quoted(part)}` : undefined;
}

/** Undefined: it cannot be searched for. A long text is searched for by its beginning. */
export function condition(key: string, value: Value): string | undefined {
  const plain = /^\w[\w.:/-]*$/.test(key) && !kWords.test(key);
  return conditionOn(plain ? key : `"${key.replace(/(["\\*])/g, '\\$1')}"`, value);
}
