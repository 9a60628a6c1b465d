// All services: their rate, errors and durations, how these went, and what changed.
import { useMemo } from 'preact/hooks';
import { api, type Operation, type ServiceSummary } from '../shared/api';
import { CommandLine, Empty, Failure, Loading } from '../shared/empty';
import { count, duration, percent, rate } from '../shared/format';
import { ServiceName } from '../shared/marks';
import { period, resolve, type Period } from '../shared/period';
import { link } from '../shared/router';
import { Table, type Column } from '../shared/table';
import { useAnswer } from '../shared/use_answer';
import { measureColumns, Peer, TraceLink } from './cells';
import { Change } from './change';
import { kRefreshSeconds } from './refresh';
import { Sparkline } from './sparkline';
import { Tabs } from './tabs';
import { about, keyOf, queryOf, share, tracesOf } from './words';

type Row = ServiceSummary & { base: ServiceSummary | undefined };

const kFew = 20;

const asked = ({ counted }: ServiceSummary): boolean => counted === 'requests';

/** As long, just before. */
function before(chosen: Period): Period {
  const [since, until] = resolve(chosen);
  return {
    since: String(Math.round(2 * since - until)),
    until: String(Math.round(since)),
    live: false,
  };
}

function columns(): Column<Row>[] {
  const [rates, errors, ...durations] = measureColumns<Row>();
  const few = (row: Row): boolean => Math.min(row.count, row.base?.count ?? 0) < kFew;
  return [
    {
      id: 'name',
      title: 'Service',
      value: (row) => row.name,
      cell: (row) => (
        <>
          <a href={link(['services', row.name])}>
            <ServiceName name={row.name} />
          </a>
          {!asked(row) && (
            <span class="tag" title="It has answered no request; these are counted instead">
              {row.counted === 'calls' ? 'calls' : 'internal spans'}
            </span>
          )}
        </>
      ),
    },
    rates!,
    {
      id: 'requests',
      title: 'Requests and errors',
      wide: true,
      cell: ({ name, series }) => (
        <Sparkline
          values={series.count}
          errors={series.errors}
          label={`Rate of ${name} over the period, at most ${count(Math.max(0, ...series.count))} in a step`}
        />
      ),
    },
    errors!,
    {
      id: 'errors_change',
      title: 'Errors change',
      help: 'Share of errors against the period before',
      wide: true,
      cell: (row) => (
        <Change
          now={share(row.errors, row.count)}
          base={row.base && share(row.base.errors, row.base.count)}
          format={percent}
          moreIsWorse
          points
          few={few(row)}
        />
      ),
    },
    ...durations,
    {
      id: 'durations',
      title: 'p95 over time',
      wide: true,
      cell: ({ name, series }) => (
        <Sparkline
          values={series.p95_ns}
          label={`p95 of ${name} over the period, at most ${duration(Math.max(0, ...series.p95_ns.map(Number)))}`}
        />
      ),
    },
    {
      id: 'p95_change',
      title: 'p95 change',
      help: 'Against the period before',
      wide: true,
      value: (row) => (row.base ? row.p95_ns / row.base.p95_ns : null),
      cell: (row) => (
        <Change
          now={row.p95_ns}
          base={row.base?.p95_ns}
          format={duration}
          moreIsWorse
          few={few(row)}
        />
      ),
    },
  ];
}

export function ServiceList() {
  const chosen = period.value;
  const every = chosen.live ? kRefreshSeconds : 0;
  const { answer, error, again } = useAnswer(
    (signal) =>
      Promise.all([
        api.services(chosen, signal),
        api.services(before(chosen), signal),
        api.operations(chosen, { sort: 'slowest', limit: 8 }, signal),
        api.operations(chosen, { sort: 'failing', limit: 8 }, signal),
      ]),
    [chosen],
    every,
  );
  const rows = useMemo<Row[]>(() => {
    const base = new Map(answer?.[1].services.map((service) => [service.name, service]));
    return (answer?.[0].services ?? []).map((service) => ({
      ...service,
      base: base.get(service.name),
    }));
  }, [answer]);
  return (
    <div class="services">
      <Tabs current="services" />
      {error && <Failure error={error} again={again} />}
      {!answer && !error && <Loading what="Adding up the services" />}
      {answer && rows.length === 0 && <NoServices />}
      {rows.length > 0 && (
        <>
          <Table
            caption="Services"
            columns={columns()}
            rows={rows}
            keyOf={(row) => row.name}
            sort="-rate"
            last={(row) => !asked(row)}
          />
          <div class="pair">
            <Operations
              title="Slowest operations"
              operations={answer![2].operations}
              value={(row) => duration(row.p95_ns)}
              help="95 of 100 were faster"
              unit="p95"
              trace={(row) => row.slowest_trace}
              words="slowest"
              none="No operation has ended in this period."
            />
            <Operations
              title="Most failing operations"
              operations={answer![3].operations.filter((row) => row.errors > 0)}
              value={(row) => `${count(row.errors)} (${percent(share(row.errors, row.count))})`}
              help="Number and share of failed calls"
              unit="Errors"
              trace={(row) => row.error_trace}
              words="latest"
              none="Nothing has failed in this period."
            />
          </div>
        </>
      )}
    </div>
  );
}

function NoServices() {
  return (
    <Empty title="No service has answered a request in this period">
      <p>
        Choose a longer period above, or start a program under the tracer and send it a request:
      </p>
      <CommandLine text="seamtrace run -- ./server" />
      <p>It appears here a few seconds later.</p>
    </Empty>
  );
}

interface ListProperties {
  title: string;
  operations: Operation[];
  unit: string;
  help: string;
  value: (row: Operation) => string;
  trace: (row: Operation) => string | null;
  words: string;
  none: string;
}

function Operations(props: ListProperties) {
  return (
    <section class="panel">
      <h2>{props.title}</h2>
      {props.operations.length === 0 ? (
        <p class="none">{props.none}</p>
      ) : (
        <Table
          caption={props.title}
          columns={[
            {
              id: 'operation',
              title: 'Operation',
              cell: (row) => (
                <a class="operation" href={tracesOf(queryOf(about(row)))}>
                  <ServiceName name={row.service} /> <span>{row.name}</span>
                  <Peer peer={row.peer} />
                </a>
              ),
            },
            { id: 'rate', title: 'Rate', number: true, wide: true, cell: (row) => rate(row.rate) },
            {
              id: 'value',
              title: props.unit,
              help: props.help,
              number: true,
              cell: props.value,
            },
            {
              id: 'trace',
              title: 'Trace',
              cell: (row) => <TraceLink id={props.trace(row)} words={props.words} />,
            },
          ]}
          rows={props.operations}
          keyOf={keyOf}
          sort=""
        />
      )}
    </section>
  );
}
