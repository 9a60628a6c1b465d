// Period: the chosen range of time, shared by all views, in the address as `since` and `until`.
import { computed } from './signal';
import { route, setParameters } from './router';

export interface Period {
  /** An age (`15m`) or microseconds since 1970. */
  since: string;
  /** Microseconds since 1970, or undefined: until now. */
  until: string | undefined;
  /** It moves with the clock: answers go stale and are asked for again. */
  live: boolean;
}

export const kPeriods: [age: string, words: string][] = [
  ['5m', 'Last 5 minutes'],
  ['15m', 'Last 15 minutes'],
  ['1h', 'Last hour'],
  ['6h', 'Last 6 hours'],
  ['24h', 'Last 24 hours'],
  ['7d', 'Last 7 days'],
];

export const kDefaultPeriod = '1h';
const kLatest = 8e18;  // us; JavaScript's calendar ends soon after

const sinceParameter = computed(() => route.value.parameters.get('since') || kDefaultPeriod);
const untilParameter = computed(() => route.value.parameters.get('until') || undefined);

const kUnits: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86400 };

/** An age in seconds; undefined when the text is none. */
export function ageSeconds(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text);
  return match ? Number(match[1]) * kUnits[match[2]!]! : undefined;
}

function instant(text: string, now_us: number): number {
  const age = ageSeconds(text);
  return age === undefined ? Number(text) : now_us - age * 1e6;
}

/** The period in microseconds since 1970. */
export function resolve(chosen: Period, now_us = Date.now() * 1000): [number, number] {
  return [instant(chosen.since, now_us), chosen.until ? instant(chosen.until, now_us) : now_us];
}

/**
 * The same object as long as the period is the same: good as a dependency of an effect. The default
 * where the address has none that is a time.
 */
export const period = computed<Period>(() => {
  const of = (since: string, until?: string): Period => ({ since, until, live: !until });
  const chosen = of(sinceParameter.value, untilParameter.value);
  return resolve(chosen).every((us) => Math.abs(us) < kLatest) ? chosen : of(kDefaultPeriod);
});

/** Chooses a period: an age, or two instants in microseconds since 1970. */
export function setPeriod(since: string | number, until?: number): void {
  setParameters({
    since: typeof since === 'number' ? Math.floor(since) : since,
    until: until === undefined ? undefined : Math.ceil(until),
    before: undefined,
  });
}
