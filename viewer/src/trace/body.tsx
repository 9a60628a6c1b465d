// Body: one trace on screen, wherever it came from.
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { count, duration, plural } from '../shared/format';
import { useKeys } from '../shared/keyboard';
import { ErrorMark, ServiceName, Time } from '../shared/marks';
import { parameter, setParameters } from '../shared/router';
import { Detail } from './detail';
import { exactNs, momentOf, oddities } from './explain';
import { FlameView } from './flame_view';
import { Legend, Marks } from './legend';
import { Minimap } from './minimap';
import type { Model, SpanNode } from './model';
import { foldFrom, reveal, rowOf, visibleRows, zoomed, type Range } from './rows';
import { next, search } from './search';
import { SearchBox } from './search_box';
import { short } from './short';
import './trace.css';
import { Tip } from './tip';
import { titleOf } from './title';
import { Waterfall } from './waterfall';

const kLevels = [1, 2, 3, 5, 8];
const kLinkDelay = 400;  // ms; browsers limit how often an address may change

interface Properties {
  model: Model;
  stored: boolean;  // false: of a file
  actions: ComponentChildren;
}

function Head({ model, actions }: { model: Model; actions: ComponentChildren }) {
  const { main, trace, nodes, services } = model;
  const start = momentOf(model, 0);
  const odd = oddities(model);
  return (
    <div class="trace-head">
      <div class="trace-title">
        <h2 class="trace-name">
          {main && <ServiceName name={short(main.span.service, 100)} />}{' '}
          <span>{main ? short(titleOf(main.span), 300) || '(no name)' : 'A trace without spans'}</span>
        </h2>
        <div class="row">{actions}</div>
      </div>
      <p class="trace-facts">
        <b title={exactNs(model.end)}>{duration(model.end)}</b>
        <span><Time us={start.us} unix_ns={start.unix_ns} /></span>
        <span>{plural(nodes.length, 'span')}</span>
        <span>{plural(services.length, 'service')}</span>
        <span>{plural(model.depth, 'level')}</span>
        {trace.errors > 0 && <ErrorMark words={plural(trace.errors, 'error')} />}
        {odd.map((words) => <span key={words} class="warning-mark">{words}</span>)}
        <code title="The trace's id">{trace.trace_id}</code>
      </p>
    </div>
  );
}

/** `nodes` of an earlier answer, in this one. */
function sameNodes(model: Model, nodes: Iterable<SpanNode>): Set<SpanNode> {
  const ids = new Set([...nodes].map(({ span }) => span.span_id));
  return ids.size === 0 ? new Set() : new Set(model.nodes.filter(({ span }) => ids.has(span.span_id)));
}

/** A state of nodes that follows the trace as it grows. */
function useFolded(model: Model) {
  const [state, setState] = useState({ model, folded: new Set<SpanNode>() });
  const folded = useMemo(
    () => (state.model === model ? state.folded : sameNodes(model, state.folded)), [model, state]);
  return [folded, (set: Set<SpanNode>) => setState({ model, folded: set })] as const;
}

export function Body({ model, stored, actions }: Properties) {
  const whole: Range = { from: 0, to: Math.max(model.end, 10) };
  const [zoom, setZoom] = useState<Range | null>(null);  // null: all
  const [folded, setFolded] = useFolded(model);
  // The row tells which of several with one id.
  const [picked, setPicked] = useState(() => ({ id: parameter('span'), row: -1 }));
  const [details, setDetails] = useState(() => parameter('span') !== '');
  const [highlighted, setHighlighted] = useState<string | null>(null);
  const [text, setText] = useState('');
  const input = useRef<HTMLInputElement>(null);
  const flame = parameter('view') === 'flame';

  const selected = useMemo(() => {
    const isPicked = (node?: SpanNode) => node?.span.span_id === picked.id;
    const node = model.nodes[picked.row];
    return (isPicked(node) ? node : model.nodes.find(isPicked)) ?? null;
  }, [model, picked]);
  const found = useMemo(() => search(model, text), [model, text]);
  const foundSet = useMemo(() => new Set(found), [found]);
  const rows = useMemo(() => visibleRows(model, folded), [model, folded]);
  const range = useMemo(() => zoom ?? whole, [zoom, whole.to]);

  useEffect(() => {
    const timer = setTimeout(() => {
      if (parameter('span') !== picked.id) setParameters({ span: picked.id }, true);
    }, kLinkDelay);
    return () => clearTimeout(timer);
  }, [picked.id]);
  // A link to a span, also to another one of the trace on screen, opens what hides it.
  const linked = parameter('span');
  useEffect(() => {
    const node = linked !== picked.id && model.nodes.find(({ span }) => span.span_id === linked);
    if (node) open(node);
  }, [linked]);

  const select = (node: SpanNode) => {
    const open = reveal(folded, node);
    if (open !== folded) setFolded(open);
    setPicked({ id: node.span.span_id, row: node.row });
    if (zoom && (node.end < zoom.from || node.start > zoom.to)) {
      const middle = (node.start + node.end) / 2;
      const half = (zoom.to - zoom.from) / 2;
      choose({ from: middle - half, to: middle + half });
    }
  };
  const open = (node: SpanNode) => {
    select(node);
    setDetails(true);
  };
  const choose = ({ from, to }: Range) => {
    const left = Math.max(0, from);
    const right = Math.min(whole.to, Math.max(to, left + 10));
    setZoom(left <= 0 && right >= whole.to ? null : { from: Math.max(0, Math.min(left, right - 10)), to: right });
  };
  const fold = (nodes: SpanNode[], close: boolean) => {
    const set = new Set(folded);
    for (const node of nodes) {
      if (close && node.children.length > 0) set.add(node);
      else set.delete(node);
    }
    setFolded(set);
  };
  const go = (among: SpanNode[], step: 1 | -1) => {
    const node = next(among, selected, step);
    if (node) select(node);
  };
  const errors = () => model.nodes.filter(({ span }) => span.status === 'error');
  const critical = () => model.nodes.filter(({ path }) => path.length > 0);
  const scale = (factor: number) => {
    const middle = selected && !zoom ? (selected.start + selected.end) / 2 : (range.from + range.to) / 2;
    choose(zoomed(range, factor, middle, whole.to));
  };
  const levels = (by: number) => {
    const depths = rows.map(({ depth }) => depth + 1);
    const now = depths.reduce((a, b) => Math.max(a, b), 1);
    setFolded(foldFrom(model, Math.max(1, now + by)));
  };
  useKeys([
    { keys: ['/'], words: 'search in this trace', run: () => input.current?.focus() },
    { keys: ['n'], words: 'next match', run: () => go(found, 1) },
    { keys: ['N'], words: 'match before', run: () => go(found, -1) },
    { keys: ['e'], words: 'next error', run: () => go(errors(), 1) },
    { keys: ['E'], words: 'error before', run: () => go(errors(), -1) },
    { keys: ['c'], words: 'next span with work on the critical path', run: () => go(critical(), 1) },
    { keys: ['[', ']'], words: 'one level of spans less, one more', run: (event) => levels(event.key === '[' ? -1 : 1) },
    { keys: ['+', '='], words: 'zoom in', run: () => scale(0.5) },
    { keys: ['-'], words: 'zoom out', run: () => scale(2) },
    { keys: ['0'], words: 'see all of the time', run: () => setZoom(null) },
    { keys: ['f'], words: 'flame view, and back', run: () => setParameters({ view: flame ? undefined : 'flame' }, true) },
    { keys: ['Escape'], words: 'close the details', run: () => setDetails(false) },
    { keys: ['j', 'k'], words: 'next span, span before', run: (event) => {
      const row = rows[(selected ? rowOf(rows, selected) : -1) + (event.key === 'j' ? 1 : -1)];
      if (row) select(row);
    } },
    { keys: ['Enter'], words: 'details of the span', run: () => setDetails(true) },
  ]);
  const shown = details && selected !== null;
  return (
    <div class="trace">
      <Head model={model} actions={actions} />
      <Legend model={model} highlighted={highlighted} highlight={setHighlighted} />
      <div class="trace-tools">
        <div class="row" role="group" aria-label="View">
          {(['waterfall', 'flame'] as const).map((view) => (
            <button
              key={view}
              type="button"
              aria-pressed={flame === (view === 'flame')}
              onClick={() => setParameters({ view: view === 'flame' ? view : undefined }, true)}
            >
              {view === 'flame' ? 'Flame' : 'Waterfall'}
            </button>
          ))}
        </div>
        <SearchBox text={text} input={input} found={found} selected={selected} change={setText} go={(step) => go(found, step)} />
        {!flame && (
          <select
            aria-label="Levels of spans that are open"
            value=""
            onChange={(event) => {
              const { value } = event.currentTarget;
              setFolded(value === 'all' ? new Set() : foldFrom(model, Number(value)));
              event.currentTarget.value = '';
            }}
          >
            <option value="">Levels</option>
            <option value="all">Open all</option>
            {kLevels.filter((level) => level < model.depth).map((level) => (
              <option key={level} value={level}>{level === 1 ? 'Fold all' : plural(level, 'level')}</option>
            ))}
          </select>
        )}
        {!flame && rows.length < model.nodes.length && (
          <span class="faint">{count(rows.length)} of {plural(model.nodes.length, 'span')} shown</span>
        )}
        {zoom && !flame && (
          <button type="button" onClick={() => setZoom(null)} title="See all of the time (0)">
            {duration(zoom.to - zoom.from)} of {duration(model.end)} ×
          </button>
        )}
        <div class="grow" />
        {!flame && <Marks />}
      </div>
      <div class={shown ? 'trace-main with-detail' : 'trace-main'}>
        <div class="trace-chart">
          {flame ? <FlameView model={model} highlighted={highlighted} open={open} /> : (
            <>
              <Minimap model={model} range={range} choose={choose} />
              <Waterfall
                rows={rows}
                end={whole.to}
                folded={folded}
                selected={selected}
                found={foundSet}
                highlighted={highlighted}
                range={range}
                select={select}
                open={open}
                fold={fold}
                zoom={choose}
              />
            </>
          )}
        </div>
        {shown && (
          <Detail
            key={selected.row}
            model={model}
            node={selected}
            select={open}
            zoom={(node) => {
              const margin = (node.end - node.start) * 0.02;
              choose({ from: node.start - margin, to: node.end + margin });
            }}
            close={() => setDetails(false)}
            stored={stored}
          />
        )}
      </div>
      <Tip />
    </div>
  );
}
