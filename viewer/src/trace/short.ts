/** The beginning of a text that may be megabytes long. */
export function short(text: string, most: number): string {
  return text.length > most ? text.slice(0, most) + '…' : text;
}
