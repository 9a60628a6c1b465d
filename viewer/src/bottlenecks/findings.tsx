// What the slow tenth does differently from the rest, in words, each with a chart of two bars.
import type { BottlenecksAnswer, Finding } from '../shared/api';
import { count, duration, percent, plural } from '../shared/format';
import { link } from '../shared/router';

function Bars({ finding }: { finding: Finding }) {
  const { slow_ns, rest_ns } = finding;
  const timed = typeof slow_ns === 'number' && typeof rest_ns === 'number' && slow_ns + rest_ns > 0;
  const [slow, rest] = timed ? [slow_ns, rest_ns] : [finding.slow_share, finding.rest_share];
  const longest = timed ? Math.max(slow, rest) : 1;
  const words = timed ? duration : percent;
  const bar = (title: string, value: number, kind: string) => (
    <>
      <span>{title}</span>
      <span class="finding-bar">
        <i class={kind} style={{ width: `${Math.min(1, value / longest) * 100}%` }} />
      </span>
      <span class="number">{words(value)}</span>
    </>
  );
  return (
    <div
      class="finding-chart"
      role="img"
      aria-label={`${timed ? 'Mean time' : 'Share of requests'}: slow ones ${words(slow)}, others ${words(rest)}`}
    >
      {bar('slow', slow, 'slow')}
      {bar('others', rest, 'rest')}
    </div>
  );
}

const kKinds: Record<Finding['kind'], string> = {
  attribute: 'attribute',
  dependency: 'dependency',
  span: 'operation',
  error: 'error',
  self: 'own work',
};

export function Findings({ answer }: { answer: BottlenecksAnswer }) {
  const { threshold_ns, requests, findings } = answer.slow;
  const rest = Math.max(0, answer.requests - requests);
  return (
    <section class="panel">
      <h2>What the slow tenth does differently</h2>
      {requests === 0 ? (
        <p class="hint">
          {plural(answer.requests, 'request')} {answer.requests === 1 ? 'is' : 'are'} too few to
          tell slow ones from the rest. Choose a longer period, or come back after more requests.
        </p>
      ) : (
        <p class="hint">
          {count(requests)} requests that took {duration(threshold_ns)} or longer, against the{' '}
          {count(rest)} others.
        </p>
      )}
      {requests > 0 && findings.length === 0 && (
        <p class="nothing">
          Nothing telling: of {plural(answer.requests, 'request')} that were looked at, the slow
          ones have the same attributes, calls and errors as the others. They are slow evenly.
        </p>
      )}
      <ol class="findings">
        {findings.map((finding) => (
          <li key={finding.kind + finding.name + finding.value}>
            <div>
              <p>{finding.words}</p>
              <p class="links">
                <span class="tag">{kKinds[finding.kind] ?? finding.kind}</span>
                {finding.trace_id && <a href={link(['trace', finding.trace_id])}>Example trace</a>}
              </p>
            </div>
            <Bars finding={finding} />
          </li>
        ))}
      </ol>
    </section>
  );
}
