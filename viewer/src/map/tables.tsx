// The map's contents as tables: for screen readers, for narrow windows, and to sort.
import { useMemo } from 'preact/hooks';
import type { MapAnswer, MapEdge, MapNode } from '../shared/api';
import { Table, type Column } from '../shared/table';
import { HitRatio, measureColumns, TraceLink } from '../services/cells';
import { NodeLink } from '../services/dependencies';
import { endWords, hitRatio, kNodeWords, tracesOf } from '../services/words';
import { queryOfNode } from './details';
import { edgeKey } from './layout';

type EdgeRow = MapEdge & { source: MapNode; target: MapNode };

const nodeColumns = (): Column<MapNode>[] => [
  { id: 'name', title: 'Name', value: endWords, cell: (row) => <NodeLink node={row} /> },
  { id: 'kind', title: 'Kind', wide: true, value: (row) => kNodeWords[row.kind] },
  ...measureColumns<MapNode>().filter((column) => column.id !== 'p99'),
  {
    id: 'traces',
    title: 'Traces',
    cell: (row) => (
      <a href={tracesOf(queryOfNode(row))} aria-label={`All traces of ${endWords(row)}`}>
        all
      </a>
    ),
  },
];

const edgeColumns = (caches: boolean): Column<EdgeRow>[] => [
  {
    id: 'from',
    title: 'From',
    value: (row) => endWords(row.source),
    cell: (row) => <NodeLink node={row.source} />,
  },
  {
    id: 'to',
    title: 'To',
    value: (row) => endWords(row.target),
    cell: (row) => <NodeLink node={row.target} />,
  },
  ...measureColumns<EdgeRow>(),
  ...(caches
    ? [
        {
          id: 'hits',
          title: 'Hit ratio',
          number: true,
          wide: true,
          value: (row: EdgeRow) => hitRatio(row),
          cell: (row: EdgeRow) => <HitRatio {...row} />,
        },
      ]
    : []),
  {
    id: 'traces',
    title: 'Traces',
    cell: (row) => (
      <span class="links">
        <a
          href={tracesOf(row.query)}
          aria-label={`All traces of calls from ${endWords(row.source)} to ${endWords(row.target)}`}
        >
          all
        </a>
        <TraceLink id={row.slowest_trace} words="slowest" />
      </span>
    ),
  },
];

export function Tables({ map }: { map: MapAnswer }) {
  const edges = useMemo(() => {
    const nodes = new Map(map.nodes.map((node) => [node.id, node]));
    return map.edges.flatMap((edge) => {
      const source = nodes.get(edge.from);
      const target = nodes.get(edge.to);
      return source && target ? [{ ...edge, source, target }] : [];
    });
  }, [map]);
  return (
    <>
      <section class="panel">
        <h2>Nodes</h2>
        <Table
          caption="Services, databases, caches, external hosts and queues"
          columns={nodeColumns()}
          rows={map.nodes}
          keyOf={(row) => row.id}
          sort="-rate"
        />
      </section>
      {edges.length > 0 && (
        <section class="panel">
          <h2>Connections</h2>
          <Table
            caption="Who calls whom"
            columns={edgeColumns(edges.some((row) => hitRatio(row) !== undefined))}
            rows={edges}
            keyOf={edgeKey}
            sort="-rate"
            sortParameter="calls"
          />
        </section>
      )}
    </>
  );
}
