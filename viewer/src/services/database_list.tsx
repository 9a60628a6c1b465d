// Databases and caches: what is sent to them, by query summary.
import { api, type DatabaseSummary, type Operation } from '../shared/api';
import { CommandLine, Empty, Failure, Loading } from '../shared/empty';
import { count, duration, percent, rate } from '../shared/format';
import { ServiceName } from '../shared/marks';
import { period } from '../shared/period';
import { link, parameter } from '../shared/router';
import { Table, type Column } from '../shared/table';
import { useAnswer } from '../shared/use_answer';
import { Errors, HitRatio, measureColumns, TraceLink, tracesColumn } from './cells';
import { kRefreshSeconds } from './refresh';
import { Tabs } from './tabs';
import { about, hitRatio, hitWords, keyOf, kNodeWords, queryOf, share, tracesOf } from './words';

const columns = (cache: boolean, total: number): Column<Operation>[] => [
  {
    id: 'statement',
    title: cache ? 'Command' : 'Statement',
    value: (row) => row.name,
    cell: (row) => (
      <a class="statement" href={tracesOf(queryOf(about(row)))} title="The traces behind it">
        {row.name || '(without a name)'}
      </a>
    ),
  },
  {
    id: 'service',
    title: 'Sent by',
    value: (row) => row.service,
    cell: (row) => (
      <a href={link(['services', row.service])}>
        <ServiceName name={row.service} />
      </a>
    ),
  },
  ...measureColumns<Operation>(),
  {
    id: 'time',
    title: 'Time',
    help: 'All calls together, and their share of all time in here',
    number: true,
    wide: true,
    value: (row) => row.total_ns,
    cell: (row) => `${duration(row.total_ns)} (${percent(share(row.total_ns, total))})`,
  },
  ...(cache
    ? [
        {
          id: 'hits',
          title: 'Hit ratio',
          help: 'Share of lookups that found something',
          number: true,
          value: (row: Operation) => hitRatio(row),
          cell: (row: Operation) => <HitRatio {...row} />,
        },
      ]
    : []),
  {
    id: 'slowest',
    title: 'Slowest',
    number: true,
    wide: true,
    value: (row) => row.max_ns,
    cell: (row) => <TraceLink id={row.slowest_trace} words={duration(row.max_ns)} />,
  },
  tracesColumn<Operation>(),
];

export function DatabaseList() {
  const chosen = period.value;
  const { answer, error, again } = useAnswer(
    (signal) => api.databases(chosen, signal),
    [chosen],
    chosen.live ? kRefreshSeconds : 0,
  );
  const only = parameter('name');
  const shown = answer?.databases.filter(({ name }) => !only || name === only) ?? [];
  return (
    <div class="services">
      <Tabs current="databases" />
      {error && <Failure error={error} again={again} />}
      {!answer && !error && <Loading what="Adding up databases and caches" />}
      {only && answer && (
        <p>
          Only {only}. <a href={link(['services'], { tab: 'databases' })}>Show all</a>
        </p>
      )}
      {answer && shown.length === 0 && (
        <Empty title="No call of a database or a cache in this period">
          <p>
            Calls of PostgreSQL, MySQL, MariaDB, SQLite, Redis and memcached appear here by
            themselves when a traced program makes them. Choose a longer period above, or start it:
          </p>
          <CommandLine text="seamtrace run -- ./server" />
        </Empty>
      )}
      {shown.map((database) => (
        <Store key={database.kind + database.system + database.name} {...database} />
      ))}
    </div>
  );
}

function Store(database: DatabaseSummary) {
  const { kind, system, name, statements, services } = database;
  const ratio = hitRatio(database);
  const words = name || system || kNodeWords[kind];
  return (
    <section class="panel store">
      <h2>
        {words} <small>{kNodeWords[kind]}</small>
      </h2>
      <dl class="measures">
        <div>
          <dt>Calls</dt>
          <dd title={`${count(database.count)} in the period`}>{rate(database.rate)}</dd>
        </div>
        <div>
          <dt>Errors</dt>
          <dd>
            <Errors {...database} />
          </dd>
        </div>
        <div>
          <dt>p95</dt>
          <dd>{duration(database.p95_ns)}</dd>
        </div>
        <div>
          <dt>Time in it</dt>
          <dd>{duration(database.total_ns)}</dd>
        </div>
        {ratio !== undefined && (
          <div>
            <dt>Hit ratio</dt>
            <dd title={hitWords(database)}>
              <HitRatio {...database} />
            </dd>
          </div>
        )}
        <div>
          <dt>Used by</dt>
          <dd class="names">
            {services.map((service) => (
              <a key={service} href={link(['services', service])}>
                <ServiceName name={service} />
              </a>
            ))}
          </dd>
        </div>
      </dl>
      <Table
        caption={`What is sent to ${words}`}
        columns={columns(kind === 'cache', database.total_ns)}
        rows={statements}
        keyOf={keyOf}
        sort="-time"
      />
    </section>
  );
}
