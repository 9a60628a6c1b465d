// Where the requests' time goes: one bar for all of them, one for the slow tenth, on one scale; below
// it the same parts with their numbers.
import type { BottlenecksAnswer, Where } from '../shared/api';
import { serviceColour } from '../shared/colours';
import { count, duration, percent } from '../shared/format';
import { Table, type Column } from '../shared/table';
import { kNodeWords } from '../services/words';

const nameOf = ({ what, name, kind }: Where): string => {
  if (what === 'self') return 'Own work';
  if (what === 'waiting') return `Waiting for ${name || 'others'}`;
  return name || (kind ? kNodeWords[kind] : 'a dependency');
};

const kHelp: Record<Where['what'], string> = {
  self: 'Nothing that it called was open',
  dependency: 'In what it called; time under several at once is shared out',
  waiting: 'Between a call and the beginning of the answer: network, queue, accept',
};

/** A style for a part; waiting is hatched (bottlenecks.css). */
const fill = (part: Where): { background?: string; '--part'?: string } =>
  part.what === 'self'
    ? {}
    : part.what === 'waiting'
      ? { '--part': serviceColour(part.name) }
      : { background: serviceColour(part.name) };

const calls = ({ what }: Where, value: number): string =>
  what === 'self' || value === 0
    ? '–'
    : value < 10
      ? value.toFixed(1).replace(/\.0$/, '')
      : count(value);

interface BarProperties {
  parts: Where[];
  value: (part: Where) => number;
  longest: number;
  words: string;
}

function Bar({ parts, value, longest, words }: BarProperties) {
  const told = parts
    .filter((part) => value(part) > 0)
    .map((part) => `${nameOf(part)} ${duration(value(part))}`)
    .join(', ');
  return (
    <div class="time-bar" role="img" aria-label={`${words}: ${told}`}>
      {parts.map((part) => (
        <i
          key={part.what + part.name}
          class={part.what}
          title={`${nameOf(part)}: ${duration(value(part))}`}
          style={{ ...fill(part), width: `${longest > 0 ? (value(part) / longest) * 100 : 0}%` }}
        />
      ))}
    </div>
  );
}

export function WhereTime({ answer }: { answer: BottlenecksAnswer }) {
  const parts = answer.where.filter((part) => part.mean_ns > 0 || part.slow_mean_ns > 0);
  const sum = (value: (part: Where) => number) =>
    parts.reduce((total, part) => total + value(part), 0);
  const mean = sum((part) => part.mean_ns);
  const slow = sum((part) => part.slow_mean_ns);
  const slowRequests = answer.slow.requests;
  const told = slowRequests > 0;
  const longest = told ? Math.max(mean, slow) : mean;
  /** Where the slow ones lose their time. */
  const grown = (part: Where): boolean =>
    part.slow_mean_ns > 2 * part.mean_ns && part.slow_mean_ns > slow / 10;
  const columns: Column<Where>[] = [
    {
      id: 'part',
      title: 'Part',
      cell: (part) => (
        <span class="part" title={kHelp[part.what]}>
          <i class={part.what} style={fill(part)} />
          {nameOf(part)}
          {part.what === 'dependency' && part.kind && <small>{kNodeWords[part.kind]}</small>}
        </span>
      ),
    },
    { id: 'share', title: 'Share', number: true, cell: (part) => percent(part.share) },
    { id: 'mean', title: 'Mean', number: true, cell: (part) => duration(part.mean_ns) },
    {
      id: 'slow',
      title: 'In slow ones',
      number: true,
      cell: (part) => (
        <span class={grown(part) ? 'failed' : ''}>{duration(part.slow_mean_ns)}</span>
      ),
    },
    {
      id: 'calls',
      title: 'Calls a request',
      number: true,
      wide: true,
      cell: (part) => calls(part, part.calls),
    },
    {
      id: 'slow_calls',
      title: 'In slow ones',
      number: true,
      wide: true,
      cell: (part) => calls(part, part.slow_calls),
    },
  ];
  return (
    <section class="panel">
      <h2>Where the time goes</h2>
      <div class="time-bars">
        <span>
          All {count(answer.requests)} <small>mean {duration(mean)}</small>
        </span>
        <Bar parts={parts} value={(part) => part.mean_ns} longest={longest} words="All requests" />
        {told && (
          <>
            <span>
              Slowest {count(slowRequests)} <small>mean {duration(slow)}</small>
            </span>
            <Bar
              parts={parts}
              value={(part) => part.slow_mean_ns}
              longest={longest}
              words="The slowest tenth"
            />
          </>
        )}
      </div>
      <Table
        caption="Where the time goes"
        columns={columns.filter(({ id }) => told || !id.startsWith('slow'))}
        rows={parts}
        keyOf={(part) => part.what + part.name}
        sort=""
      />
    </section>
  );
}
