// The list of traces; the keyboard goes from link to link.
import type { TraceSummary } from '../shared/api';
import { count, duration, plural } from '../shared/format';
import { ServiceName, Time } from '../shared/marks';
import { serviceColour } from '../shared/colours';
import { link } from '../shared/router';

interface Properties {
  traces: TraceSummary[];
  /** Somebody points at a trace, or goes to it by keyboard. */
  mark: (id: string | undefined) => void;
}

/** Names come from anywhere; a list shows their beginning. */
const kLongestName = 200;

export function TraceTable({ traces, mark }: Properties) {
  const slowest = traces.reduce((most, trace) => Math.max(most, trace.duration_ns), 1);
  return (
    <table class="traces" aria-label="Traces, the latest first">
      <thead>
        <tr>
          <th scope="col">Start</th>
          <th scope="col">Trace</th>
          <th scope="col">Status</th>
          <th scope="col" class="number">
            Duration
          </th>
          <th scope="col" class="number">
            Spans
          </th>
          <th scope="col" class="wide">
            Services
          </th>
        </tr>
      </thead>
      <tbody>
        {traces.map((trace) => (
          <Row key={trace.trace_id} trace={trace} slowest={slowest} mark={mark} />
        ))}
      </tbody>
    </table>
  );
}

function Row(props: { trace: TraceSummary; slowest: number; mark: Properties['mark'] }) {
  const { trace } = props;
  const share = Math.max(0.01, trace.duration_ns / props.slowest);
  const name = `${trace.name} ${trace.detail}`.trim().slice(0, kLongestName) || '(no name)';
  return (
    <tr
      onMouseEnter={() => props.mark(trace.trace_id)}
      onMouseLeave={() => props.mark(undefined)}
    >
      <td class="start">
        <Time us={trace.start_us} unix_ns={trace.start_unix_ns} />
      </td>
      <td class="what">
        <ServiceName name={trace.service} />
        <a
          href={link(['trace', trace.trace_id])}
          title={name}
          onFocus={() => props.mark(trace.trace_id)}
          onBlur={() => props.mark(undefined)}
        >
          {name}
        </a>
        {!trace.root && (
          <span class="tag" title="Its parent was made elsewhere, or has not arrived yet">
            partial
          </span>
        )}
      </td>
      <td class="status">
        <StatusOf trace={trace} />
      </td>
      <td class="number duration">
        <i
          aria-hidden="true"
          style={{ width: `${share * 46}px`, background: serviceColour(trace.service) }}
        />
        <span title={`${count(trace.duration_ns)} ns`}>{duration(trace.duration_ns)}</span>
      </td>
      <td class="number spans">{count(trace.spans)}</td>
      <td class="wide involved">
        <Services names={trace.services} />
      </td>
    </tr>
  );
}

function StatusOf({ trace }: { trace: TraceSummary }) {
  const bad = trace.status === 'error' || (trace.http_status ?? 0) >= 500;
  return (
    <>
      {trace.http_status !== null && (
        <span class={bad ? 'error-mark' : undefined}>{trace.http_status}</span>
      )}
      {bad && trace.http_status === null && <span class="error-mark">error</span>}
      {trace.errors > 0 && (
        <span class="bad inner" title={plural(trace.errors, 'span') + ' with errors'}>
          ◆ {trace.errors}
          <span class="unseen"> {trace.errors === 1 ? 'span' : 'spans'} with errors</span>
        </span>
      )}
    </>
  );
}

function Services({ names }: { names: string[] }) {
  return (
    <>
      {names.slice(0, 4).map((name) => (
        <ServiceName key={name} name={name} />
      ))}
      {names.length > 4 && <span class="faint">+{names.length - 4}</span>}
    </>
  );
}
