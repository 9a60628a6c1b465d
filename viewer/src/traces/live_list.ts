// The live list: traces as they come. New ones wait while somebody points at the list, so that
// nothing moves away from under the cursor.
import { useEffect, useRef, useState } from 'preact/hooks';
import { api, ApiError, type TracesAnswer, type TraceSummary } from '../shared/api';
import { resolve, type Period } from '../shared/period';

const kPage = 200;
/** Then the list begins anew with its first page, or stands still if older ones were asked for. */
const kMost = 1000;
const kEveryMilliseconds = 1000;

export interface LiveList {
  traces: TraceSummary[];
  /** New traces that wait until the list may move. */
  waiting: number;
  error: ApiError | undefined;
  /** The first answer is not there yet. */
  loading: boolean;
  /** The last answer about the oldest part. */
  end: Pick<TracesAnswer, 'next' | 'complete' | 'searched_to_us'> | undefined;
  /** Older traces are being asked for. */
  fetching: boolean;
  /** Older traces were asked for, and there are so many that the list takes no new ones. */
  full: boolean;
  older: () => void;
  show: () => void;
  /** From the first page. */
  again: () => void;
}

interface Contents {
  traces: TraceSummary[];
  waiting: TraceSummary[];
  end: LiveList['end'];
  full?: boolean;
}

const kNothing: Contents = { traces: [], waiting: [], end: undefined };

function latestFirst(a: TraceSummary, b: TraceSummary): number {
  if (a.start_us !== b.start_us) return b.start_us - a.start_us;
  return a.start_unix_ns < b.start_unix_ns ? 1 : a.start_unix_ns > b.start_unix_ns ? -1 : 0;
}

/** Rows that are there are brought up to date in their place; the others wait or go in. */
export function merge(contents: Contents, changed: TraceSummary[], hold: boolean): Contents {
  const fresh = new Map(changed.map((trace) => [trace.trace_id, trace]));
  const take = (trace: TraceSummary): TraceSummary => {
    const newer = fresh.get(trace.trace_id);
    fresh.delete(trace.trace_id);
    return newer ?? trace;
  };
  const traces = contents.traces.map(take);
  const waiting = contents.waiting.map(take);
  // Those beyond the oldest shown come with the next page.
  const last = contents.end?.next ? traces[traces.length - 1]?.start_us : undefined;
  for (const trace of fresh.values())
    if (last === undefined || trace.start_us >= last) waiting.push(trace);
  if (hold) return { ...contents, traces, waiting };
  return {
    ...contents,
    traces: waiting.length ? [...traces, ...waiting].sort(latestFirst) : traces,
    waiting: [],
  };
}

/** `held`: the list must not move now. */
export function useLiveList(
  period: Period,
  query: string,
  paused: boolean,
  held: () => boolean,
): LiveList {
  const [contents, setContents] = useState<Contents>(kNothing);
  const [error, setError] = useState<ApiError>();
  const [loading, setLoading] = useState(true);
  const [fetching, setFetching] = useState(false);
  const [turn, setTurn] = useState(0);
  const paged = useRef(false);
  const stop = useRef<AbortController>(undefined);
  const latest = useRef({ paused, held, contents });
  latest.current = { paused, held, contents };

  useEffect(() => {
    const control = new AbortController();
    stop.current = control;
    let change: number | undefined;
    let timer = 0;
    let busy = false;

    const begin = async (): Promise<void> => {
      const answer = await api.traces(period, { query, limit: kPage }, control.signal);
      change = answer.change;
      paged.current = false;
      setContents({ traces: answer.traces, waiting: [], end: answer });
      setLoading(false);
    };
    const follow = async (): Promise<void> => {
      const answer = await api.traces(
        period,
        { query, limit: 2000, after: change! },
        control.signal,
      );
      const before = latest.current.contents;
      // Another store.
      if (answer.change < change!) return begin();
      if (
        !answer.complete ||
        (before.traces.length + answer.traces.length > kMost && !latest.current.held())
      )
        return paged.current ? setContents({ ...before, full: true }) : begin();
      change = answer.change;
      const [since_us] = resolve(period);
      const alive = before.traces.filter(
        (trace) => trace.start_us + trace.duration_ns / 1000 >= since_us,
      );
      const kept = alive.length === before.traces.length ? before.traces : alive;
      if (answer.traces.length || before.waiting.length || kept !== before.traces)
        setContents(merge({ ...before, traces: kept }, answer.traces, latest.current.held()));
    };
    const tick = async (): Promise<void> => {
      clearTimeout(timer);
      if (busy) return;
      busy = true;
      try {
        if (change === undefined) await begin();
        else if (!latest.current.paused && !latest.current.contents.full && !document.hidden)
          await follow();
        setError(undefined);
      } catch (problem) {
        if (control.signal.aborted) return;
        setError(problem instanceof ApiError ? problem : new ApiError(String(problem), 0));
        setLoading(false);
        // A query that is wrong stays wrong.
        if (problem instanceof ApiError && problem.status === 400) {
          setContents(kNothing);
          return;
        }
      } finally {
        busy = false;
      }
      if (period.live) timer = setTimeout(() => void tick(), kEveryMilliseconds);
    };
    const wake = (): void => {
      if (!document.hidden && period.live) void tick();
    };
    setLoading(true);
    setFetching(false);
    void tick();
    document.addEventListener('visibilitychange', wake);
    return () => {
      control.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', wake);
    };
  }, [period, query, turn]);

  const older = async (): Promise<void> => {
    const next = contents.end?.next;
    const control = stop.current;
    if (!next || fetching || !control) return;
    setFetching(true);
    paged.current = true;
    try {
      const answer = await api.traces(period, { query, limit: kPage, before: next }, control.signal);
      const before = latest.current.contents;
      const known = new Set(before.traces.map((trace) => trace.trace_id));
      const added = answer.traces.filter((trace) => !known.has(trace.trace_id));
      setContents({ ...before, traces: [...before.traces, ...added], end: answer });
    } catch (problem) {
      if (problem instanceof ApiError) setError(problem);
    }
    if (!control.signal.aborted) setFetching(false);
  };

  return {
    traces: contents.traces,
    waiting: contents.waiting.length,
    error,
    loading,
    end: contents.end,
    fetching,
    full: !!contents.full,
    older: () => void older(),
    show: () => setContents(merge(contents, [], false)),
    again: () => setTurn(turn + 1),
  };
}
