// Health: who is traced, what was lost and why, and what tracing costs; switches for each process.
import './health.css';
import type { ComponentChildren } from 'preact';
import { api, type HealthAnswer, type ProcessHealth } from '../shared/api';
import { CommandLine, Empty, Failure, Loading } from '../shared/empty';
import { ago, bytes, count, lasting, percent, plural } from '../shared/format';
import { Time } from '../shared/marks';
import { useAnswer } from '../shared/use_answer';
import { ProcessCard } from './process_card';
import { droppedBy, problemsOf } from './problems';

const kEverySeconds = 2;

/** Living ones first; then by service and id, so that none moves about. */
function order(a: ProcessHealth, b: ProcessHealth): number {
  return Number(b.alive) - Number(a.alive) || a.service.localeCompare(b.service) || a.pid - b.pid;
}

export function HealthView() {
  const { answer, error, again } = useAnswer((signal) => api.health(signal), [], kEverySeconds);
  if (!answer) return error ? <Failure error={error} again={again} /> : <Loading />;
  const processes = [...(answer.processes ?? [])].sort(order);
  return (
    <div class="health">
      {error && <Failure error={error} again={again} />}
      <Problems health={answer} fresh={!error} />
      <Overview health={answer} />
      <section aria-label="Traced processes">
        <h2>
          Traced processes <span class="faint">{processes.length || ''}</span>
        </h2>
        {processes.length ? (
          <div class="processes">
            {processes.map((process) => (
              <ProcessCard
                key={`${process.pid} ${process.run_id}`}
                process={process}
                cost={answer.overhead?.processes.find((cost) => cost.pid === process.pid)}
                changed={again}
              />
            ))}
          </div>
        ) : answer.collector ? (
          <Empty title="No process is traced now">
            <p>Start one; it appears here with its first request:</p>
            <CommandLine text="seamtrace run -- ./your-server" />
            <p>If it does not appear, ask whether it can be traced:</p>
            <CommandLine text="seamtrace doctor ./your-server" />
          </Empty>
        ) : (
          <p class="faint">A store file is shown; no collector runs behind this page.</p>
        )}
      </section>
    </div>
  );
}

function Problems({ health, fresh }: { health: HealthAnswer; fresh: boolean }) {
  const problems = problemsOf(health);
  return (
    <section aria-label="Problems" class="problems" aria-live="polite">
      {problems.length === 0 ? (
        fresh && <p class="good">✓ Nothing has been lost, and everything works.</p>
      ) : (
        <ul>
          {problems.map((problem) => (
            <li key={problem.words} class={problem.severe ? 'severe' : undefined}>
              {problem.words.slice(0, 1000)}
              {problem.advice && <span> {problem.advice.slice(0, 1000)}</span>}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Part(props: { title: string; children: ComponentChildren }) {
  return (
    <section class="panel" aria-label={props.title}>
      <h2>{props.title}</h2>
      <dl class="facts">{props.children}</dl>
    </section>
  );
}

function Fact(props: { name: string; children: ComponentChildren; help?: string }) {
  return (
    <>
      <dt title={props.help}>{props.name}</dt>
      <dd>{props.children}</dd>
    </>
  );
}

function Overview({ health }: { health: HealthAnswer }) {
  const { collector, reader, store, receiver, overhead, exporters = [] } = health;
  return (
    <div class="overview">
      {collector && (
        <Part title="Collector">
          <Fact name="Version">
            {collector.version}, process {collector.pid}
          </Fact>
          <Fact name="Running for">{lasting(collector.uptime_seconds)}</Fact>
          <Fact name="Memory">{bytes(collector.resident_bytes)}</Fact>
          {overhead && (
            <Fact
              name="Processor time"
              help="Of this collector, measured; the share is of one processor since its start"
            >
              {overhead.collector_cpu_s.toFixed(1)} s, {percent(overhead.collector_share)} of one
            </Fact>
          )}
          {reader && <Fact name="Spans read">{count(reader.records)}</Fact>}
          <Fact name="Shared memory">{collector.directory}</Fact>
        </Part>
      )}
      {store && (
        <Part title="Store">
          <Fact name="File">{store.path}</Fact>
          <Fact name="Size">{bytes(store.bytes)}</Fact>
          <Fact name="Holds">
            {plural(store.traces ?? 0, 'trace')}, {plural(store.spans ?? 0, 'span')}
          </Fact>
          {store.oldest_us > 0 && (
            <Fact name="Oldest">
              <Time us={store.oldest_us} milliseconds={false} /> ({ago(store.oldest_us)})
            </Fact>
          )}
          {store.removed_traces > 0 && (
            <Fact name="Removed" help="By age and size, as configured">
              {plural(store.removed_traces, 'trace')}
            </Fact>
          )}
          {store.duplicates > 0 && (
            <Fact name="Duplicates">{plural(store.duplicates, 'span')} sent twice, kept once</Fact>
          )}
        </Part>
      )}
      {exporters.map((exporter) => (
        <Part key={exporter.name} title={`Exporter: ${exporter.name}`}>
          {exporter.destination && <Fact name="Destination">{exporter.destination}</Fact>}
          <Fact name="Exported">{plural(exporter.exported, 'span')}</Fact>
          <Fact name="Dropped">
            <span class={droppedBy(exporter) ? 'bad' : undefined}>
              {count(droppedBy(exporter))}
              {Object.entries(exporter.dropped).map(
                ([reason, spans]) => spans > 0 && `; ${reason.replaceAll('_', ' ')}: ${count(spans)}`,
              )}
            </span>
          </Fact>
          <Fact name="Waiting">
            {count(exporter.queued)} of at most {count(exporter.capacity)}
          </Fact>
          {exporter.retries > 0 && <Fact name="Retries">{count(exporter.retries)}</Fact>}
        </Part>
      ))}
      {receiver && (
        <Part title="Receiver of OTLP">
          {receiver.grpc && <Fact name="gRPC">{receiver.grpc}</Fact>}
          {receiver.http && <Fact name="HTTP">{receiver.http}</Fact>}
          <Fact name="Received">
            {plural(receiver.spans, 'span')} in {plural(receiver.requests, 'request')}
          </Fact>
          {Object.entries(receiver.refused).map(([reason, times]) => (
            <Fact key={reason} name="Refused">
              {count(times)}: {reason}
            </Fact>
          ))}
        </Part>
      )}
    </div>
  );
}
