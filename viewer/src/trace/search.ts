// Search within a trace: text anywhere in a span, without regard to case.

import type { Model, SpanNode } from './model';
import type { Attributes, Value } from './types';

export function valueText(value: Value): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function inAttributes(attributes: Attributes | undefined, pattern: RegExp): boolean {
  for (const key in attributes) {
    if (pattern.test(key) || pattern.test(valueText(attributes[key]!))) return true;
  }
  return false;
}

/** Undefined for blank text: nothing is searched for. */
export function searchPattern(text: string): RegExp | undefined {
  const words = text.trim();
  return words ? new RegExp(words.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'iu') : undefined;
}

export function matches({ span }: SpanNode, pattern: RegExp): boolean {
  return pattern.test(span.name) || pattern.test(span.service) || pattern.test(span.span_id) ||
      (span.status_message !== undefined && pattern.test(span.status_message)) ||
      inAttributes(span.attributes, pattern) ||
      !!span.events?.some((e) => pattern.test(e.name) || inAttributes(e.attributes, pattern));
}

export function search(model: Model, text: string): SpanNode[] {
  const pattern = searchPattern(text);
  return pattern ? model.nodes.filter((node) => matches(node, pattern)) : [];
}

/** The one of `found` after `from` (`step` 1) or before (-1), going round at the end. */
export function next(found: SpanNode[], from: SpanNode | null, step: 1 | -1): SpanNode | undefined {
  const row = from?.row ?? -1;
  if (step > 0) return found.find((node) => node.row > row) ?? found[0];
  return found.filter((node) => node.row < row).pop() ?? found[found.length - 1];
}
