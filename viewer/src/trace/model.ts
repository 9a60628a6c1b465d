// SpanNode, Model: the spans of a trace as a tree that can always be drawn.
// Path:    trace/ID or an opened file -> [model] -> waterfall, flame, comparison
// Promise: every span stands in `nodes` exactly once, whatever the parents are: missing,
//          going round in a circle, or ids used twice. Nothing here recurses.

import type { Span, Trace } from './types';

export type Fault = 'missing' | 'cycle' | 'duplicate' | 'skew';

export interface SpanNode {
  span: Span;
  row: number;  // place in Model.nodes
  parent: SpanNode | null;
  children: SpanNode[];  // by start
  depth: number;  // 0: a root
  position: number;  // among its siblings, from 1
  siblings: number;  // how many there are, with itself
  below: number;  // spans under it, at any depth
  errorsBelow: number;
  start: number;  // ns since the trace's start
  end: number;
  gaps: number[];  // from, to, from, to ...: where no child was open
  self: number;  // their sum
  share: number;  // as `self`, but time in which several spans work at once is divided among them
  path: number[];  // from, to ...: own work on the critical path; latest first
  critical: boolean;  // the critical path goes through it
  faults: Fault[];
  skew: number;  // ns that it lies outside of its parent, as another clock would explain it
}

export interface ServiceShare {
  name: string;
  spans: number;
  errors: number;
  share: number;  // ns
}

export interface Model {
  trace: Trace;
  nodes: SpanNode[];  // parents before children, siblings by start
  roots: SpanNode[];
  main: SpanNode | null;  // the longest root
  end: number;
  depth: number;  // levels; 0 only without spans
  services: ServiceShare[];  // the largest share first
  covered: number;  // ns in which any span was open
  faults: Record<Fault, number>;
  critical: number;  // ns that the critical path explains: the main root's duration
}

function newNode(span: Span): SpanNode {
  const start = Number.isFinite(span.start_ns) ? span.start_ns : 0;
  const duration = span.duration_ns > 0 ? span.duration_ns : 0;
  return {
    span, row: 0, parent: null, children: [], depth: 0, position: 1, siblings: 1, below: 0,
    errorsBelow: 0, start, end: start + duration, gaps: [], self: 0, share: 0, path: [],
    critical: false, faults: [], skew: 0,
  };
}

/** `nodes` by start. The first of several spans with one id is the parent that it names. */
function link(nodes: SpanNode[]) {
  const byId = new Map<string, SpanNode>();
  for (const node of nodes) {
    if (byId.has(node.span.span_id)) node.faults.push('duplicate');
    else byId.set(node.span.span_id, node);
  }
  for (const node of nodes) {
    const id = node.span.parent_span_id;
    if (!id) continue;
    const parent = byId.get(id);
    if (parent === undefined) node.faults.push('missing');
    else node.parent = parent;
  }
}

/** Makes a root of the earliest span of every circle. */
function cutCycles(nodes: SpanNode[]) {
  const order = new Map(nodes.map((node, index) => [node, index] as const));
  const walk = new Map<SpanNode, number>();  // which walk came by
  nodes.forEach((first, number) => {
    const way: SpanNode[] = [];
    let node: SpanNode | null = first;
    while (node !== null && !walk.has(node)) {
      walk.set(node, number);
      way.push(node);
      node = node.parent;
    }
    if (node === null || walk.get(node) !== number) return;
    const circle = way.slice(way.indexOf(node));
    const earliest = circle.reduce((a, b) => (order.get(b)! < order.get(a)! ? b : a));
    earliest.parent = null;
    earliest.faults.push('cycle');
  });
}

/** Parents before children, and what follows from the order. */
function arrange(roots: SpanNode[]): SpanNode[] {
  const nodes: SpanNode[] = [];
  const stack = [...roots].reverse();
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    node.row = nodes.length;
    nodes.push(node);
    if (node.parent !== null) node.depth = node.parent.depth + 1;
    for (let child = node.children.length - 1; child >= 0; --child) {
      const entry = node.children[child]!;
      entry.position = child + 1;
      entry.siblings = node.children.length;
      stack.push(entry);
    }
  }
  for (let row = nodes.length - 1; row >= 0; --row) {
    const { parent, below, errorsBelow, span } = nodes[row]!;
    if (parent === null) continue;
    parent.below += below + 1;
    parent.errorsBelow += errorsBelow + (span.status === 'error' ? 1 : 0);
  }
  return nodes;
}

function findGaps(node: SpanNode) {
  let covered = node.start;
  for (const child of node.children) {
    const from = Math.min(child.start, node.end);
    if (from > covered) {
      node.gaps.push(covered, from);
      node.self += from - covered;
    }
    covered = Math.max(covered, Math.min(child.end, node.end));
  }
  if (node.end > covered) {
    node.gaps.push(covered, node.end);
    node.self += node.end - covered;
  }
}

/** Divides each moment among the spans that work in it. Returns the time in which any did. */
function divideTime(nodes: SpanNode[]): number {
  const events: { time: number; node: SpanNode; step: 1 | -1 }[] = [];
  for (const node of nodes) {
    for (let at = 0; at < node.gaps.length; at += 2) {
      events.push({ time: node.gaps[at]!, node, step: 1 });
      events.push({ time: node.gaps[at + 1]!, node, step: -1 });
    }
  }
  events.sort((a, b) => a.time - b.time);
  let open = 0;
  let before = 0;
  let given = 0;  // to each span that was open from the start until now
  let covered = 0;
  for (const { time, node, step } of events) {
    if (open > 0) {
      given += (time - before) / open;
      covered += time - before;
    }
    node.share -= step * given;
    open += step;
    before = time;
  }
  return covered;
}

/** One machine has one clock. Undefined: not known to be the same machine. */
function sameClock(a: SpanNode, b: SpanNode, trace: Trace): boolean | undefined {
  if (a.span.resource === b.span.resource) return true;
  const one = trace.resources[a.span.resource];
  const two = trace.resources[b.span.resource];
  for (const key of ['host.id', 'host.name']) {
    if (one?.[key] !== undefined && two?.[key] !== undefined) return one[key] === two[key];
  }
  return undefined;
}

const kNoticedSkew = 1000;  // ns: below, the order of two threads explains it as well

function findSkew(node: SpanNode, trace: Trace) {
  const { parent } = node;
  if (parent === null || node.span.service === parent.span.service) return;
  if (sameClock(node, parent, trace)) return;
  const early = parent.start - node.start;
  // Where it would fit into its parent it has been moved; where not, it may just have gone on.
  const late = node.end - node.start <= parent.end - parent.start ? node.end - parent.end : 0;
  const called = parent.span.kind === 'client' || early > 0;
  const skew = early > 0 ? -early : called && late > 0 ? late : 0;
  if (Math.abs(skew) < kNoticedSkew) return;
  node.skew = skew;
  node.faults.push('skew');
}

/** Time by service; the shares add up to `covered`. */
function shareOut(nodes: SpanNode[]): ServiceShare[] {
  const services = new Map<string, ServiceShare>();
  for (const { span, share } of nodes) {
    let entry = services.get(span.service);
    if (entry === undefined) {
      services.set(span.service, entry = { name: span.service, spans: 0, errors: 0, share: 0 });
    }
    entry.spans += 1;
    entry.errors += span.status === 'error' ? 1 : 0;
    entry.share += share;
  }
  return [...services.values()].sort((a, b) => b.share - a.share || (a.name < b.name ? -1 : 1));
}

export function buildModel(trace: Trace): Model {
  const sorted = trace.spans.map(newNode).sort((a, b) => a.start - b.start || b.end - a.end);
  link(sorted);
  cutCycles(sorted);
  for (const node of sorted) node.parent?.children.push(node);
  const roots = sorted.filter((node) => node.parent === null);
  roots.forEach((root, index) => {
    root.position = index + 1;
    root.siblings = roots.length;
  });
  const nodes = arrange(roots);
  const faults: Record<Fault, number> = { missing: 0, cycle: 0, duplicate: 0, skew: 0 };
  let end = 0;
  let depth = 0;
  for (const node of nodes) {
    findGaps(node);
    findSkew(node, trace);
    for (const fault of node.faults) faults[fault] += 1;
    end = Math.max(end, node.end);
    depth = Math.max(depth, node.depth + 1);
  }
  const covered = divideTime(nodes);
  const main = roots.reduce<SpanNode | null>(
    (best, root) => (best && best.end - best.start >= root.end - root.start ? best : root), null);
  const model = {
    trace, nodes, roots, main, end, depth, services: shareOut(nodes), covered, faults, critical: 0,
  };
  if (main !== null) model.critical = markCriticalPath(main);
  return model;
}

/** Its parent does not wait for it: it outlives its parent, or takes its work from a queue. */
function isWaitedFor(node: SpanNode): boolean {
  const parent = node.parent!;
  if (node.span.kind === 'consumer') return false;
  // A server may end its span a moment after its caller has the answer.
  return node.end <= parent.end || node.span.service !== parent.span.service;
}

/**
 * What the duration of `root` is made of: from its end backwards, always the child that ended
 * last and had ended when the next one on the path began (as in Uber's CRISP). Fills `path` and
 * `critical`; the lengths add up to the duration, which is returned.
 */
export function markCriticalPath(root: SpanNode): number {
  const work = [{ node: root, from: root.start, until: root.end }];
  for (let entry = work.pop(); entry !== undefined; entry = work.pop()) {
    const { node, from, until } = entry;
    node.critical = true;
    let now = until;
    const children = node.children.filter(isWaitedFor).sort((a, b) => b.end - a.end);
    for (const child of children) {
      const end = Math.min(child.end, until);
      const start = Math.max(child.start, from);
      if (end > now || start >= end) continue;
      if (now > end) node.path.push(end, now);
      work.push({ node: child, from: start, until: end });
      now = start;
    }
    if (now > from) node.path.push(from, now);
  }
  return root.end - root.start;
}
