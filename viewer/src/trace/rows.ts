// Which rows of the tree are to be seen, and where a key leads.

import type { Model, SpanNode } from './model';

/** The nodes that no folded node hides. */
export function visibleRows(model: Model, folded: ReadonlySet<SpanNode>): SpanNode[] {
  const rows: SpanNode[] = [];
  for (let row = 0; row < model.nodes.length;) {
    const node = model.nodes[row]!;
    rows.push(node);
    row += folded.has(node) ? node.below + 1 : 1;
  }
  return rows;
}

/** Folds everything from `depth` levels on; Infinity: nothing. */
export function foldFrom(model: Model, depth: number): Set<SpanNode> {
  return new Set(model.nodes.filter((node) => node.depth + 1 >= depth && node.children.length > 0));
}

/** `folded` without what hides `node`. The same set when nothing does. */
export function reveal(folded: Set<SpanNode>, node: SpanNode): Set<SpanNode> {
  let open = folded;
  for (let above = node.parent; above !== null; above = above.parent) {
    if (!open.has(above)) continue;
    if (open === folded) open = new Set(folded);
    open.delete(above);
  }
  return open;
}

/** Where `node` stands in `rows`, or what hides it; -1: nowhere. */
export function rowOf(rows: SpanNode[], node: SpanNode): number {
  let low = 0;
  let high = rows.length - 1;
  let best = -1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (rows[middle]!.row <= node.row) {
      best = middle;
      low = middle + 1;
    } else {
      high = middle - 1;
    }
  }
  return best;
}

/** Nanoseconds from and to. */
export interface Range {
  from: number;
  to: number;
}

/** `range` made `factor` times as long about `center`, within the trace; never below 10 ns. */
export function zoomed(range: Range, factor: number, center: number, end: number): Range {
  const length = Math.min(Math.max((range.to - range.from) * factor, 10), Math.max(end, 10));
  const place = (center - range.from) / (range.to - range.from || 1);
  return moved({ from: center - place * length, to: center + (1 - place) * length }, 0, end);
}

/** `range` moved by `distance`, as far as the trace goes. */
export function moved(range: Range, distance: number, end: number): Range {
  const length = range.to - range.from;
  const from = Math.max(0, Math.min(range.from + distance, Math.max(end, 10) - length));
  return { from, to: from + length };
}

/** Round times between, about `count` of them: 1, 2 or 5 times a power of ten apart. */
export function ticks(range: Range, count: number): number[] {
  const length = range.to - range.from;
  if (!(length > 0) || count < 1) return [];
  const power = 10 ** Math.floor(Math.log10(length / count));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => length / n <= count) ?? 10 * power;
  const times: number[] = [];
  for (let time = Math.ceil(range.from / step); time * step <= range.to; ++time) {
    times.push(time * step);
  }
  return times;
}
