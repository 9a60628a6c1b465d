// OpenView: a trace from a file, read in the browser; nothing is sent anywhere.
import { useMemo, useState } from 'preact/hooks';
import { plural } from '../shared/format';
import { Body } from './body';
import { buildModel } from './model';
import { BadFile, readTraces } from './otlp';
import { short } from './short';
import type { Trace } from './types';
import { CopyButton } from './value_view';

const kLargest = 400e6;  // bytes; browsers hold no longer text

async function read(file: File): Promise<Trace[]> {
  if (file.size > kLargest) throw new BadFile('The file is larger than 400 MB.');
  const bytes = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return readTraces(await file.text());
  const unpacked = file.stream().pipeThrough(new DecompressionStream('gzip'));
  return readTraces(await new Response(unpacked).text());
}

export function OpenView() {
  const [state, setState] = useState<{ name: string; traces: Trace[]; chosen: number; error: string }>(
    { name: '', traces: [], chosen: 0, error: '' });
  const [over, setOver] = useState(false);
  const { name, traces, chosen, error } = state;
  const trace = traces[chosen];
  const model = useMemo(() => trace && buildModel(trace), [trace]);
  const open = async (file: File | null | undefined) => {
    if (!file) return;
    try {
      setState({ name: file.name, traces: await read(file), chosen: 0, error: '' });
    } catch (problem) {
      const words = problem instanceof BadFile ? problem.message :
        'It could not be read. If it is compressed, it may be damaged.';
      setState({ name: '', traces: [], chosen: 0, error: `${file.name} cannot be opened. ${words}` });
    }
  };
  const picker = (
    <label class="button">
      {model ? 'Open another' : 'Choose a file'}
      <input
        class="unseen"
        type="file"
        accept=".json,.jsonl,.gz,application/json"
        onChange={(event) => {
          void open(event.currentTarget.files?.[0]);
          event.currentTarget.value = '';
        }}
      />
    </label>
  );
  return (
    <div
      class={over ? 'trace-drop over' : 'trace-drop'}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        void open(event.dataTransfer?.files[0]);
      }}
    >
      {error && <div class="failure" role="alert"><p>{error}</p></div>}
      {model ? (
        <Body
          key={model.trace.trace_id}
          model={model}
          stored={false}
          actions={
            <>
              <span class="tag">{short(name, 60)}</span>
              {traces.length > 1 && (
                <select
                  aria-label="Trace of the file"
                  value={chosen}
                  onChange={(event) => setState({ ...state, chosen: Number(event.currentTarget.value) })}
                >
                  {traces.map(({ trace_id, spans }, index) => (
                    <option key={trace_id} value={index}>{trace_id.slice(0, 8)}: {plural(spans.length, 'span')}</option>
                  ))}
                </select>
              )}
              {picker}
              <CopyButton words="Copy JSON" label="Copy the trace as JSON" text={() => JSON.stringify(model.trace)} />
            </>
          }
        />
      ) : (
        <div class="empty">
          <h2>Open a trace from a file</h2>
          <p>
            Choose or drop a file that was downloaded here, or OTLP JSON from elsewhere, as one document or one
            per line, also compressed with gzip. It is read in this browser and sent nowhere.
          </p>
          {picker}
        </div>
      )}
    </div>
  );
}
