// Format: numbers, durations and times as people read them.

const kThin = '\u202f';

function digits(value: number): string {
  const places = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return value.toFixed(places).replace(/\.0+$|(\.\d*?)0+$/, '$1');
}

/** 1234567 -> `1.23 ms`. */
export function duration(ns: number | null | undefined): string {
  if (ns === null || ns === undefined || !Number.isFinite(ns)) return '–';
  if (ns === 0) return '0';
  const size = Math.abs(ns);
  const sign = ns < 0 ? '−' : '';
  if (size < 999.5) return `${sign}${Math.round(size)}${kThin}ns`;
  if (size < 999.5e3) return `${sign}${digits(size / 1e3)}${kThin}µs`;
  if (size < 999.5e6) return `${sign}${digits(size / 1e6)}${kThin}ms`;
  if (size < 120e9) return `${sign}${digits(size / 1e9)}${kThin}s`;
  if (size < 7200e9) return `${sign}${digits(size / 60e9)}${kThin}min`;
  return `${sign}${digits(size / 3600e9)}${kThin}h`;
}

/** A duration that the query language understands, rounded outwards by `up`. */
export function queryDuration(ns: number, up: boolean): string {
  const [unit, size] = ns >= 1e9 ? ['s', 1e9] : ns >= 1e6 ? ['ms', 1e6] : ['us', 1e3];
  const value = (ns / (size as number)) * 1000;
  return `${(up ? Math.ceil(value) : Math.floor(value)) / 1000}${unit}`;
}

const kCount = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** 12345 -> `12,345`. */
export function count(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : kCount.format(value);
}

/** `1 span`, `2 spans`. */
export function plural(value: number, one: string, many = one + 's'): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** 12.345 a second -> `12.3/s`; slow ones by the minute. */
export function rate(perSecond: number | null | undefined): string {
  if (perSecond === null || perSecond === undefined) return '–';
  if (perSecond === 0) return '0';
  if (perSecond < 0.1) return `${digits(perSecond * 60)}/min`;
  return `${perSecond >= 1000 ? count(perSecond) : digits(perSecond)}/s`;
}

/** 0.0123 -> `1.2 %`. */
export function percent(share: number | null | undefined): string {
  if (share === null || share === undefined || !Number.isFinite(share)) return '–';
  if (share === 0) return '0';
  const value = share * 100;
  return `${value < 0.1 ? '<0.1' : value < 10 ? value.toFixed(1) : value.toFixed(0)}${kThin}%`;
}

export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let step = 0;
  while (value >= 1000 && step < 4) {
    value /= 1000;
    ++step;
  }
  return `${digits(value)}${kThin}${units[step]}`;
}

const pad = (value: number, width = 2): string => String(value).padStart(width, '0');

function clock(date: Date): string {
  return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
}

function day(date: Date): string {
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
}

/** Local time; with the day when it is another one than today. */
export function time(us: number, milliseconds = true): string {
  const date = new Date(us / 1000);
  const text = clock(date) + (milliseconds ? '.' + pad(date.getMilliseconds(), 3) : '');
  return day(date) === day(new Date()) ? text : `${day(date)} ${text}`;
}

/** The exact value, for a `title`: local time with its zone, to the last digit that is known. */
export function exactTime(us: number, unix_ns?: string): string {
  const date = new Date(us / 1000);
  const fraction = unix_ns ? unix_ns.slice(-9).padStart(9, '0') : pad(Math.floor(us % 1e6), 6);
  const minutes = -date.getTimezoneOffset();
  const zone = `${minutes < 0 ? '-' : '+'}${pad(Math.floor(Math.abs(minutes) / 60))}:${pad(
    Math.abs(minutes) % 60,
  )}`;
  return `${day(date)} ${clock(date)}.${fraction} ${zone}`;
}

/** `3 min ago`. */
export function ago(us: number, now_us = Date.now() * 1000): string {
  const seconds = Math.max(0, (now_us - us) / 1e6);
  if (seconds < 1.5) return 'just now';
  if (seconds < 90) return `${Math.round(seconds)} s ago`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 129600) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86400)} days ago`;
}

/** How long something has lasted: `2 h 5 min`. */
export function lasting(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 2880) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${Math.floor(minutes / 1440)} days`;
}
