// Where the nodes and edges of the map stand. The answer depends on the names of the nodes and edges alone,
// so numbers that change leave everything in its place.
import { Graph, layout } from '@dagrejs/dagre';

export interface Point { x: number; y: number }
export interface Placed { x: number; y: number; width: number; height: number }
export interface PlacedEdge { path: string; label: Point }
export interface Layout {
  nodes: Map<string, Placed>;
  edges: Map<string, PlacedEdge>;
  width: number;
  height: number;
}
export interface Ends { from: string; to: string }

export const kNodeHeight = 48;
const kLabel = { width: 96, height: 30 };

export const edgeKey = ({ from, to }: Ends): string => JSON.stringify([from, to]);

/** A smooth line through the points that dagre gives: its bends, each rounded off between two middles. */
function smooth(points: Point[]): string {
  const first = points[0]!, last = points[points.length - 1]!;
  const n = (value: number) => Math.round(value * 10) / 10;
  const at = (point: Point) => `${n(point.x)} ${n(point.y)}`;
  let path = `M${at(first)}`;
  for (let i = 1; i < points.length - 1; i++) {
    const bend = points[i]!, next = points[i + 1]!;
    const end = i === points.length - 2 ? last : { x: (bend.x + next.x) / 2, y: (bend.y + next.y) / 2 };
    path += ` Q${at(bend)} ${at(end)}`;
  }
  return points.length === 2 ? `${path} L${at(last)}` : path;
}

/** A call of a node to itself: a loop above it, since dagre's own goes through the node. */
function loop({ x, y, height }: Placed): PlacedEdge {
  const top = y - height / 2;
  return { path: `M${x + 18} ${top} C${x + 44} ${top - 36} ${x - 44} ${top - 36} ${x - 18} ${top}`,
           label: { x, y: top - 36 } };
}

let last: { key: string; value: Layout } | undefined;

/** REQUIRES: every edge's ends are among the nodes; widths has every node. Order does not matter. */
export function place(widths: Map<string, number>, ends: Ends[], downwards = false): Layout {
  const names = [...widths.keys()].sort();
  const calls = [...ends].sort((a, b) => (edgeKey(a) < edgeKey(b) ? -1 : 1));
  const key = JSON.stringify([downwards, names.map((name) => [name, widths.get(name)]), calls.map(edgeKey)]);
  if (last?.key === key) return last.value;

  const graph = new Graph({ multigraph: false });
  graph.setGraph({ rankdir: downwards ? 'TB' : 'LR', nodesep: 34, edgesep: 14, ranksep: downwards ? 30 : 44,
                   marginx: 24, marginy: 48 });
  for (const name of names) graph.setNode(name, { width: widths.get(name)!, height: kNodeHeight });
  for (const { from, to } of calls) if (from !== to) graph.setEdge(from, to, { ...kLabel, labelpos: 'c' });
  layout(graph);

  const nodes = new Map<string, Placed>(names.map((name) => {
    const { x, y, width, height } = graph.node(name) as Placed;
    return [name, { x, y, width, height }];
  }));
  const edges = new Map<string, PlacedEdge>(calls.map((call) => {
    if (call.from === call.to) return [edgeKey(call), loop(nodes.get(call.from)!)];
    const edge = graph.edge(call.from, call.to) as { points: Point[]; x: number; y: number };
    return [edgeKey(call), { path: smooth(edge.points), label: { x: edge.x, y: edge.y } }];
  }));
  const size = graph.graph() as { width?: number; height?: number };
  const value = { nodes, edges, width: size.width ?? 0, height: size.height ?? 0 };
  last = { key, value };
  return value;
}
