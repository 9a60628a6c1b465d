// What a service calls, and who calls it: the edges of the map at its node.
import type { MapAnswer, MapEdge, MapNode } from '../shared/api';
import { ServiceName } from '../shared/marks';
import { link } from '../shared/router';
import { Table, type Column } from '../shared/table';
import { HitRatio, measureColumns, TraceLink } from './cells';
import { endWords, hitRatio, kNodeWords, tracesOf } from './words';

type Row = MapEdge & { end: MapNode };

/** Where more about a node is told; a node that nothing more is known of is on the map. */
export function NodeLink({ node }: { node: MapNode }) {
  if (node.kind === 'service')
    return (
      <a href={link(['services', node.name])}>
        <ServiceName name={node.name} />
      </a>
    );
  const stored = node.kind === 'database' || node.kind === 'cache';
  return (
    <a
      href={
        stored
          ? link(['services'], { tab: 'databases', name: node.name })
          : link(['map'], { selected: node.id })
      }
    >
      {endWords(node)}
    </a>
  );
}

const columns = (title: string, caches: boolean): Column<Row>[] => [
  {
    id: 'end',
    title,
    value: (row) => endWords(row.end),
    cell: (row) => <NodeLink node={row.end} />,
  },
  { id: 'kind', title: 'Kind', wide: true, value: (row) => kNodeWords[row.end.kind] },
  ...measureColumns<Row>(),
  ...(caches
    ? [
        {
          id: 'hits',
          title: 'Hit ratio',
          number: true,
          value: (row: Row) => hitRatio(row),
          cell: (row: Row) => <HitRatio {...row} />,
        },
      ]
    : []),
  {
    id: 'traces',
    title: 'Traces',
    cell: (row) => (
      <span class="links">
        <a href={tracesOf(row.query)} aria-label={`All traces of calls, ${endWords(row.end)}`}>
          all
        </a>
        <TraceLink id={row.slowest_trace} words="slowest" />
      </span>
    ),
  },
];

export function Dependencies({ name, map }: { name: string; map: MapAnswer }) {
  const nodes = new Map(map.nodes.map((node) => [node.id, node]));
  const own = map.nodes.find((node) => node.kind === 'service' && node.name === name)?.id;
  if (own === undefined) return null;
  const rows = (edges: MapEdge[], end: (edge: MapEdge) => string): Row[] =>
    edges.flatMap((edge) => {
      const node = nodes.get(end(edge));
      return node ? [{ ...edge, end: node }] : [];
    });
  const called = rows(
    map.edges.filter((edge) => edge.from === own),
    (edge) => edge.to,
  );
  const callers = rows(
    map.edges.filter((edge) => edge.to === own),
    (edge) => edge.from,
  );
  const part = (title: string, first: string, list: Row[], parameter: string) =>
    list.length > 0 && (
      <section class="panel">
        <h2>{title}</h2>
        <Table
          caption={`${title}, ${name}`}
          columns={columns(
            first,
            list.some((row) => hitRatio(row) !== undefined),
          )}
          rows={list}
          keyOf={(row) => row.end.id}
          sort="-rate"
          sortParameter={parameter}
        />
      </section>
    );
  return (
    <>
      {part('What it calls', 'Dependency', called, 'calls')}
      {part('Who calls it', 'Caller', callers, 'callers')}
    </>
  );
}
