// One traced process: what was seen of it, what was lost, its switches.
import type { HealthAnswer, ProcessHealth } from '../shared/api';
import { count, percent, plural } from '../shared/format';
import { ServiceName } from '../shared/marks';
import { link } from '../shared/router';
import { quoted } from '../traces/query_words';
import { groupsOf } from './counter_words';
import { Control } from './process_control';
import { lossesOf } from './problems';

type Cost = NonNullable<HealthAnswer['overhead']>['processes'][number];

export function ProcessCard(props: {
  process: ProcessHealth;
  cost: Cost | undefined;
  changed: () => void;
}) {
  const { process, cost } = props;
  const lost = lossesOf(process);
  const name = process.service || '(no request yet)';
  return (
    <article class="process panel" aria-label={`${name}, process ${process.pid}`}>
      <header class="row">
        <h3>
          <ServiceName name={name} />
        </h3>
        <span class="faint">process {process.pid}</span>
        {!process.alive && <span class="tag">ended</span>}
        <span class="grow" />
        {process.service && (
          <a href={link(['traces'], { query: `service=${quoted(process.service)}` })}>Traces</a>
        )}
      </header>
      <p class="command-line mono" title={process.command}>
        {(process.command || process.executable).slice(0, 400)}
      </p>
      <Control process={process} changed={props.changed} />
      <ul class="figures">
        <Figure value={count(process.spans)} words="spans" />
        <Figure value={count(process.in_flight)} words="in flight" />
        <Figure value={count(lost)} words="lost" bad={lost > 0} />
        {cost && (
          <Figure
            value={percent(cost.agent_share)}
            words="of its processor time"
            help="What tracing takes of the program's processor time, estimated: what the agent measured of its own calls (one in a thousand), four calls a span."
          />
        )}
      </ul>
      <Stores process={process} />
      <Counters process={process} />
    </article>
  );
}

function Figure(props: { value: string; words: string; bad?: boolean; help?: string }) {
  return (
    <li title={props.help} class={props.bad ? 'bad' : undefined}>
      <b>{props.value}</b> {props.words}
    </li>
  );
}

function Stores({ process }: { process: ProcessHealth }) {
  if (!process.stores.length) return null;
  return (
    <ul class="stores">
      {process.stores.map((store) => (
        <li key={store.system + store.address + store.port}>
          <b>{store.system}</b> {store.address}
          {store.port > 0 && `:${store.port}`}: {plural(store.operations, 'call')}
          {store.errors > 0 && <span class="bad">, {plural(store.errors, 'error')}</span>},{' '}
          {plural(store.connections.open, 'connection')} open, {count(store.connections.used)} in use
          {store.connections.failed + store.connections.rejected > 0 && (
            <span class="bad">
              , {count(store.connections.failed + store.connections.rejected)} failed
            </span>
          )}
          {store.cache_hits + store.cache_misses > 0 &&
            `, ${percent(store.cache_hits / (store.cache_hits + store.cache_misses))} hits`}
        </li>
      ))}
    </ul>
  );
}

function Counters({ process }: { process: ProcessHealth }) {
  const groups = groupsOf(process.counters);
  if (!groups.length) return <p class="faint">It has counted nothing yet.</p>;
  return (
    <details>
      <summary>
        All counters<span class="unseen"> of process {process.pid}</span>
      </summary>
      {groups.map((group) => (
        <section key={group.title}>
          <h4>{group.title}</h4>
          <dl>
            {Object.entries(group.counters).map(([name, [meaning, advice]]) => (
              <div key={name} title={name}>
                <dt>{count(process.counters[name])}</dt>
                <dd>
                  {meaning}
                  {advice && <span class="faint"> {advice}</span>}
                </dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </details>
  );
}
