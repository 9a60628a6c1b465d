// Where the nodes and edges of the map stand. The answer depends on the names of the nodes and edges
// alone, so numbers that change leave everything in its place.
import { Graph, layout } from '../shared/dagre';

export interface Point {
  x: number;
  y: number;
}
/** Its middle and its size. */
export interface Placed extends Point {
  width: number;
  height: number;
}
export interface PlacedEdge {
  path: string;
  /** On the line. */
  label: Point;
  /** Of the arrow, and where it points to. */
  tip: Point;
  angle: number;
}
export interface Layout {
  nodes: Map<string, Placed>;
  edges: Map<string, PlacedEdge>;
  width: number;
  height: number;
}
export interface Ends {
  from: string;
  to: string;
}

export const kNodeHeight = 48;
/** Length of an arrow. */
export const kArrow = 11;
/** From so many nodes on the whole is looked at from far, where numbers at lines are not shown. */
const kMany = 25;

export const edgeKey = ({ from, to }: Ends): string => JSON.stringify([from, to]);

const n = (value: number): number => Math.round(value * 10) / 10;
const at = ({ x, y }: Point): string => `${n(x)} ${n(y)}`;

/** Where a line leaves or reaches a node: at its side, a little towards where it comes from. */
function port(node: Placed, side: number, towards: Point): Point {
  const most = kNodeHeight / 2 - 10;
  const shift = Math.max(-most, Math.min(most, (towards.y - node.y) / 5));
  return { x: node.x + (side * node.width) / 2, y: node.y + shift };
}

/**
 * A smooth line through the bends that dagre gives, so also through the one where it has made room
 * for the label. It is level at each, which keeps it from swinging out.
 */
function smooth(from: Placed, to: Placed, points: Point[], label: Point): PlacedEdge {
  const bends = points.slice(1, -1);
  const way = to.x > from.x ? 1 : -1;
  const tip = port(to, -way, bends[bends.length - 1] ?? from);
  const end = { x: tip.x - way * kArrow, y: tip.y };
  let last = port(from, way, bends[0] ?? to);
  let path = `M${at(last)}`;
  for (const next of [...bends, end]) {
    const middle = (last.x + next.x) / 2;
    path += ` C${at({ x: middle, y: last.y })} ${at({ x: middle, y: next.y })} ${at(next)}`;
    last = next;
  }
  return { path, label, tip, angle: way > 0 ? 0 : Math.PI };
}

/** A call of a node to itself: a loop above it, since dagre's own goes through the node. */
function loop({ x, y, height }: Placed): PlacedEdge {
  const top = y - height / 2;
  const tip = { x: x + 30, y: top };
  return {
    path: `M${x + 62} ${top}C${x + 70} ${top - 40} ${x + 30} ${top - 44} ${tip.x} ${top - kArrow}`,
    label: { x: x + 50, y: top - 34 },
    tip,
    angle: Math.PI / 2,
  };
}

let last: { key: string; value: Layout } | undefined;

/** REQUIRES: every edge's ends are among the nodes; widths has every node. Order does not matter. */
export function place(widths: Map<string, number>, ends: Ends[]): Layout {
  const names = [...widths.keys()].sort();
  const calls = [...ends].sort((a, b) => (edgeKey(a) < edgeKey(b) ? -1 : 1));
  const key = JSON.stringify([names.map((name) => [name, widths.get(name)]), calls.map(edgeKey)]);
  if (last?.key === key) return last.value;

  const graph = new Graph();
  const many = names.length >= kMany;
  const label = many ? { width: 70, height: 10 } : { width: 84, height: 44 };
  graph.setGraph({
    rankdir: 'LR',
    nodesep: many ? 28 : 36,
    edgesep: 12,
    ranksep: 28,
    marginx: 20,
    marginy: 40,
  });
  for (const name of names) graph.setNode(name, { width: widths.get(name)!, height: kNodeHeight });
  for (const { from, to } of calls)
    if (from !== to) graph.setEdge(from, to, { ...label, labelpos: 'c' });
  layout(graph);

  const nodes = new Map<string, Placed>(
    names.map((name) => {
      const { x, y, width, height } = graph.node(name) as Placed;
      return [name, { x, y, width, height }];
    }),
  );
  const edges = new Map<string, PlacedEdge>(
    calls.map((call) => {
      if (call.from === call.to) return [edgeKey(call), loop(nodes.get(call.from)!)];
      const edge = graph.edge(call.from, call.to) as { points: Point[]; x: number; y: number };
      const [from, to] = [nodes.get(call.from)!, nodes.get(call.to)!];
      return [edgeKey(call), smooth(from, to, edge.points, { x: edge.x, y: edge.y })];
    }),
  );
  const size = graph.graph() as { width?: number; height?: number };
  const value = { nodes, edges, width: size.width ?? 0, height: size.height ?? 0 };
  last = { key, value };
  return value;
}
