// The shape of the question `health`: what `seamtrace status --json` tells, and more.

export interface DataStoreStatistics {
  system: string;
  address: string;
  port: number;
  connections: {
    open: number;
    used: number;
    idle: number;
    opened: number;
    failed: number;
    rejected: number;
  };
  operations: number;
  errors: number;
  cache_hits: number;
  cache_misses: number;
}

export interface ProcessHealth {
  pid: number;
  uid: number;
  service: string;
  executable: string;
  command: string;
  run_id: string;
  alive: boolean;
  tracing: boolean;
  sampler: string;
  ratio: number;
  spans: number;
  in_flight: number;
  chunks_in_use: number;
  counters: Record<string, number>;
  stores: DataStoreStatistics[];
}

export interface ExporterHealth {
  name: string;
  destination: string;
  exported: number;
  /** By reason. */
  dropped: Record<string, number>;
  queued: number;
  capacity: number;
  retries: number;
  last_error: string;
}

export interface StoreHealth {
  path: string;
  bytes: number;
  traces: number;
  spans: number;
  oldest_us: number;
  duplicates: number;
  removed_traces: number;
  last_error: string;
}

export interface ReceiverHealth {
  grpc: string | null;
  http: string | null;
  spans: number;
  requests: number;
  refused: Record<string, number>;
  last_error: string;
}

export interface OverheadHealth {
  collector_cpu_s: number;
  collector_share: number;
  /** Null: not visible from the collector. */
  processes: {
    pid: number;
    cpu_s: number | null;
    spans: number;
    /** Measured, one call in about a thousand. */
    agent_ns_per_call: number | null;
    agent_share: number | null;
  }[];
}

/** All but the processes may be missing: a store file that is viewed has no live collector. */
export interface HealthAnswer {
  collector?: {
    pid: number;
    version: string;
    uptime_seconds: number;
    directory: string;
    resident_bytes: number;
  };
  reader?: {
    segments: number;
    records: number;
    invalid_records: number;
    rejected_segments: number;
    pressure_acknowledgements: number;
  };
  processes?: ProcessHealth[];
  exporters?: ExporterHealth[];
  warnings?: string[];
  store?: StoreHealth | null;
  receiver?: ReceiverHealth | null;
  overhead?: OverheadHealth | null;
}

export interface ProcessControl {
  tracing?: boolean;
  ratio?: number;
  sampler?: string;
}
