// The numbers of the node or edge that was chosen on the map, and the way to its traces.
import type { MapAnswer, MapEdge, MapNode } from '../shared/api';
import { count, duration, percent, rate } from '../shared/format';
import { link } from '../shared/router';
import { Errors, HitRatio, TraceLink } from '../services/cells';
import { NodeLink } from '../services/dependencies';
import { endWords, hitRatio, kNodeWords, term, tracesOf } from '../services/words';
import { edgeKey } from './layout';

interface Properties {
  map: MapAnswer;
  selected: string;
  select: (key: string) => void;
}

export const queryOfNode = (node: MapNode): string =>
  node.kind === 'service' ? term('service', node.name) : term('peer.id', node.id);

export function Details({ map, selected, select }: Properties) {
  const nodes = new Map(map.nodes.map((node) => [node.id, node]));
  const node = nodes.get(selected);
  const edge = map.edges.find((candidate) => edgeKey(candidate) === selected);
  if (!node && !edge)
    return (
      <aside class="panel map-details" aria-label="Details">
        <p class="hint">
          Choose a node or a line for its numbers and the traces behind it. Lines are as wide as
          their rate is high, and red where calls fail.
        </p>
      </aside>
    );
  return (
    <aside class="panel map-details" aria-label="Details" aria-live="polite">
      {node && <OfNode node={node} map={map} nodes={nodes} select={select} />}
      {!node && edge && <OfEdge edge={edge} nodes={nodes} />}
      <button type="button" onClick={() => select('')}>
        Close
      </button>
    </aside>
  );
}

interface Measured {
  count: number;
  errors: number;
  rate: number;
  p50_ns: number;
  p95_ns: number;
  p99_ns?: number;
}

function Measures(measured: Measured & { hits?: number; misses?: number }) {
  const { hits = 0, misses = 0 } = measured;
  const row = (title: string, value: preact.ComponentChildren) => (
    <>
      <dt>{title}</dt>
      <dd>{value}</dd>
    </>
  );
  return (
    <dl class="facts">
      {row('Requests', `${count(measured.count)}, ${rate(measured.rate)}`)}
      {row('Errors', <Errors {...measured} />)}
      {row('p50', duration(measured.p50_ns))}
      {row('p95', duration(measured.p95_ns))}
      {measured.p99_ns !== undefined && row('p99', duration(measured.p99_ns))}
      {hitRatio({ hits, misses }) !== undefined &&
        row('Hit ratio', <HitRatio hits={hits} misses={misses} />)}
    </dl>
  );
}

function OfNode(props: {
  node: MapNode;
  map: MapAnswer;
  nodes: Map<string, MapNode>;
  select: (key: string) => void;
}) {
  const { node, map, nodes, select } = props;
  const query = queryOfNode(node);
  const calls = (title: string, edges: MapEdge[], end: (edge: MapEdge) => string) =>
    edges.length > 0 && (
      <>
        <h3>{title}</h3>
        <ul>
          {edges.map((edge) => (
            <li key={edgeKey(edge)}>
              <button type="button" class="plain" onClick={() => select(edgeKey(edge))}>
                {nodes.has(end(edge)) ? endWords(nodes.get(end(edge))!) : end(edge)}
              </button>
              <span class="hint">
                {rate(edge.rate)}
                {edge.errors > 0 && <span class="failed"> · {percent(edge.error_share)}</span>}
              </span>
            </li>
          ))}
        </ul>
      </>
    );
  return (
    <>
      <h2>
        {endWords(node)} <small>{kNodeWords[node.kind]}</small>
      </h2>
      <Measures {...node} />
      <p class="links">
        <a href={tracesOf(query)}>Traces</a>
        {node.errors > 0 && <a href={tracesOf(`${query} status=error`)}>Failed</a>}
        {node.kind === 'service' && (
          <>
            <a href={link(['services', node.name])}>Service</a>
            <a href={link(['bottlenecks'], { service: node.name })}>Bottlenecks</a>
          </>
        )}
        {(node.kind === 'database' || node.kind === 'cache') && (
          <a href={link(['services'], { tab: 'databases', name: node.name })}>Statements</a>
        )}
      </p>
      {calls(
        'Calls',
        map.edges.filter((edge) => edge.from === node.id),
        (edge) => edge.to,
      )}
      {calls(
        'Called by',
        map.edges.filter((edge) => edge.to === node.id),
        (edge) => edge.from,
      )}
    </>
  );
}

function OfEdge({ edge, nodes }: { edge: MapEdge; nodes: Map<string, MapNode> }) {
  const from = nodes.get(edge.from);
  const to = nodes.get(edge.to);
  return (
    <>
      <h2>
        {from && <NodeLink node={from} />}
        <span aria-hidden="true"> → </span>
        <span class="unseen"> calls </span>
        {to && <NodeLink node={to} />}
      </h2>
      <Measures {...edge} />
      <p class="links">
        <a href={tracesOf(edge.query)}>Traces</a>
        {edge.errors > 0 && <a href={tracesOf(`${edge.query} status=error`)}>Failed</a>}
        <TraceLink id={edge.slowest_trace} words="Slowest" />
      </p>
    </>
  );
}
