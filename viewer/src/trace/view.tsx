// The views of one trace, of two compared, and of a trace from a file.
import { useEffect, useMemo, useState } from 'preact/hooks';
import { api } from '../shared/api';
import { Failure, Loading } from '../shared/empty';
import { link, navigate } from '../shared/router';
import { useAnswer } from '../shared/use_answer';
import { Body } from './body';
import { useGrowth } from './growth';
import { buildModel } from './model';
import { CopyButton } from './value_view';

export { CompareView } from './compare_view';
export { OpenView } from './open_view';

/** Leads to the comparison with the typical trace, or with one that is named. */
function CompareMenu({ id }: { id: string }) {
  const [words, setWords] = useState('');
  const [other, setOther] = useState('');
  const stop = useMemo(() => new AbortController(), []);
  useEffect(() => () => stop.abort(), []);
  const typical = async () => {
    setWords('Looking…');
    try {
      const { trace_id } = await api.typical(id, stop.signal);
      if (trace_id) navigate(link(['compare', trace_id, id]));
      setWords(trace_id ? '' : 'There is no other trace with this root operation to compare with.');
    } catch (problem) {
      setWords((problem as Error).message);
    }
  };
  return (
    <details class="trace-menu">
      <summary class="button">Compare</summary>
      <div class="panel">
        <button type="button" onClick={typical}>With a typical one</button>
        <form
          class="row"
          onSubmit={(event) => {
            event.preventDefault();
            const found = /[0-9a-f]{32}/i.exec(other)?.[0];
            if (found) navigate(link(['compare', found.toLowerCase(), id]));
            else setWords('A trace id has 32 hexadecimal digits.');
          }}
        >
          <input
            aria-label="The other trace's id or address"
            placeholder="Another one's id or address"
            value={other}
            onInput={(event) => setOther(event.currentTarget.value)}
          />
          <button type="submit">Compare</button>
        </form>
        <p role="status">{words}</p>
      </div>
    </details>
  );
}

export function TraceView({ id }: { id: string }) {
  const { answer, error, loading, again } = useAnswer((signal) => api.trace(id, signal), [id], 0, false);
  useGrowth(id, answer, again);
  const model = useMemo(() => answer && buildModel(answer), [answer]);
  if (!model) return error ? <Failure error={error} again={again} /> : <Loading what="Loading the trace" />;
  const actions = (
    <>
      <button type="button" onClick={again} disabled={loading} title="Spans that come later join the trace">
        Refresh
      </button>
      <CompareMenu id={id} />
      <CopyButton words="Copy JSON" label="Copy the trace as JSON" text={() => JSON.stringify(answer)} />
      <a class="button" href={api.otlpAddress(id)} download="">Download OTLP</a>
    </>
  );
  return (
    <>
      {error && <Failure error={error} again={again} />}
      <Body model={model} stored actions={actions} />
    </>
  );
}
