// A trace that may still grow: asks now and then whether it has.
import { useEffect, useRef } from 'preact/hooks';
import { api } from '../shared/api';
import type { Trace } from './types';

const kEverySeconds = 2;
const kSettled = 5 * 60e6;  // us; nobody expects more spans of an older trace

/** Calls `grown` when the store has more spans of the trace, or other ones. */
export function useGrowth(id: string, trace: Trace | undefined, grown: () => void) {
  const latest = useRef({ trace, grown });
  latest.current = { trace, grown };
  const loaded = trace !== undefined;
  useEffect(() => {
    if (!loaded) return;
    const stop = new AbortController();
    let after: number | undefined;
    let timer = 0;
    const look = async () => {
      const now = latest.current.trace!;
      const end = now.start_us + now.duration_ns / 1000;
      if (Date.now() * 1000 - end > kSettled) return;
      if (!document.hidden) {
        try {
          const period = { since: String(Math.floor(now.start_us - 60e6)), until: undefined, live: true };
          const query = { query: `trace=${id}`, limit: 1, ...(after !== undefined && { after }) };
          const answer = await api.traces(period, query, stop.signal);
          after = answer.change;
          const row = answer.traces[0];
          const { span_count, spans } = latest.current.trace!;
          if (row && row.spans !== (span_count ?? spans.length)) latest.current.grown();
        } catch {
          // The next look may find it.
        }
      }
      if (!stop.signal.aborted) timer = window.setTimeout(look, kEverySeconds * 1000);
    };
    timer = window.setTimeout(look, kEverySeconds * 1000);
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [id, loaded]);
}
