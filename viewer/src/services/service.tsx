// One service, or one of its operations: how it does, over time and against the period before; its
// operations; what it calls and who calls it.
import { useMemo } from 'preact/hooks';
import { api, kMostOperations, type CompareAnswer, type Operation } from '../shared/api';
import { Empty, Failure, Loading } from '../shared/empty';
import { count, duration, percent, plural, rate, time } from '../shared/format';
import { ServiceName } from '../shared/marks';
import { period } from '../shared/period';
import { link, navigate, parameter } from '../shared/router';
import { Table, type Column } from '../shared/table';
import { useAnswer } from '../shared/use_answer';
import { measureColumns, Peer, TraceLink, tracesColumn } from './cells';
import { Change } from './change';
import { Charts } from './charts';
import { Dependencies } from './dependencies';
import { kRefreshSeconds } from './refresh';
import {
  about,
  answers,
  countedOf,
  endWords,
  keyOf,
  pageOf,
  queryOf,
  share,
  tracesOf,
  type About,
} from './words';

const kFew = 20;

type Compared = CompareAnswer['operations'][number];
/** Undefined: it is not among those that were compared. */
type Row = Operation & { before: Compared | undefined };

const titleOf = ({ name, kind, peer }: Row): string =>
  name + (peer ? ` → ${endWords(peer)}` : answers(kind) ? '' : ` (${kind})`);

export function ServiceView({ name }: { name: string }) {
  const chosen = period.value;
  const at = (key: string): string | undefined => parameter(key) || undefined;
  const what = { service: name, operation: at('operation'), kind: at('kind'), peer: at('peer') };
  const query = queryOf(what);
  const all = queryOf({ service: name });
  const every = chosen.live ? kRefreshSeconds : 0;
  const { answer, error, again } = useAnswer(
    async (signal) => {
      const [series, compared, { operations }, before, map] = await Promise.all([
        api.series(chosen, what, signal),
        api.compare(chosen, what, signal),
        api.operations(chosen, { service: name }, signal),
        query === all ? undefined : api.compare(chosen, { service: name }, signal),
        api.map(chosen, signal),
      ]);
      return { series, compared, operations, changes: (before ?? compared).operations, map };
    },
    [chosen, query],
    every,
  );
  const rows = useMemo<Row[]>(() => {
    const changes = new Map(answer?.changes.map((row) => [keyOf(row), row]));
    return (answer?.operations ?? []).map((row) => ({ ...row, before: changes.get(keyOf(row)) }));
  }, [answer]);
  const kinds = rows.map((row) => row.kind);
  const { operation, kind } = what;
  const counted = kind ? countedOf([kind]) : query === all ? countedOf(kinds) : 'span';
  return (
    <div class="services">
      <Heading what={what} every={countedOf(kinds)} rows={rows} />
      {error && <Failure error={error} again={again} />}
      {!answer && !error && <Loading what="Adding up the service" />}
      {answer && rows.length === 0 && (
        <Empty title={`Nothing of ${name} in this period`}>
          <p>
            Choose a longer period above, or send the service a request.{' '}
            <a href={link(['services'])}>All services</a>
          </p>
        </Empty>
      )}
      {answer && rows.length > 0 && (
        <>
          <Facts compared={answer.compared} counted={counted} />
          <Charts
            answer={answer.series}
            of={operation ? `${name}, ${operation}` : name}
            counted={counted}
          />
          <section class="panel">
            <h2>Operations</h2>
            <Table
              caption={`Operations of ${name}`}
              columns={columns(rows)}
              rows={rows}
              keyOf={keyOf}
              sort="-time"
              selected={rows.filter((row) => queryOf(about(row)) === query).map(keyOf)[0]}
            />
            {rows.length === kMostOperations && (
              <p class="faint">These {count(kMostOperations)} are those with the most time.</p>
            )}
          </section>
          <Dependencies name={name} map={answer.map} />
        </>
      )}
    </div>
  );
}

function Heading({ what, every, rows }: { what: About; every: string; rows: Row[] }) {
  const { service: name, operation, kind } = what;
  const here = pageOf(what);
  const everything = pageOf({ service: name });
  const pages = new Map([[here, operation ?? '']]);
  for (const row of rows) pages.set(pageOf(about(row)), titleOf(row));
  pages.delete(everything);
  return (
    <div class="heading">
      <nav aria-label="Where this is">
        <a href={link(['services'])}>Services</a>
        <span aria-hidden="true"> / </span>
      </nav>
      <h2>
        <ServiceName name={name} />
      </h2>
      <select
        aria-label="Operation"
        value={here}
        onChange={(event) => navigate(event.currentTarget.value)}
      >
        <option value={everything}>All {every}s</option>
        {[...pages]
          .sort(([, a], [, b]) => a.localeCompare(b))
          .map(([page, title]) => (
            <option key={page} value={page}>
              {title}
            </option>
          ))}
      </select>
      <span class="links">
        <a href={tracesOf(queryOf(what))}>Traces</a>
        {(!kind || answers(kind)) && (
          <a href={link(['bottlenecks'], { service: name, operation })}>Bottlenecks</a>
        )}
        <a href={link(['map'], { selected: name })}>On the map</a>
      </span>
    </div>
  );
}

/** The numbers of the period, and what changed. */
function Facts(props: { compared: CompareAnswer; counted: string }) {
  const { now, base } = props.compared;
  const nowWords = plural(now.count, props.counted);
  const had = base.count > 0;
  const few = Math.min(now.count, base.count) < kFew;
  const fact = (
    title: string,
    format: (value: number) => string,
    value: (side: typeof now) => number,
    judged: boolean,
    points = false,
  ) => (
    <div>
      <dt>{title}</dt>
      <dd>
        <strong>{now.count > 0 ? format(value(now)) : '–'}</strong>
        {had && now.count > 0 && (
          <Change
            now={value(now)}
            base={value(base)}
            format={format}
            moreIsWorse={judged}
            points={points}
            few={few}
          />
        )}
      </dd>
    </div>
  );
  return (
    <>
      <dl class="measures large">
        {fact('Rate', rate, (side) => side.rate, false)}
        {fact('Failed', percent, (side) => share(side.errors, side.count), true, true)}
        {fact('p50', duration, (side) => side.p50_ns, true)}
        {fact('p95', duration, (side) => side.p95_ns, true)}
        {fact('p99', duration, (side) => side.p99_ns, true)}
      </dl>
      <p class="hint">
        {had
          ? `${nowWords}, compared with ${count(base.count)} from ${time(base.since_us, false)} to ${time(base.until_us, false)}.`
          : `${nowWords}; there were none in the period before to compare with.`}
      </p>
    </>
  );
}

function columns(rows: Row[]): Column<Row>[] {
  const [rates, errors, p50, p95, p99] = measureColumns<Row>();
  const few = ({ count: now, before }: Row): boolean =>
    Math.min(now, before?.base?.count ?? 0) < kFew;
  const whole = Math.max(1, ...rows.map((row) => row.total_ns));
  return [
    {
      id: 'name',
      title: 'Operation',
      value: (row) => `${row.name} ${row.peer ? endWords(row.peer) : ''}`,
      cell: (row) => (
        <>
          <a class="operation" href={pageOf(about(row))}>
            {row.name}
          </a>
          <Peer peer={row.peer} />
        </>
      ),
    },
    { id: 'kind', title: 'Kind', wide: true, value: (row) => row.kind },
    rates!,
    {
      id: 'rate_change',
      title: 'Rate change',
      help: 'Against the period before',
      wide: true,
      value: (row) => row.before?.rate_change,
      cell: ({ rate: now, before }) =>
        before && <Change now={now} base={before.base?.rate} format={rate} />,
    },
    errors!,
    p50!,
    p95!,
    {
      id: 'p95_change',
      title: 'p95 change',
      help: 'Against the period before',
      wide: true,
      value: (row) => row.before?.p95_change,
      cell: (row) =>
        row.before && (
          <Change
            now={row.p95_ns}
            base={row.before.base?.p95_ns}
            format={duration}
            moreIsWorse
            few={few(row)}
          />
        ),
    },
    p99!,
    {
      id: 'slowest',
      title: 'Slowest',
      number: true,
      wide: true,
      value: (row) => row.max_ns,
      cell: (row) => <TraceLink id={row.slowest_trace} words={duration(row.max_ns)} />,
    },
    {
      id: 'time',
      title: 'Time',
      help: 'All calls together',
      number: true,
      wide: true,
      value: (row) => row.total_ns,
      cell: (row) => (
        <span class="hits">
          <span class="meter" aria-hidden="true">
            <i style={{ width: `${(row.total_ns / whole) * 100}%` }} />
          </span>
          <span>{duration(row.total_ns)}</span>
        </span>
      ),
    },
    tracesColumn<Row>(),
  ];
}
