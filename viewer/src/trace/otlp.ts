// OTLP JSON, or the answer of trace/ID, read from a file into traces.
// Path:    file -> [otlp] -> model
// Failure: BadFile, with a sentence that says what is wrong and where.
// Source:  OTLP 1.11, protobuf JSON mapping; one JSON object per line as collectors' files have it.

import type { Attributes, Kind, Span, SpanEvent, SpanLink, Trace, Value } from './types';

export class BadFile extends Error {}

type Json = Record<string, unknown>;

const kKinds: Kind[] = ['internal', 'internal', 'server', 'client', 'producer', 'consumer'];
const kKindNames = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];
const kStatusNames = ['UNSET', 'OK', 'ERROR'];

function object(value: unknown, where: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new BadFile(`${where} should be an object in braces.`);
  }
  return value as Json;
}

/** The mapping allows both spellings of a field. */
function field(json: Json, name: string): unknown {
  return json[name] ?? json[name.replace(/[A-Z]/g, (letter) => '_' + letter.toLowerCase())];
}

function list(json: Json, name: string, where: string): unknown[] {
  const value = field(json, name) ?? [];
  if (!Array.isArray(value)) throw new BadFile(`${where}.${name} should be a list in brackets.`);
  return value;
}

function text(json: Json, name: string): string {
  const value = field(json, name);
  return typeof value === 'string' ? value : '';
}

function count(json: Json, name: string): number | undefined {
  return Number(field(json, name)) || undefined;
}

function id(json: Json, name: string, digits: number, where: string): string {
  const value = text(json, name).toLowerCase();
  if (value.length !== digits || !/^[0-9a-f]*$/.test(value)) {
    throw new BadFile(`${where}.${name} should be ${digits} hexadecimal digits.`);
  }
  return value;
}

function time(json: Json, name: string, where: string): bigint {
  const value = field(json, name) ?? '0';
  if (typeof value === 'number' && value >= 0) return BigInt(Math.trunc(value));
  if (typeof value === 'string' && /^\d+$/.test(value)) return BigInt(value);
  throw new BadFile(`${where}.${name} should be nanoseconds since 1970, as a string of digits.`);
}

/** Numbers too large for a double stay text. */
function integer(value: unknown): Value {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}

function value(json: unknown, where: string, depth = 0): Value {
  if (depth > 50) throw new BadFile(`${where} is nested too deeply.`);
  const any = object(json ?? {}, where);
  const kind = Object.keys(any)[0]?.replace(/_v/, 'V');
  const held = kind && field(any, kind);
  switch (kind) {
    case 'intValue': return integer(held);
    case 'arrayValue':
      return list(object(held, where), 'values', where).map((entry) => value(entry, where, depth + 1));
    case 'kvlistValue': return attributes(object(held, where), 'values', where, depth + 1)!;
    case 'stringValue': case 'bytesValue': return String(held);
    case 'doubleValue': return typeof held === 'number' ? held : String(held);
    case 'boolValue': return held === true;
    default: return null;
  }
}

function attributes(json: Json, name: string, where: string, depth = 0): Attributes | undefined {
  const found: Attributes = Object.create(null);
  let some = depth > 0;
  list(json, name, where).forEach((entry, index) => {
    const at = `${where}.${name}[${index}]`;
    const pair = object(entry, at);
    found[text(pair, 'key')] = value(pair.value, at, depth);
    some = true;
  });
  return some ? found : undefined;
}

interface Reading {
  traces: Map<string, { trace: Trace; starts: bigint[] }>;
  resources: Attributes[];
}

function named(value: unknown, names: string[], prefix: string): number {
  const index = names.findIndex((name) => value === prefix + name);
  return index >= 0 ? index : Number(value) || 0;
}

function readSpan(json: Json, where: string, resource: number, scope: string, into: Reading) {
  const traceId = id(json, 'traceId', 32, where);
  const start = time(json, 'startTimeUnixNano', where);
  const end = time(json, 'endTimeUnixNano', where);
  const status = object(field(json, 'status') ?? {}, `${where}.status`);
  const code = named(field(status, 'code'), kStatusNames, 'STATUS_CODE_');
  const service = into.resources[resource]!['service.name'];
  const events = list(json, 'events', where).map((entry, index): SpanEvent => {
    const at = `${where}.events[${index}]`;
    const event = object(entry, at);
    return {
      time_ns: Number(time(event, 'timeUnixNano', at) - start),  // made to count from the trace later
      name: text(event, 'name'), attributes: attributes(event, 'attributes', at),
    };
  });
  const links = list(json, 'links', where).map((entry, index): SpanLink => {
    const at = `${where}.links[${index}]`;
    const link = object(entry, at);
    return {
      trace_id: id(link, 'traceId', 32, at), span_id: id(link, 'spanId', 16, at),
      attributes: attributes(link, 'attributes', at),
    };
  });
  const parent = field(json, 'parentSpanId') ? id(json, 'parentSpanId', 16, where) : '';
  const span: Span = {
    span_id: id(json, 'spanId', 16, where),
    parent_span_id: /[^0]/.test(parent) ? parent : null,  // zeros: none, as the receiver has it
    name: text(json, 'name'),
    kind: kKinds[named(field(json, 'kind'), kKindNames, 'SPAN_KIND_')] ?? 'internal',
    service: typeof service === 'string' && service ? service : 'unknown_service',
    resource, scope, start_ns: 0, duration_ns: end > start ? Number(end - start) : 0,
    status: code === 2 ? 'error' : code === 1 ? 'ok' : 'unset',
    status_message: text(status, 'message') || undefined,
    attributes: attributes(json, 'attributes', where),
    events, links,
    trace_state: text(json, 'traceState') || undefined, flags: count(json, 'flags'),
    dropped_attributes: count(json, 'droppedAttributesCount'),
    dropped_events: count(json, 'droppedEventsCount'),
    dropped_links: count(json, 'droppedLinksCount'),
  };
  let entry = into.traces.get(traceId);
  if (entry === undefined) {
    const trace = {
      trace_id: traceId, start_unix_ns: '0', start_us: 0, duration_ns: 0, errors: 0, services: [],
      resources: into.resources, spans: [],
    };
    into.traces.set(traceId, entry = { trace, starts: [] });
  }
  entry.trace.spans.push(span);
  entry.starts.push(start);
}

function readDocument(json: Json, into: Reading) {
  list(json, 'resourceSpans', 'The file').forEach((entry, r) => {
    const resourceAt = `resourceSpans[${r}]`;
    const group = object(entry, resourceAt);
    const resource = object(group.resource ?? {}, `${resourceAt}.resource`);
    const number = into.resources.length;
    into.resources.push(attributes(resource, 'attributes', `${resourceAt}.resource`) ?? {});
    list(group, 'scopeSpans', resourceAt).forEach((scopeEntry, s) => {
      const scopeAt = `${resourceAt}.scopeSpans[${s}]`;
      const scopeGroup = object(scopeEntry, scopeAt);
      const scope = text(object(scopeGroup.scope ?? {}, `${scopeAt}.scope`), 'name');
      list(scopeGroup, 'spans', scopeAt).forEach((span, index) => {
        const at = `${scopeAt}.spans[${index}]`;
        readSpan(object(span, at), at, number, scope, into);
      });
    });
  });
}

/** Makes all times count from the trace's first span. */
function settle({ trace, starts }: { trace: Trace; starts: bigint[] }): Trace {
  const first = starts.reduce((a, b) => (b < a ? b : a));
  trace.spans.forEach((span, index) => {
    span.start_ns = Number(starts[index]! - first);
    for (const event of span.events!) event.time_ns += span.start_ns;
    trace.duration_ns = Math.max(trace.duration_ns, span.start_ns + span.duration_ns);
  });
  trace.start_unix_ns = String(first);
  trace.start_us = Number(first / 1000n);
  trace.errors = trace.spans.filter((span) => span.status === 'error').length;
  trace.services = [...new Set(trace.spans.map((span) => span.service))].sort();
  return trace;
}

function parse(source: string, what: string): Json {
  try {
    return object(JSON.parse(source), what);
  } catch (error) {
    if (error instanceof BadFile) throw error;
    throw new BadFile(`${what} is not JSON: ${(error as Error).message}`);
  }
}

function documents(source: string): Json[] {
  if (!source.trim()) throw new BadFile('The file is empty.');
  const lines = source.split('\n').filter((line) => line.trim());
  // A first line that is JSON by itself: one document per line.
  const perLine = lines.length > 1 && /^\s*\{.*\}\s*$/.test(lines[0]!);
  return perLine ? lines.map((line, index) => parse(line, `Line ${index + 1}`)) :
      [parse(source, 'The file')];
}

/** An object in which these fields are texts, or finite numbers where the name ends with `_ns`. */
function record(value: unknown, where: string, names: string[]): Json {
  const json = object(value, where);
  for (const name of names) {
    const type = name.endsWith('_ns') ? 'number' : 'string';
    if (type === 'number' ? Number.isFinite(json[name]) : typeof json[name] === type) continue;
    throw new BadFile(`${where}.${name} should be a ${type}.`);
  }
  return json;
}

/** A saved answer of trace/ID: what the view needs must be there. */
function readAnswer(json: Json): Trace {
  const each = (of: Json, name: string, where: string, names: string[]) =>
    list(of, name, where || 'The file').map((entry, index) => {
      const at = `${where && where + '.'}${name}[${index}]`;
      return [record(entry, at, names), at] as const;
    });
  const spans = each(json, 'spans', '', ['span_id', 'name', 'service', 'start_ns', 'duration_ns']);
  for (const [span, at] of spans) {
    each(span, 'events', at, ['name', 'time_ns']);
    each(span, 'links', at, ['trace_id', 'span_id']);
  }
  record(json, 'The file', ['trace_id']);
  const trace = { resources: [], services: [], errors: 0, ...json } as unknown as Trace;
  if (!/^\d+$/.test(String(trace.start_unix_ns)) || !Array.isArray(trace.resources)) {
    throw new BadFile('start_unix_ns or resources is missing: this is no whole trace.');
  }
  return trace;
}

/** The traces of a file, the one with the most spans first. */
export function readTraces(source: string): Trace[] {
  const into: Reading = { traces: new Map(), resources: [] };
  const answers: Trace[] = [];
  let known = false;
  for (const json of documents(source)) {
    if (Array.isArray(json.spans)) {
      answers.push(readAnswer(json));
    } else if (field(json, 'resourceSpans') !== undefined) {
      known = true;
      readDocument(json, into);
    }
  }
  const traces = [...answers, ...[...into.traces.values()].map(settle)];
  if (traces.length > 0) return traces.sort((a, b) => b.spans.length - a.spans.length);
  throw new BadFile(known ? 'The file has no spans.' :
      'This is JSON, but no trace: neither "resourceSpans" (OTLP) nor "spans" is in it.');
}
