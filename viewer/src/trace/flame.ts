// FlameBox: rectangles of the flame view, by time or by operation.

import type { OperationNode } from './aggregate';
import type { Model, SpanNode } from './model';

export interface FlameBox {
  from: number;  // ns along the width
  to: number;
  row: number;
  parent: FlameBox | null;
  service: string;
  name: string;
  error: boolean;
  span: SpanNode;  // by operation: the first one
  operation: OperationNode | null;
}

const kMostRows = 6000;

/** Each span where it was in time, in the first free row below its parent's. */
export function flameByTime(model: Model): FlameBox[] {
  const boxes: FlameBox[] = [];
  const busyUntil: number[] = [];
  const firstFree: number[] = [];  // by row of the parent: where the last search ended
  let now = -1;
  const byStart = [...model.nodes].sort((a, b) => a.start - b.start || a.row - b.row);
  const placed: FlameBox[] = [];
  for (const node of byStart) {
    const parent = node.parent === null ? null : placed[node.parent.row] ?? null;
    const lowest = parent === null ? 0 : parent.row + 1;
    if (node.start !== now) {
      firstFree.length = 0;
      now = node.start;
    }
    let row = firstFree[lowest] ?? lowest;
    while (row < kMostRows && (busyUntil[row] ?? -1) > node.start) row += 1;
    firstFree[lowest] = row + 1;
    busyUntil[row] = Math.max(node.end, node.start + 1);
    const box = {
      from: node.start, to: node.end, row, parent, service: node.span.service,
      name: node.span.name, error: node.span.status === 'error', span: node, operation: null,
    };
    placed[node.row] = box;
    boxes.push(box);
  }
  return boxes;
}

/** Operations by their inclusive time; children begin where their parent begins. */
export function flameByOperation(roots: OperationNode[]): FlameBox[] {
  const boxes: FlameBox[] = [];
  const work: { list: OperationNode[]; from: number; parent: FlameBox | null }[] =
      [{ list: roots, from: 0, parent: null }];
  for (let entry = work.pop(); entry !== undefined; entry = work.pop()) {
    let { from } = entry;
    for (const operation of entry.list) {
      const totals = operation.totals[0]!;
      const box: FlameBox = {
        from, to: from + totals.inclusive, row: operation.depth, parent: entry.parent,
        service: operation.service, name: operation.name, error: totals.errors > 0,
        span: totals.first!, operation,
      };
      boxes.push(box);
      if (operation.children.length > 0) work.push({ list: operation.children, from, parent: box });
      from = box.to;
    }
  }
  return boxes;
}

/** By row, each row by time: what a canvas draws and a pointer finds. */
export function boxRows(boxes: FlameBox[]): FlameBox[][] {
  const rows: FlameBox[][] = [];
  for (const box of boxes) {
    while (rows.length <= box.row) rows.push([]);
    rows[box.row]!.push(box);
  }
  for (const row of rows) row.sort((a, b) => a.from - b.from);
  return rows;
}
