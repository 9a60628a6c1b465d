// Words of a query: found, added and taken away, as the buttons beside the search box do it.

/** The words as they were written, with quotes kept together. */
export function wordsOf(query: string): string[] {
  return query.match(/(?:"(?:\\.|[^"\\])*"?|[^\s"])+/g) ?? [];
}

/** In quotes, unless it is `plain`. */
export function quoted(value: string, plain = /^[^\s"\\*=<>~!]+$/): string {
  return plain.test(value) ? value : `"${value.replace(/(["\\*])/g, '\\$1')}"`;
}

function unquoted(value: string): string {
  return value.startsWith('"') ? value.slice(1, -1).replace(/\\(["\\*])/g, '$1') : value;
}

/** Without the words that begin so. */
export function without(query: string, beginnings: string[]): string {
  return wordsOf(query)
    .filter((word) => !beginnings.some((beginning) => word.startsWith(beginning)))
    .join(' ');
}

/** The words that begin so are replaced by new ones. */
export function replaced(query: string, beginnings: string[], words: string[]): string {
  return [without(query, beginnings), ...words].filter(Boolean).join(' ');
}

/** The value of the first word `key=value`. */
export function valueOf(query: string, key: string): string | undefined {
  const word = wordsOf(query).find((other) => other.startsWith(`${key}=`));
  return word && unquoted(word.slice(key.length + 1));
}
