// CompareView: two traces side by side, by operation path.
import { useMemo, useState } from 'preact/hooks';
import { api } from '../shared/api';
import { serviceColour } from '../shared/colours';
import { Failure, Loading } from '../shared/empty';
import { count, duration, plural } from '../shared/format';
import { Time } from '../shared/marks';
import { link } from '../shared/router';
import { useAnswer } from '../shared/use_answer';
import type { OperationNode, Totals } from './aggregate';
import { compare, differenceWords } from './difference';
import { exactNs, momentOf } from './explain';
import { buildModel, type Model } from './model';
import { short } from './short';
import './trace.css';

const kMostRows = 300;

function Side({ name, model }: { name: string; model: Model }) {
  const start = momentOf(model, 0);
  const main = model.main?.span;
  return (
    <div class="panel">
      <b>{name}</b>{' '}
      <a href={link(['trace', model.trace.trace_id])}>
        {main ? `${short(main.service, 100)}: ${short(main.name, 200)}` : model.trace.trace_id}
      </a>
      <p class="trace-facts">
        <b title={exactNs(model.end)}>{duration(model.end)}</b>
        <span>{plural(model.nodes.length, 'span')}</span>
        <span>{plural(model.trace.errors, 'error')}</span>
        <span><Time us={start.us} unix_ns={start.unix_ns} /></span>
        <code>{model.trace.trace_id.slice(0, 8)}</code>
      </p>
    </div>
  );
}

function Cell({ totals }: { totals: Totals }) {
  if (totals.count === 0) return <td class="number faint" colSpan={2}>not here</td>;
  return (
    <>
      <td class="number">{count(totals.count)}</td>
      <td class="number" title={`${exactNs(totals.inclusive)} with what is below; durations add up to ${exactNs(totals.time)}`}>
        {duration(totals.own)}{totals.errors > 0 && <b class="wrong">!</b>}
      </td>
    </>
  );
}

function Row({ node, more, most }: { node: OperationNode; more: number; most: number }) {
  const [a, b] = node.totals as [Totals, Totals];
  const only = a.count === 0 ? 'only in B' : b.count === 0 ? 'only in A' : '';
  return (
    <tr class={only ? 'only' : undefined}>
      <th scope="row" style={{ paddingInlineStart: `${Math.min(node.depth, 12) * 14 + 6}px` }}>
        {node.depth > 12 && <small class="level">{node.depth}</small>}
        <i class="swatch" style={{ background: serviceColour(node.service) }} />
        {short(node.name, 200) || '(no name)'} <span class="faint">{short(node.service, 100)}</span>{' '}
        {only && <span class="tag">{only}</span>}
      </th>
      <Cell totals={a} />
      <Cell totals={b} />
      <td class="number change">
        <i class={more > 0 ? 'longer' : 'shorter'} style={{ width: `${(Math.abs(more) / most) * 50}%` }} />
        <span title={exactNs(more)}>{more > 0 ? '+' : ''}{duration(Math.round(more))}</span>
      </td>
    </tr>
  );
}

function Comparison({ a, b }: { a: Model; b: Model }) {
  const difference = useMemo(() => compare(a, b), [a, b]);
  const words = useMemo(() => differenceWords(a, b, difference), [difference]);
  const [all, setAll] = useState(false);
  const { nodes, more } = difference;
  const most = nodes.reduce((largest, node) => Math.max(largest, Math.abs(more(node))), 1);
  const shown = useMemo(() => {
    if (all || nodes.length <= kMostRows) return nodes;
    // The most different ones, with what leads to them.
    const kept = new Set<OperationNode>();
    const ranked = [...nodes].sort((one, two) => Math.abs(more(two)) - Math.abs(more(one)));
    for (const node of ranked) {
      for (let at: OperationNode | null = node; at && !kept.has(at); at = at.parent) kept.add(at);
      if (kept.size >= kMostRows) break;
    }
    return nodes.filter((node) => kept.has(node)).slice(0, kMostRows * 2);
  }, [nodes, all]);
  return (
    <div class="trace trace-compare">
      <div class="trace-title">
        <h2 class="trace-name">Two traces compared</h2>
        <a class="button" href={link(['compare', b.trace.trace_id, a.trace.trace_id])}>Swap A and B</a>
      </div>
      <div class="sides"><Side name="A" model={a} /><Side name="B" model={b} /></div>
      <ul class="difference-words">{words.map((sentence) => <li key={sentence}>{short(sentence, 600)}</li>)}</ul>
      <p class="faint">
        Own time by the operations that led to it. Time in which several spans work at once is divided among
        them, so that the differences add up.
      </p>
      <div class="table" tabIndex={0} role="region" aria-label="Operations of both traces">
        <table>
          <thead>
            <tr>
              <th scope="col">Operation</th>
              <th scope="col" class="number">Spans in A</th><th scope="col" class="number">Own time</th>
              <th scope="col" class="number">Spans in B</th><th scope="col" class="number">Own time</th>
              <th scope="col" class="number">Difference</th>
            </tr>
          </thead>
          <tbody>{shown.map((node, index) => <Row key={index} node={node} more={more(node)} most={most} />)}</tbody>
        </table>
      </div>
      {shown.length < nodes.length && (
        <p>
          {plural(nodes.length - shown.length, 'operation')} with smaller differences left out.{' '}
          {nodes.length <= 5000 && <button type="button" onClick={() => setAll(true)}>Show all</button>}
        </p>
      )}
    </div>
  );
}

export function CompareView(props: { a: string; b: string }) {
  const a = useAnswer((signal) => api.trace(props.a, signal), [props.a], 0, false);
  const b = useAnswer((signal) => api.trace(props.b, signal), [props.b], 0, false);
  const one = useMemo(() => a.answer && buildModel(a.answer), [a.answer]);
  const two = useMemo(() => b.answer && buildModel(b.answer), [b.answer]);
  if (one && two) return <Comparison a={one} b={two} />;
  const failed = a.error ? a : b.error ? b : undefined;
  return failed ? <Failure error={failed.error!} again={failed.again} /> : <Loading what="Loading both traces" />;
}
