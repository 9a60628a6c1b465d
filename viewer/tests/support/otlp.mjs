// Spans as an SDK would send them: OTLP in JSON.
import { randomBytes } from 'node:crypto';

export const id = (bytes) => randomBytes(bytes).toString('hex');

const kKinds = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 };

function value(of) {
  if (Array.isArray(of)) return { arrayValue: { values: of.map(value) } };
  if (typeof of === 'boolean') return { boolValue: of };
  if (Number.isInteger(of)) return { intValue: String(of) };
  if (typeof of === 'number') return { doubleValue: of };
  return { stringValue: of };
}

export function attributes(of) {
  return Object.entries(of).map(([key, one]) => ({ key, value: value(one) }));
}

/** `start` in milliseconds before now, `duration` in milliseconds. */
export function span(more = {}) {
  const { trace = id(16), kind = 'server', start = 1000, duration = 10, attributes: of = {} } = more;
  const from = BigInt(Date.now() - start) * 1_000_000n;
  return {
    traceId: trace,
    spanId: more.id ?? id(8),
    ...(more.parent && { parentSpanId: more.parent }),
    name: more.name ?? 'GET /cart',
    kind: kKinds[kind],
    startTimeUnixNano: String(from),
    endTimeUnixNano: String(from + BigInt(Math.round(duration * 1e6))),
    attributes: attributes(of),
    status: more.error ? { code: 2, message: more.message ?? '' } : {},
    ...(more.events && { events: more.events }),
    ...(more.links && { links: more.links }),
  };
}

/** One request with the spans of one service. */
export function request(service, spans, resource = {}) {
  return {
    resourceSpans: [
      {
        resource: { attributes: attributes({ 'service.name': service, ...resource }) },
        scopeSpans: [{ scope: { name: 'test' }, spans }],
      },
    ],
  };
}
