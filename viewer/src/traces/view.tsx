// Traces: search, the scatter plot and the live list.
import './traces.css';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { api } from '../shared/api';
import { CommandLine, Empty, Failure, Loading } from '../shared/empty';
import { count, plural, queryDuration } from '../shared/format';
import { useKeys } from '../shared/keyboard';
import { Time } from '../shared/marks';
import { period, setPeriod } from '../shared/period';
import { link, navigate, parameter, setParameters } from '../shared/router';
import { useAnswer } from '../shared/use_answer';
import { useLiveList, type LiveList } from './live_list';
import { quoted, replaced, valueOf, without, wordsOf } from './query_words';
import { Scatter } from './scatter';
import { SearchBox } from './search_box';
import { TraceTable } from './trace_table';

const kErrors = 'trace.errors>0';

export function TracesView() {
  const query = parameter('query');
  const chosen = period.value;
  const [paused, setPaused] = useState(false);
  const [marked, setMarked] = useState<string>();
  const input = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const held = (): boolean =>
    !!list.current &&
    (list.current.matches(':hover') || list.current.contains(document.activeElement));
  const live = useLiveList(chosen, query, paused, held);

  const still = paused || live.full;
  const pause = (): void => {
    setPaused(!still);
    if (live.full) live.again();
  };
  const search = (next: string): void => setParameters({ query: next || undefined });
  const step = (by: number): void => {
    const links = [...(list.current?.querySelectorAll<HTMLElement>('td a') ?? [])];
    const at = links.indexOf(document.activeElement as HTMLElement);
    const next = links[at < 0 ? 0 : Math.min(links.length - 1, Math.max(0, at + by))];
    next?.focus();
    next?.scrollIntoView({ block: 'nearest' });
  };
  useKeys([
    { keys: ['/'], words: 'search', run: () => input.current?.focus() },
    { keys: ['j', 'ArrowDown'], words: 'next trace', run: () => step(1) },
    { keys: ['k', 'ArrowUp'], words: 'previous trace', run: () => step(-1) },
    { keys: ['Enter'], words: 'open the trace', run: () => step(0) },
    {
      keys: ['Escape'],
      words: 'leave the list or the search',
      run: () => (document.activeElement as HTMLElement | null)?.blur(),
    },
    { keys: ['p'], words: 'pause, go on', run: pause },
    {
      keys: ['e'],
      words: 'only with errors, all',
      run: () => search(withErrors(query) ? without(query, [kErrors]) : `${query} ${kErrors}`.trim()),
    },
  ]);

  return (
    <div class="traces-view" aria-busy={live.loading}>
      <div class="bar">
        <SearchBox query={query} error={live.error} submit={search} input={input} />
        <Filters query={query} traces={live.traces} search={search} />
        {chosen.live && (
          <button
            type="button"
            aria-pressed={still}
            title="Stop the list, or let it go on (p)"
            onClick={pause}
          >
            {still ? '▶ Go on' : '❙❙ Pause'}
          </button>
        )}
      </div>
      {live.error && live.error.position === undefined && (
        <Failure error={live.error} again={live.again} />
      )}
      {live.traces.length > 0 && (
        <Scatter
          traces={live.traces}
          period={chosen}
          more={!!live.end?.next}
          marked={marked}
          open={(trace) => navigate(link(['trace', trace.trace_id]))}
          select={(times, durations) => {
            const words = durations && [
              `trace.duration>=${queryDuration(durations[0], false)}`,
              `trace.duration<=${queryDuration(durations[1], true)}`,
            ];
            setParameters({
              since: Math.floor(times[0]),
              until: Math.ceil(times[1]),
              ...(words && {
                query: replaced(query, ['trace.duration>', 'trace.duration<'], words),
              }),
            });
          }}
        />
      )}
      <Summary live={live} still={still} follows={chosen.live} />
      {live.traces.length > 0 ? (
        <>
          <div ref={list} class="list">
            <TraceTable traces={live.traces} mark={setMarked} />
          </div>
          <End live={live} />
        </>
      ) : live.loading ? (
        <Loading what="Searching" />
      ) : (
        !live.error && <Nothing query={query} live={live} search={search} />
      )}
    </div>
  );
}

const withErrors = (query: string): boolean => wordsOf(query).includes(kErrors);

function Filters(props: {
  query: string;
  traces: LiveList['traces'];
  search: (query: string) => void;
}) {
  const { query, search } = props;
  const errors = withErrors(query);
  const service = valueOf(query, 'service') ?? '';
  const { answer } = useAnswer((signal) => api.services(period.value, signal), [period.value], 30);
  const names = useMemo(() => {
    const all = new Set(answer?.services.map((other) => other.name));
    for (const trace of props.traces) for (const name of trace.services) all.add(name);
    if (service) all.add(service);
    return [...all].sort();
  }, [answer, props.traces, service]);
  return (
    <>
      <select
        aria-label="Service"
        value={service}
        onChange={(event) => {
          const name = event.currentTarget.value;
          search(replaced(query, ['service='], name ? [`service=${quoted(name)}`] : []));
        }}
      >
        <option value="">Any service</option>
        {names.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
      <button
        type="button"
        aria-pressed={errors}
        title="Only traces with errors (e)"
        onClick={() => search(errors ? without(query, [kErrors]) : `${query} ${kErrors}`.trim())}
      >
        ◆ Errors
      </button>
    </>
  );
}

function Summary(props: { live: LiveList; still: boolean; follows: boolean }) {
  const { live, still } = props;
  // Screen readers hear how a search ended, not each new trace.
  const [said, setSaid] = useState('');
  useEffect(() => {
    setSaid(live.loading ? 'Searching…' : `${plural(live.traces.length, 'trace')} shown`);
  }, [live.loading]);
  const errors = live.traces.filter((trace) => trace.errors > 0).length;
  return (
    <div class="summary row">
      <span class="unseen" role="status">
        {said}
      </span>
      {live.loading && live.traces.length > 0 && <span aria-hidden="true">Searching…</span>}
      {!live.loading && live.traces.length > 0 && (
        <span>
          <b>{count(live.traces.length)}</b> {live.traces.length === 1 ? 'trace' : 'traces'} shown
          {errors > 0 && <span class="bad"> · {count(errors)} with errors</span>}
        </span>
      )}
      {props.follows && !live.loading && (
        <span class={still ? 'faint' : 'live'}>
          {live.full ? 'paused, to keep the older traces' : still ? 'paused' : 'live'}
        </span>
      )}
      {live.waiting > 0 && (
        <button type="button" class="news" onClick={live.show}>
          ↑ Show {plural(live.waiting, 'new trace')}
        </button>
      )}
    </div>
  );
}

/** How far the search went, and how it goes on. */
function End({ live }: { live: LiveList }) {
  const end = live.end;
  if (!end) return null;
  return (
    <p class="end row">
      {end.complete ? (
        end.next === null && <span class="faint">That is all of the chosen period.</span>
      ) : (
        <span class="warning-mark">
          Searched back to <Time us={end.searched_to_us} milliseconds={false} />; what is older has
          not been looked at yet.
        </span>
      )}
      {end.next !== null && (
        <button type="button" disabled={live.fetching} onClick={live.older}>
          {live.fetching ? 'Searching…' : end.complete ? 'Show older traces' : 'Search further'}
        </button>
      )}
    </p>
  );
}

function Nothing(props: { query: string; live: LiveList; search: (query: string) => void }) {
  const wider = period.value.since !== '7d' || !period.value.live;
  const widen = wider && (
    <button type="button" onClick={() => setPeriod('7d')}>
      Look at the last 7 days
    </button>
  );
  if (props.query)
    return (
      <Empty title="No trace matches">
        <p>Nothing in the chosen period matches the search.</p>
        <End live={props.live} />
        <div class="row">
          <button type="button" class="first" onClick={() => props.search('')}>
            Clear the search
          </button>
          {widen}
        </div>
      </Empty>
    );
  return (
    <Empty title={period.value.live ? 'No trace yet' : 'No trace in this period'}>
      <p>Start a program under Seamtrace and send it a request; its traces appear here at once:</p>
      <CommandLine text="seamtrace run -- ./your-server" />
      <p>
        A program that runs and still shows nothing: <a href={link(['health'])}>Health</a> tells what
        was seen of it, and <code>seamtrace doctor ./your-server</code> whether it can be traced.
      </p>
      {widen}
    </Empty>
  );
}
