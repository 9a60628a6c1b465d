// What a span's time and place in the tree mean, in words.

import { count, duration, percent, plural } from '../shared/format';
import type { Fault, Model, SpanNode } from './model';

const kAssociations: Record<string, string> = {
  root: 'No parent: the trace begins here. The request named none, and none was at work.',
  remote: 'Named by the caller, in a header of the request.',
  exact: 'Known: the thread or connection that made this request was working on the parent.',
  handoff: 'Followed through a queue from one thread to another.',
  runtime: 'Told by an adapter to the language runtime.',
  inferred: 'Inferred: of the requests then at work, the parent was clearly the best candidate.',
  environment: 'Taken from TRACEPARENT in the environment of the process.',
  adopted: 'Adopted: the program put a traceparent of its own on the request, and it was kept.',
};

/** How the parent of a span was found. */
export function parentWords({ span }: SpanNode): string {
  const association = span.attributes?.['seamtrace.parent.association'];
  if (typeof association === 'string') {
    return Object.hasOwn(kAssociations, association) ? kAssociations[association]! :
        `Found by "${association}".`;
  }
  return span.parent_span_id ? 'Named by the SDK that made this span.' :
      'No parent: the SDK that made this span began the trace with it.';
}

export function faultWords(fault: Fault, node: SpanNode): string {
  switch (fault) {
    case 'missing':
      return `Its parent ${node.span.parent_span_id} is not here: not sent yet, lost, sampled ` +
          'away, or made by a service that sends its spans elsewhere.';
    case 'cycle':
      return 'Its parent is one of its own descendants. The circle is cut here.';
    case 'duplicate':
      return `Another span has the id ${node.span.span_id} too. Children are shown under the other.`;
    case 'skew':
      return node.skew < 0 ?
          `It begins ${duration(-node.skew)} before its parent: the two clocks seem to differ. ` +
          'Times are shown as they were sent.' :
          `It ends ${duration(node.skew)} after its parent, though it would fit into it: the two ` +
          'clocks seem to differ. Times are shown as they were sent.';
  }
}

/** Of a trace: what is odd about its tree. */
export function oddities({ faults, nodes, roots, trace }: Model): string[] {
  const words: string[] = [];
  const all = trace.span_count ?? 0;
  if (all > nodes.length) words.push(`only the first ${count(nodes.length)} of ${plural(all, 'span')} are here`);
  const say = (count: number, one: string, many: string) => {
    if (count > 0) words.push(`${plural(count, 'span')} ${count === 1 ? one : many}`);
  };
  if (roots.length > 1) words.push(`${plural(roots.length, 'span')} without a parent here`);
  say(faults.missing, 'names a parent that is not here', 'name parents that are not here');
  say(faults.cycle, 'was its own ancestor', 'were their own ancestors');
  say(faults.duplicate, 'repeats an id', 'repeat ids');
  say(faults.skew, 'lies outside of its parent (clocks differ)',
      'lie outside of their parents (clocks differ)');
  return words;
}

/** The span of another service that answered a client span. */
export function answerOf(node: SpanNode): SpanNode | undefined {
  if (node.span.kind !== 'client') return undefined;
  return node.children.find(
    ({ span }) => span.kind === 'server' && span.resource !== node.span.resource);
}

export interface Part {
  what: string;
  ns: number;
  words: string;
}

/** What the duration of a span is made of. The parts add up to it; none is negative. */
export function timeParts(node: SpanNode): Part[] {
  const whole = node.end - node.start;
  const answer = answerOf(node);
  const gaps = node.gaps.length / 2;
  if (answer !== undefined && node.children.length === 1 && answer.skew === 0) {
    const { service } = answer.span;
    const within = (time: number) => Math.max(node.start, Math.min(node.end, time));
    // A server may end its span a moment after its caller has the answer; one whose caller gave
    // up may begin when all is over.
    const late = answer.start - node.end;
    const later = answer.end - node.end;
    const early = node.start - answer.end;
    return [
      { what: 'waiting, on the way there', ns: within(answer.start) - node.start,
        words: late > 0 ? `${service} began ${duration(late)} after this span had ended` :
            `until ${service} began: network, connection, queue, accept` },
      { what: `in ${service}`, ns: whole - node.self,
        words: later > 0 ? `which ended ${duration(later)} after this span` :
            early > 0 ? `which ended ${duration(early)} before this span` :
            'while it answered' },
      { what: 'waiting, on the way back', ns: node.end - within(answer.end),
        words: 'after it had answered: network, and reading the response' },
    ];
  }
  const parts: Part[] = [];
  if (node.children.length > 0) {
    parts.push({ what: 'in children', ns: whole - node.self,
                 words: `while at least one of ${plural(node.children.length, 'child', 'children')} was open` });
  }
  const peer = node.span.peer?.name || 'the other end';
  const alone = node.span.kind === 'client' && node.children.length === 0;
  if (node.self > 0 || parts.length === 0) {
    parts.push({
      what: alone ? 'waiting for the answer' : 'own work', ns: node.self,
      words: alone ? `of ${peer}, which sent no span of its own` : node.children.length === 0 ?
          'no children: all of it' :
          `no child was open, in ${plural(gaps, 'gap')}; the longest ${longestGap(node)}`,
    });
  }
  return parts;
}

function longestGap({ gaps, start }: SpanNode): string {
  let best = 0;
  for (let at = 0; at < gaps.length; at += 2) {
    if (gaps[at + 1]! - gaps[at]! > gaps[best + 1]! - gaps[best]!) best = at;
  }
  return `${duration(gaps[best + 1]! - gaps[best]!)} from +${duration(gaps[best]! - start)} on`;
}

/** What a moment in a span is, for the pointer's place on its bar. */
export function momentWords(node: SpanNode, time: number): string | undefined {
  for (let at = 0; at < node.gaps.length; at += 2) {
    const from = node.gaps[at]!;
    const to = node.gaps[at + 1]!;
    if (time < from || time > to || node.children.length === 0) continue;
    const answer = answerOf(node);
    const what = answer === undefined ? 'own work, no child open' :
        time <= answer.start ? `waiting for ${answer.span.service} to begin` :
        time >= answer.end ? 'waiting for the answer to arrive' : 'own work, no child open';
    return `${what}: ${duration(to - from)}`;
  }
  return undefined;
}

export function criticalWords(node: SpanNode, model: Model): string {
  if (!node.critical) {
    return model.main === null ? '' : 'Not on the critical path: nothing waited for it.';
  }
  let own = 0;
  for (let at = 0; at < node.path.length; at += 2) own += node.path[at + 1]! - node.path[at]!;
  const share = model.critical > 0 ? ` (${percent(own / model.critical)} of it)` : '';
  return `On the critical path, with ${duration(own)} of its own${share}.`;
}

/** 1234567 -> `1,234,567 ns`: to the last nanosecond. */
export function exactNs(ns: number): string {
  return `${Math.round(ns).toLocaleString('en')} ns`;
}

/** The trace's start as microseconds and nanoseconds since 1970, `offset` ns later. */
export function momentOf(model: Model, offset: number): { us: number; unix_ns: string } {
  const ns = BigInt(model.trace.start_unix_ns) + BigInt(Math.round(offset));
  return { us: Number(ns / 1000n), unix_ns: String(ns) };
}
