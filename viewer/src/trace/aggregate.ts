// OperationNode: spans of one or more traces, merged by the operations that led to them.
// Path:    model -> [aggregate] -> flame view, comparison

import type { Model, SpanNode } from './model';
import type { Kind } from './types';

/** What one trace has of an operation path. */
export interface Totals {
  count: number;
  errors: number;
  time: number;  // ns; sum of durations
  own: number;  // ns; shares of its spans' own work
  inclusive: number;  // ns; `own` of it and of everything below
  first: SpanNode | null;
}

export interface OperationNode {
  service: string;
  name: string;
  kind: Kind;
  depth: number;
  parent: OperationNode | null;
  children: OperationNode[];  // the most inclusive time first
  totals: Totals[];  // by trace
}

const kKeySeparator = '\u0000';

function newTotals(): Totals {
  return { count: 0, errors: 0, time: 0, own: 0, inclusive: 0, first: null };
}

/** The roots of the merged tree; `nodes` has parents before children. */
export interface Aggregate {
  roots: OperationNode[];
  nodes: OperationNode[];
}

export function aggregate(models: Model[]): Aggregate {
  const roots: OperationNode[] = [];
  const nodes: OperationNode[] = [];
  const known = new Map<OperationNode | null, Map<string, OperationNode>>();
  models.forEach((model, which) => {
    const places: OperationNode[] = [];  // by row
    for (const node of model.nodes) {
      const { service, name, kind, status } = node.span;
      const parent = node.parent === null ? null : places[node.parent.row]!;
      let siblings = known.get(parent);
      if (siblings === undefined) known.set(parent, siblings = new Map());
      const key = [service, kind, name].join(kKeySeparator);
      let place = siblings.get(key);
      if (place === undefined) {
        place = {
          service, name, kind, depth: parent === null ? 0 : parent.depth + 1, parent,
          children: [], totals: models.map(newTotals),
        };
        siblings.set(key, place);
        (parent === null ? roots : parent.children).push(place);
        nodes.push(place);
      }
      places.push(place);
      const totals = place.totals[which]!;
      totals.count += 1;
      totals.errors += status === 'error' ? 1 : 0;
      totals.time += node.end - node.start;
      totals.own += node.share;
      totals.inclusive += node.share;
      totals.first ??= node;
    }
  });
  for (let index = nodes.length - 1; index >= 0; --index) {
    const { parent, totals } = nodes[index]!;
    parent?.totals.forEach((above, which) => { above.inclusive += totals[which]!.inclusive; });
  }
  const weight = (node: OperationNode) => node.totals.reduce((sum, t) => sum + t.inclusive, 0);
  const heaviest = (a: OperationNode, b: OperationNode) => weight(b) - weight(a);
  roots.sort(heaviest);
  for (const node of nodes) node.children.sort(heaviest);
  return { roots, nodes };
}
