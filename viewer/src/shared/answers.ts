// Answers: the shapes of docs/query_api.md.

export type Kind = 'server' | 'client' | 'producer' | 'consumer' | 'internal';
export type Status = 'unset' | 'ok' | 'error';
export type NodeKind = 'service' | 'database' | 'cache' | 'external' | 'queue';
export type AttributeValue = string | number | boolean | null | AttributeValue[] | object;
export type Attributes = Record<string, AttributeValue>;

export interface Peer {
  kind: NodeKind;
  system: string;
  name: string;
}

export interface TraceSummary {
  trace_id: string;
  start_unix_ns: string;
  start_us: number;
  duration_ns: number;
  service: string;
  name: string;
  /** The path of a root whose name holds none, else empty. */
  detail: string;
  kind: Kind;
  status: Status;
  http_status: number | null;
  /** False: its parent was made elsewhere. */
  root: boolean;
  spans: number;
  errors: number;
  services: string[];
}

export interface TracesAnswer {
  traces: TraceSummary[];
  change: number;
  next: string | null;
  complete: boolean;
  searched_to_us: number;
}

export interface SpanEvent {
  time_ns: number;
  name: string;
  attributes?: Attributes;
}

export interface SpanLink {
  trace_id: string;
  span_id: string;
  attributes?: Attributes;
}

/** Empty strings, empty lists and zero drops are left out. */
export interface Span {
  span_id: string;
  parent_span_id: string | null;
  name: string;
  kind: Kind;
  service: string;
  /** Index into `resources`. */
  resource: number;
  scope?: string;
  start_ns: number;
  duration_ns: number;
  status: Status;
  status_message?: string;
  attributes?: Attributes;
  peer?: Peer | null;
  events?: SpanEvent[];
  links?: SpanLink[];
  trace_state?: string;
  flags?: number;
  dropped_attributes?: number;
  dropped_events?: number;
  dropped_links?: number;
}

export interface TraceAnswer {
  trace_id: string;
  start_unix_ns: string;
  start_us: number;
  duration_ns: number;
  errors: number;
  services: string[];
  resources: Attributes[];
  spans: Span[];
  /** Of the whole trace, where it may be more than is here. */
  span_count?: number;
}

export interface TypicalAnswer {
  trace_id: string | null;
  traces: number;
  median_ns: number;
}

export interface Suggestion {
  text: string;
  detail?: string;
}

export interface CompleteAnswer {
  from: number;
  to: number;
  suggestions: Suggestion[];
}

export interface ServiceSummary {
  name: string;
  /** What stands for its requests. */
  counted: 'requests' | 'internal' | 'calls';
  count: number;
  errors: number;
  rate: number;
  p50_ns: number;
  p95_ns: number;
  p99_ns: number;
  max_ns: number;
  series: { count: number[]; errors: number[]; p95_ns: (number | null)[] };
}

export interface ServicesAnswer {
  since_us: number;
  until_us: number;
  step_s: number;
  services: ServiceSummary[];
}

export interface Operation {
  service: string;
  name: string;
  kind: Kind;
  peer: Peer | null;
  count: number;
  errors: number;
  rate: number;
  p50_ns: number;
  p95_ns: number;
  p99_ns: number;
  max_ns: number;
  total_ns: number;
  hits: number;
  misses: number;
  slowest_trace: string | null;
  error_trace: string | null;
}

export interface OperationsAnswer {
  operations: Operation[];
}

export interface Exemplar {
  time_us: number;
  duration_ns: number;
  trace_id: string;
  error: boolean;
}

export interface SeriesAnswer {
  since_us: number;
  until_us: number;
  step_s: number;
  times_s: number[];
  count: number[];
  errors: number[];
  p50_ns: (number | null)[];
  p95_ns: (number | null)[];
  p99_ns: (number | null)[];
  exemplars: Exemplar[];
}

export interface DatabaseSummary {
  kind: 'database' | 'cache';
  system: string;
  name: string;
  services: string[];
  count: number;
  errors: number;
  rate: number;
  p50_ns: number;
  p95_ns: number;
  p99_ns: number;
  total_ns: number;
  hits: number;
  misses: number;
  statements: Operation[];
}

export interface DatabasesAnswer {
  databases: DatabaseSummary[];
}

export interface MapNode {
  id: string;
  kind: NodeKind;
  system: string;
  name: string;
  count: number;
  errors: number;
  rate: number;
  p50_ns: number;
  p95_ns: number;
}

export interface MapEdge {
  from: string;
  to: string;
  count: number;
  errors: number;
  rate: number;
  error_share: number;
  p50_ns: number;
  p95_ns: number;
  p99_ns: number;
  hits: number;
  misses: number;
  slowest_trace: string | null;
  query: string;
}

export interface MapAnswer {
  nodes: MapNode[];
  edges: MapEdge[];
}

export interface Measures {
  count: number;
  errors: number;
  rate: number;
  p50_ns: number;
  p95_ns: number;
  p99_ns: number;
}

export interface CompareAnswer {
  now: Measures & { since_us: number; until_us: number };
  base: Measures & { since_us: number; until_us: number };
  operations: {
    service: string;
    name: string;
    kind: Kind;
    peer: Peer | null;
    now: Measures | null;
    base: Measures | null;
    p95_change: number | null;
    rate_change: number | null;
    error_share_change: number | null;
  }[];
}

export interface Where {
  what: 'self' | 'dependency' | 'waiting';
  name: string;
  kind: NodeKind | '' | null;
  share: number;
  mean_ns: number;
  slow_mean_ns: number;
  calls: number;
  slow_calls: number;
}

export interface Finding {
  kind: 'attribute' | 'dependency' | 'span' | 'error' | 'self';
  name: string;
  value: string;
  slow_share: number;
  rest_share: number;
  slow_ns?: number | null;
  rest_ns?: number | null;
  words: string;
  trace_id: string;
}

export interface BottlenecksAnswer {
  requests: number;
  p50_ns: number;
  p90_ns: number;
  p99_ns: number;
  where: Where[];
  slow: { threshold_ns: number; requests: number; findings: Finding[] };
}
