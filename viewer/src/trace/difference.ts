// Difference: two traces side by side, operation path by operation path.
// Promise: the differences of own time add up to the difference of covered time.

import { count, duration, plural } from '../shared/format';
import { aggregate, type OperationNode } from './aggregate';
import type { Model } from './model';

export interface Difference {
  nodes: OperationNode[];  // parents before children
  more: (node: OperationNode) => number;  // ns that the second one's own share is longer
}

export function compare(a: Model, b: Model): Difference {
  const { roots } = aggregate([a, b]);
  const nodes: OperationNode[] = [];
  const stack = [...roots].reverse();
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    nodes.push(node);
    stack.push(...[...node.children].reverse());
  }
  return { nodes, more: ({ totals: [one, two] }) => two!.own - one!.own };
}

export function label(node: OperationNode): string {
  return `${node.service}: ${node.name}`;
}

function list(nodes: OperationNode[], most = 3): string {
  const names = nodes.slice(0, most).map(label);
  const rest = nodes.length - names.length;
  return names.join('; ') + (rest > 0 ? `; and ${rest} more` : '');
}

/** The highest operations that only one of them has: what is below goes without saying. */
export function onlyIn({ nodes }: Difference, which: 0 | 1): OperationNode[] {
  const other = 1 - which;
  return nodes.filter(({ totals, parent }) =>
    totals[other]!.count === 0 && (parent === null || parent.totals[other]!.count > 0));
}

/** `factor` 1.5 -> `1.5 times as long`. */
function times(a: number, b: number): string {
  if (a <= 0 || b <= 0) return '';
  const factor = Math.max(a, b) / Math.min(a, b);
  return factor < 1.05 ? '' : ` (${factor.toFixed(factor < 10 ? 1 : 0)} times)`;
}

/** The comparison in sentences, the most telling first. */
export function differenceWords(a: Model, b: Model, difference: Difference): string[] {
  const words: string[] = [];
  const longer = b.end - a.end;
  words.push(longer === 0 ? `Both take ${duration(a.end)}.` :
      `B takes ${duration(Math.abs(longer))} ${longer > 0 ? 'longer' : 'less'} than A` +
      `${times(a.end, b.end)}: ${duration(b.end)}, not ${duration(a.end)}.`);
  const sign = longer < 0 ? -1 : 1;
  const telling = difference.nodes
    .map((node) => ({ node, more: difference.more(node) * sign }))
    .filter(({ more }) => more > Math.max(Math.abs(longer) * 0.1, 1))
    .sort((one, two) => two.more - one.more)
    .slice(0, 3);
  for (const { node, more } of telling) {
    const [one, two] = node.totals as [OperationNode['totals'][0], OperationNode['totals'][0]];
    const calls = one.count === two.count ? `${plural(one.count, 'span')} in both` :
        `${plural(two.count, 'span')}, not ${count(one.count)}`;
    words.push(`${duration(more)} ${sign > 0 ? 'more' : 'less'} in ${label(node)} itself, ${calls}.`);
  }
  const [onlyA, onlyB] = [onlyIn(difference, 0), onlyIn(difference, 1)];
  if (onlyA.length > 0) words.push(`Only A has ${list(onlyA)}.`);
  if (onlyB.length > 0) words.push(`Only B has ${list(onlyB)}.`);
  if (onlyA.length + onlyB.length === 0) words.push('Both went through the same operations.');
  if (a.trace.errors !== b.trace.errors) {
    words.push(`${plural(b.trace.errors, 'error')} in B, ${count(a.trace.errors)} in A.`);
  }
  return words;
}
