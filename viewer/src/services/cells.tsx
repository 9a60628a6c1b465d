// Cells that tables of operations share.
import type { Operation } from '../shared/api';
import type { Column } from '../shared/table';
import { count, duration, percent, rate } from '../shared/format';
import { link } from '../shared/router';
import { about, endWords, hitRatio, hitWords, queryOf, share, slowTracesOf, tracesOf } from './words';

interface Counted {
  count: number;
  errors: number;
}

/** How many failed, as a share; none is faint. */
export function Errors({ count: all, errors }: Counted) {
  const title = `${count(errors)} of ${count(all)}`;
  if (errors === 0)
    return (
      <span class="none" title={title}>
        0
      </span>
    );
  return (
    <span class="failed" title={title}>
      {percent(share(errors, all))}
    </span>
  );
}

export function HitRatio(props: { hits: number; misses: number }) {
  const ratio = hitRatio(props);
  if (ratio === undefined) return <span class="none">–</span>;
  return (
    <span class="hits" title={hitWords(props)}>
      <span class="meter" aria-hidden="true">
        <i style={{ width: `${ratio * 100}%` }} />
      </span>
      <span>{percent(ratio)}</span>
    </span>
  );
}

/** `GET → redis 127.0.0.1:6379`: what was called, for operations that are calls. */
export function Peer({ peer }: Pick<Operation, 'peer'>) {
  if (!peer) return null;
  return (
    <span class="peer">
      <span aria-hidden="true"> → </span>
      <span class="unseen"> to </span>
      {endWords(peer)}
    </span>
  );
}

interface Measured extends Counted {
  rate: number;
  p50_ns: number;
  p95_ns: number;
  /** Not known of the map's nodes. */
  p99_ns?: number;
}

/** Rate, errors and durations. */
export const measureColumns = <Row extends Measured>(): Column<Row>[] => [
  {
    id: 'rate',
    title: 'Rate',
    help: 'Per second, over the period',
    number: true,
    value: (row) => row.rate,
    cell: (row) => <span title={`${count(row.count)} in the period`}>{rate(row.rate)}</span>,
  },
  {
    id: 'errors',
    title: 'Errors',
    help: 'Share that failed',
    number: true,
    value: (row) => share(row.errors, row.count),
    cell: (row) => <Errors {...row} />,
  },
  ...percentile<Row>('p50', 'Half were faster', (row) => row.p50_ns, true),
  ...percentile<Row>('p95', '95 of 100 were faster', (row) => row.p95_ns),
  ...percentile<Row>('p99', '99 of 100 were faster', (row) => row.p99_ns, true),
];

const percentile = <Row,>(
  id: string,
  help: string,
  value: (row: Row) => number | undefined,
  wide = false,
): Column<Row>[] => [
  { id, title: id, help, number: true, wide, value, cell: (row) => duration(value(row)) },
];

/** Links to the traces behind an operation. */
export const tracesColumn = <Row extends Operation>(): Column<Row> => ({
  id: 'traces',
  title: 'Traces',
  cell: (row) => {
    const of = `of ${row.service} ${row.name}`;
    const query = queryOf(about(row));
    return (
      <span class="links">
        <a href={tracesOf(query)} aria-label={`All traces ${of}`}>
          all
        </a>
        <a
          href={slowTracesOf(row, row.p95_ns)}
          title={`At least ${duration(row.p95_ns)}`}
          aria-label={`Slow traces ${of}`}
        >
          slow
        </a>
        {row.errors > 0 && (
          <a href={tracesOf(`${query} status=error`)} aria-label={`Failed traces ${of}`}>
            failed
          </a>
        )}
      </span>
    );
  },
});

export function TraceLink({ id, words }: { id: string | null | undefined; words: string }) {
  return id ? <a href={link(['trace', id])}>{words}</a> : null;
}
