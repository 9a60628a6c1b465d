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
const between = (a: Point, b: Point, part = 0.5): Point => ({
  x: a.x + (b.x - a.x) * part,
  y: a.y + (b.y - a.y) * part,
});

/** Ends before its tip, where the arrow begins. */
function shortened(from: Point, tip: Point): Point {
  const length = Math.hypot(tip.x - from.x, tip.y - from.y);
  return length > kArrow ? between(tip, from, kArrow / length) : tip;
}

/**
 * A smooth line through the points that dagre gives, so also through the one where it has made room
 * for the label: at each it runs as from the point before to the point after.
 */
function smooth(points: Point[], label: Point): PlacedEdge {
  const last = points.length - 1;
  const tip = points[last]!;
  const before = points[last - 1]!;
  const all = [...points.slice(0, last), shortened(before, tip)];
  let path = `M${at(all[0]!)}`;
  for (let i = 0; i < last; i++) {
    const from = all[i]!;
    const to = all[i + 1]!;
    const leaves = along(from, all[i - 1] ?? from, to, 1);
    const arrives = along(to, from, all[i + 2] ?? to, -1);
    path += ` C${at(leaves)} ${at(arrives)} ${at(to)}`;
  }
  return { path, label, tip, angle: Math.atan2(tip.y - before.y, tip.x - before.x) };
}

/** A sixth of the way from `a` to `b`, beginning at `point`. */
const along = (point: Point, a: Point, b: Point, way: 1 | -1): Point => ({
  x: point.x + (way * (b.x - a.x)) / 6,
  y: point.y + (way * (b.y - a.y)) / 6,
});

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

  const nodes = new Map<string, Placed>(names.map((name) => {
    const { x, y, width, height } = graph.node(name) as Placed;
    return [name, { x, y, width, height }];
  }));
  const edges = new Map<string, PlacedEdge>(calls.map((call) => {
    if (call.from === call.to) return [edgeKey(call), loop(nodes.get(call.from)!)];
    const edge = graph.edge(call.from, call.to) as { points: Point[]; x: number; y: number };
    return [edgeKey(call), smooth(edge.points, { x: edge.x, y: edge.y })];
  }));
  const size = graph.graph() as { width?: number; height?: number };
  const value = { nodes, edges, width: size.width ?? 0, height: size.height ?? 0 };
  last = { key, value };
  return value;
}
