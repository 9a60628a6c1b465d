// The TypeScript of src/trace, loaded as the browser would have it.
import { fileURLToPath } from 'node:url';
import { after } from 'node:test';
import { createServer } from 'vite';

/** Stands for what modules look at when they are loaded. */
function pretendBrowser() {
  globalThis.location ??= { hash: '' };
  globalThis.addEventListener ??= () => {};
  globalThis.matchMedia ??= () => ({ matches: false, addEventListener() {} });
}

export async function load(path) {
  pretendBrowser();
  const server = await createServer({
    root: fileURLToPath(new URL('..', import.meta.url)),
    server: { middlewareMode: true, watch: null, ws: false, hmr: false },
    appType: 'custom',
    logLevel: 'error',
    optimizeDeps: { noDiscovery: true },
  });
  after(() => server.close());
  return server.ssrLoadModule(path);
}

/** A span as trace/ID has it. */
export function span(id, parent, start, end, more = {}) {
  return {
    span_id: id, parent_span_id: parent, name: id, kind: 'internal', service: 'one', resource: 0,
    start_ns: start, duration_ns: end - start, status: 'unset', ...more,
  };
}

export function trace(spans, resources = [{}]) {
  const end = Math.max(0, ...spans.map((s) => s.start_ns + s.duration_ns));
  return {
    trace_id: '0af7651916cd43dd8448eb211c80319c', start_unix_ns: '1700000000123456789',
    start_us: 1700000000123456, duration_ns: end,
    errors: spans.filter((s) => s.status === 'error').length,
    services: [...new Set(spans.map((s) => s.service))], resources, spans,
  };
}

/** Numbers that are the same in every run. */
export function random(seed) {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Children within their parents, by chance overlapping, outliving or of no duration. */
export function randomTrace(seed, count, strays = true) {
  const next = random(seed);
  const spans = [span('s0', null, 0, 1_000_000)];
  while (spans.length < count) {
    const parent = spans[next(spans.length)];
    const start = parent.start_ns + next(parent.duration_ns + 1);
    const room = parent.start_ns + parent.duration_ns - start;
    const length = strays && next(10) === 0 ? next(2_000_000) : next(room + 1);
    spans.push(span(`s${spans.length}`, parent.span_id, start, start + length, {
      service: ['one', 'two', 'three'][next(3)], resource: next(3),
      kind: ['internal', 'client', 'server', 'consumer'][next(4)],
    }));
  }
  return trace(spans, [{ 'host.name': 'a' }, { 'host.name': 'b' }, {}]);
}
