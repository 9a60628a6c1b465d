// Colours: the same service has the same colour everywhere and always, and no other one has it as
// long as there are enough. Marks have at least three
// to one contrast against the page in both themes; text is never written in them.
import { dark } from './theme';

/** Hues without the reds, which mean errors. */
const kHues = [60, 85, 110, 135, 155, 175, 195, 215, 235, 255, 275, 295, 315, 340];

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; ++index)
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193) >>> 0;
  return (value ^ (value >>> 15)) >>> 0;
}

function shade(hue: number, step: number): string {
  const lightness = dark.value ? 0.7 + step * 0.06 : 0.6 - step * 0.06;
  return `oklch(${lightness.toFixed(2)} 0.125 ${hue})`;
}

const kKey = 'seamtrace.colours';
const kShades = 2;

/** Which of the colours each service has: number of the hue, and of the shade times their count. */
const slots = new Map<string, number>(remembered());

function remembered(): [string, number][] {
  try {
    return JSON.parse(localStorage.getItem(kKey) ?? '[]') as [string, number][];
  } catch {
    return [];
  }
}

/** The one that the name asks for; when it is another service's, the next that is free. */
function slotOf(service: string): number {
  const known = slots.get(service);
  if (known !== undefined) return known;
  const value = hash(service);
  const slotAt = (turn: number): number =>
    ((value + turn * 5) % kHues.length) +
    kHues.length * ((Math.floor(turn / kHues.length) + (value >>> 8)) % kShades);
  if (slots.size >= kHues.length * kShades) return slotAt(0);
  const taken = new Set(slots.values());
  const hues = new Set([...taken].map((slot) => slot % kHues.length));
  let turn = 0;
  while (hues.size < kHues.length && hues.has(slotAt(turn) % kHues.length)) ++turn;
  while (taken.has(slotAt(turn))) ++turn;
  slots.set(service, slotAt(turn));
  try {
    localStorage.setItem(kKey, JSON.stringify([...slots]));
  } catch {
    // Storage may be forbidden: then the choice lasts as long as the page.
  }
  return slotAt(turn);
}

/** A concrete colour, also for a canvas. Reactive: a component that calls it follows the theme. */
export function serviceColour(service: string): string {
  const slot = slotOf(service);
  return shade(kHues[slot % kHues.length]!, Math.floor(slot / kHues.length));
}

/** Of the service's hue; its operations differ by lightness and a little by hue. */
export function operationColour(service: string, operation: string): string {
  const value = hash(operation);
  const hue = kHues[slotOf(service) % kHues.length]!;
  return shade(hue + ((value >>> 4) % 5) * 4 - 8, (value % 4) * 0.6 - 0.6);
}

export function errorColour(): string {
  return dark.value ? 'oklch(0.7 0.17 25)' : 'oklch(0.55 0.2 27)';
}

export function accentColour(): string {
  return dark.value ? 'oklch(0.73 0.12 250)' : 'oklch(0.54 0.17 256)';
}

/** For canvases: text, faint text, lines, page. */
export function inkColours(): { text: string; faint: string; line: string; page: string } {
  return dark.value
    ? { text: '#e4e7ec', faint: '#9aa3b0', line: '#2b313b', page: '#14171c' }
    : { text: '#1c2129', faint: '#5b6572', line: '#e1e5ea', page: '#ffffff' };
}
