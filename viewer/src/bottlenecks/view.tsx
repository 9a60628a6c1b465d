// Bottlenecks: for a service or one of its operations, where the time goes, and what its slow
// requests have that the others do not.
import '../services/services.css';
import './bottlenecks.css';
import { useRef } from 'preact/hooks';
import { api, type ServiceSummary } from '../shared/api';
import { CommandLine, Empty, Failure, Loading } from '../shared/empty';
import { duration, plural, queryDuration } from '../shared/format';
import { period } from '../shared/period';
import { parameter, setParameters } from '../shared/router';
import { useAnswer } from '../shared/use_answer';
import { about, answers, pageOf, queryOf, tracesOf } from '../services/words';
import { Findings } from './findings';
import { WhereTime } from './where';

/** Whole traces are read: not as often as roll-ups. */
const kRefreshSeconds = 10;

/** Who spends most time answering is looked at first: mostly the service at the front. */
const byTime = (a: ServiceSummary, b: ServiceSummary): number =>
  Number(b.counted === 'requests') - Number(a.counted === 'requests') ||
  b.count * b.p50_ns - a.count * a.p50_ns;

export function BottlenecksView() {
  const chosen = period.value;
  const { answer, error, again } = useAnswer(
    (signal) => api.services(chosen, signal),
    [chosen],
    chosen.live ? kRefreshSeconds : 0,
  );
  const services = [...(answer?.services ?? [])].sort(byTime).map(({ name }) => name);
  // The one that was chosen by itself stays, whatever the others do meanwhile.
  const first = useRef<string>(undefined);
  const service = parameter('service') || (first.current ??= services[0]);
  if (service && !services.includes(service)) services.unshift(service);
  return (
    <div class="services">
      {service ? (
        <OfService key={service} service={service} services={services} />
      ) : error ? (
        <Failure error={error} again={again} />
      ) : answer ? (
        <Empty title="No service has answered a request in this period">
          <p>Choose a longer period above, or start a program and send it some requests:</p>
          <CommandLine text="seamtrace run -- ./server" />
        </Empty>
      ) : (
        <Loading what="Looking for services" />
      )}
    </div>
  );
}

function OfService({ service, services }: { service: string; services: string[] }) {
  const chosen = period.value;
  const operation = parameter('operation');
  const { answer, error, loading, again } = useAnswer(
    async (signal) => {
      const [found, listed] = await Promise.all([
        api.bottlenecks(chosen, { service, ...(operation && { operation }) }, signal),
        api.operations(chosen, { service }, signal),
      ]);
      return { found, operations: listed.operations };
    },
    [chosen, service, operation],
    chosen.live ? kRefreshSeconds : 0,
    false,
  );
  const operations = new Set(
    answer?.operations
      .filter(({ kind }) => answers(kind))
      .map(({ name }) => name),
  );
  if (operation) operations.add(operation);
  const found = answer?.found;
  const chosenRow = answer?.operations.find((row) => row.name === operation && answers(row.kind));
  const query = queryOf({ service, operation: operation || undefined });
  return (
    <>
      <div class="heading">
        <label>
          Service{' '}
          <select
            value={service}
            onChange={(event) =>
              setParameters({ service: event.currentTarget.value, operation: undefined })
            }
          >
            {services.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label>
          Operation{' '}
          <select
            value={operation}
            onChange={(event) =>
              setParameters({ operation: event.currentTarget.value || undefined })
            }
          >
            <option value="">All requests</option>
            {[...operations].sort().map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <span class="links">
          <a href={tracesOf(query)}>Traces</a>
          {found && found.slow.requests > 0 && (
            <a
              href={tracesOf(`${query} duration>=${queryDuration(found.slow.threshold_ns, false)}`)}
            >
              Slow traces
            </a>
          )}
          <a href={pageOf(chosenRow ? about(chosenRow) : { service })}>Service</a>
        </span>
      </div>
      {error && <Failure error={error} again={again} />}
      {loading && !found && <Loading what="Looking into the traces" />}
      {found && found.requests === 0 && (
        <Empty title={`No request to ${service} in this period`}>
          <p>Choose a longer period above, another service, or all of its requests.</p>
        </Empty>
      )}
      {found && found.requests > 0 && (
        <>
          <dl class="measures large">
            {(
              [
                ['Looked at', plural(found.requests, 'request')],
                ['p50', duration(found.p50_ns)],
                ['p90', duration(found.p90_ns)],
                ['p99', duration(found.p99_ns)],
              ] as const
            ).map(([title, value]) => (
              <div key={title}>
                <dt>{title}</dt>
                <dd>
                  <strong>{value}</strong>
                </dd>
              </div>
            ))}
          </dl>
          <WhereTime answer={found} />
          <Findings answer={found} />
        </>
      )}
    </>
  );
}
