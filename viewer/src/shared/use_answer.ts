// useAnswer: asks when its dependencies change, and again and again while the page is visible.
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from './api';

export interface Asked<T> {
  /** The last good answer, kept while another is asked for. */
  answer: T | undefined;
  /** Of the last question. */
  error: ApiError | undefined;
  loading: boolean;
  /** Ask now. */
  again: () => void;
}

/** `everySeconds` 0: once. The answer is forgotten when `dependencies` change, unless `keep`. */
export function useAnswer<T>(
  ask: (signal: AbortSignal) => Promise<T>,
  dependencies: unknown[],
  everySeconds = 0,
  keep = true,
): Asked<T> {
  const [state, setState] = useState<Omit<Asked<T>, 'again'>>({
    answer: undefined,
    error: undefined,
    loading: true,
  });
  const [turn, setTurn] = useState(0);
  const latest = useRef(ask);
  latest.current = ask;

  useEffect(() => {
    if (!keep) setState({ answer: undefined, error: undefined, loading: true });
  }, dependencies);

  useEffect(() => {
    const stop = new AbortController();
    let timer = 0;
    const run = async (): Promise<void> => {
      clearTimeout(timer);
      try {
        const answer = await latest.current(stop.signal);
        if (stop.signal.aborted) return;
        setState({ answer, error: undefined, loading: false });
      } catch (problem) {
        if (stop.signal.aborted) return;
        const error = problem instanceof ApiError ? problem : new ApiError(String(problem), 0);
        setState((before) => ({ ...before, error, loading: false }));
      }
      if (everySeconds > 0)
        timer = setTimeout(() => !document.hidden && void run(), everySeconds * 1000);
    };
    const wake = (): void => {
      if (!document.hidden && everySeconds > 0) void run();
    };
    setState((before) => ({ ...before, loading: true }));
    void run();
    document.addEventListener('visibilitychange', wake);
    return () => {
      stop.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', wake);
    };
  }, [...dependencies, everySeconds, turn]);

  return { ...state, again: () => setTurn((before) => before + 1) };
}
