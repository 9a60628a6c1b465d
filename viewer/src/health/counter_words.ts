// Every counter of an agent in words, as docs/troubleshooting.md has them; a test compares.

export interface CounterWords {
  /** Names of counters and what they count; then what to do, if anything. */
  [name: string]: [meaning: string, advice?: string];
}

export interface CounterGroup {
  title: string;
  counters: CounterWords;
}

export const kLosses = 'Losses: a span that should be there is not';

export const kCounterGroups: CounterGroup[] = [
  {
    title: 'Traffic',
    counters: {
      server_requests: ['requests served and sampled'],
      client_requests: ['requests made and sampled'],
      requests_unsampled: ['requests seen, not sampled: their context was passed on'],
      records_written: ['finished spans handed to the collector'],
      connections: ['connections followed'],
      connections_ignored: ['connections of a protocol that is not traced'],
      contexts_injected: ['outgoing requests that were given a context'],
      contexts_adopted: ['outgoing requests with a context of the program’s own, which was kept'],
      contexts_forwarded: ['outgoing requests with the caller’s context, corrected to ours'],
      traces_restarted: ['incoming contexts repeated too often: a new trace was begun, with a link'],
    },
  },
  {
    title: kLosses,
    counters: {
      lost_ring_full: [
        'no room in shared memory: the collector was absent or too slow',
        'See that a collector runs and that its back end takes what it sends.',
      ],
      lost_slots_exhausted: [
        'more than 2048 requests were in flight at once',
        'Nothing; the requests themselves were served as ever.',
      ],
      lost_no_memory: [
        'shared memory could not be had',
        'Make room in /dev/shm, or point SEAMTRACE_DIR elsewhere.',
      ],
    },
  },
  {
    title: 'Passed through untouched, and why',
    counters: {
      bypass_no_segment: ['the segment could not be created', 'Check SEAMTRACE_DIR and its rights.'],
      bypass_sandboxed: ['the process had entered seccomp before its first traced byte'],
      bypass_reentrant: ['a signal handler called a socket function within the agent'],
      bypass_lock_busy: ['two threads used one connection, and one held it for too long'],
      bypass_fd_too_large: [
        'a file descriptor beyond the table’s end',
        'Lower the limit of open files if that many are not needed.',
      ],
      bypass_no_connection: ['more connections at once than the agent has room for'],
      bypass_inherited: ['connections inherited in the middle of a message'],
      bypass_parse_error: [
        'malformed bytes, or such as the codec does not know',
        'If the traffic is valid HTTP/1.x, that is a bug of ours: please report it.',
      ],
      bypass_upgraded: ['connections after 101 Switching Protocols or CONNECT'],
      bypass_encrypted: [
        'connections to data stores that went over to TLS',
        'On the same machine, sslmode=disable or a Unix socket shows the statements.',
      ],
      bypass_compressed: [
        'connections to MySQL or MariaDB that are compressed',
        'Switch the client’s compression off.',
      ],
      bypass_stream_changed: ['writes to a data store that failed and were followed by other bytes'],
      bypass_opaque_bytes: ['sendfile or splice moved bytes of a message’s head'],
      bypass_pipeline_too_deep: ['more requests in flight on one connection than are followed'],
    },
  },
  {
    title: 'Data stores',
    counters: {
      cache_hits: ['keys that were found in caches'],
      cache_misses: ['keys that were not found in caches'],
      database_errors: ['statements answered with an error', 'Look at the spans with error.type.'],
      connects_failed: [
        'connections refused by the network or the server’s login',
        'Look at the spans named connect.',
      ],
      statements_forgotten: [
        'prepared statements whose text there was no room for',
        'Close statements that are not needed.',
      ],
    },
  },
  {
    title: 'Context',
    counters: {
      inject_skipped_zerocopy: ['no context added: the send asked for zero-copy delivery'],
      inject_skipped_head_split: ['no context added: the head had left in parts already'],
      inject_skipped_no_memory: ['no context added: no room for the headers'],
      context_ambiguous: [
        'outgoing requests without a parent, because several were possible',
        'An event loop served several requests at once on one thread; we never guess.',
      ],
      context_invalid: ['malformed incoming contexts', 'Look at the caller.'],
      heads_truncated: ['spans whose head did not fit: some attributes are cut'],
    },
  },
  {
    title: 'The agent’s own cost',
    counters: {
      overhead_samples: ['times that the agent measured itself'],
      overhead_nanoseconds: ['nanoseconds that those measurements took in all'],
    },
  },
];

/** Known counters in the order above; those of a newer agent at the end, by name alone. */
export function groupsOf(counters: Record<string, number>): CounterGroup[] {
  const left = new Set(Object.keys(counters).filter((name) => counters[name]));
  const groups = kCounterGroups.map(({ title, counters: all }) => ({
    title,
    counters: Object.fromEntries(Object.entries(all).filter(([name]) => left.delete(name))),
  }));
  groups.push({
    title: 'Others',
    counters: Object.fromEntries([...left].map((name) => [name, [name.replaceAll('_', ' ')]])),
  });
  return groups.filter((group) => Object.keys(group.counters).length);
}
