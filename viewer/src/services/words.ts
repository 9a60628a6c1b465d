// Queries that find the traces behind a row (docs/query_api.md, "Query language"), and words for
// peers and shares.
import type { MapNode, Operation, Peer } from '../shared/api';
import { link } from '../shared/router';
import { count, plural, queryDuration } from '../shared/format';

/** `service=web`; quoted and escaped, so that it means this very text. */
export const term = (field: string, value: string): string =>
  /^[\w./-]+$/.test(value)
    ? `${field}=${value}`
    : `${field}="${value.replace(/["\\*]/g, (letter) => '\\' + letter)}"`;

type Traced = Pick<Operation, 'service' | 'name' | 'kind' | 'peer'>;

/** What a page, a question or a query is about; undefined: any. */
export type About = {
  service: string;
  operation?: string | undefined;
  kind?: string | undefined;
  peer?: string | undefined;
};

export const about = ({ service, name, kind, peer }: Traced): About => ({
  service,
  operation: name,
  kind,
  peer: peer?.name,
});

export const queryOf = (what: About): string =>
  Object.entries(what)
    .flatMap(([field, value]) => (value === undefined ? [] : term(field, value)))
    .join(' ');

export const pageOf = ({ service, ...more }: About): string => link(['services', service], more);

/** What is counted, in words: what the best of the kinds are. */
export const countedOf = (kinds: string[]): string =>
  !kinds.length || kinds.some(answers)
    ? 'request'
    : kinds.includes('internal')
      ? 'internal span'
      : 'call';

export const answers = (kind: string): boolean => kind === 'server' || kind === 'consumer';

export const tracesOf = (query: string): string => link(['traces'], { query });

/** The traces in which the operation took longer than that. */
export const slowTracesOf = (operation: Traced, ns: number): string =>
  tracesOf(`${queryOf(about(operation))} duration>=${queryDuration(ns, false)}`);

/** Tells rows of operations apart. */
export const keyOf = ({ service, name, kind, peer }: Traced): string =>
  JSON.stringify([service, name, kind, peer?.kind, peer?.system, peer?.name]);

/** `postgresql shop`: a name says its system, too. */
export const endWords = ({ kind, system, name }: Peer | MapNode): string =>
  name || system || kNodeWords[kind];

export const kNodeWords: Record<MapNode['kind'], string> = {
  service: 'service',
  database: 'database',
  cache: 'cache',
  external: 'external host',
  queue: 'queue',
};

export const share = (part: number, whole: number): number => (whole > 0 ? part / whole : 0);

/** Undefined: it was never asked for what it might have. */
export const hitRatio = ({ hits, misses }: { hits: number; misses: number }): number | undefined =>
  hits + misses > 0 ? hits / (hits + misses) : undefined;

export const hitWords = ({ hits, misses }: { hits: number; misses: number }): string =>
  `${plural(hits, 'hit')}, ${count(misses)} ${misses === 1 ? 'miss' : 'misses'}`;
