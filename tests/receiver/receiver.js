// receiver: an OTLP/HTTP receiver that writes what it decodes, one JSON object a line.
//   node receiver.js DIRECTORY [--port N]
// It prints `listening on PORT`. An exporter's endpoint is http://127.0.0.1:PORT/SESSION: spans
// sent to /SESSION/v1/traces go to DIRECTORY/SESSION.spans, what is to be said of each request
// to DIRECTORY/SESSION.requests. Without a session they go to `default`.
// PUT /behave/SESSION sets how the next requests are answered: a JSON list of
//   {"status": 503} | {"status": 429, "retryAfter": "1"} | {"hang": true} | {"reset": true}
//   | {"rejected": 3}   (partial success; the spans are kept)
// one for each request; afterwards all is well again. A refused request's spans are not kept.
'use strict';
const fs = require('fs');
const http = require('http');
const path = require('path');
const zlib = require('zlib');
const root = require('@opentelemetry/otlp-transformer/build/src/generated/root');

const service = root.opentelemetry.proto.collector.trace.v1;
const kinds = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];
const statuses = ['UNSET', 'OK', 'ERROR'];
const directory = process.argv[2];
const behaviours = new Map();

// JSON carries ids as hex, where the schema's own JSON mapping expects base64.
function fromJson(text) {
  const request = JSON.parse(text);
  const recode = (holder) => {
    for (const key of ['traceId', 'spanId', 'parentSpanId']) {
      if (holder[key] !== undefined) holder[key] = Buffer.from(holder[key], 'hex');
    }
  };
  for (const resource of request.resourceSpans ?? []) {
    for (const scope of resource.scopeSpans ?? []) {
      for (const span of scope.spans ?? []) {
        recode(span);
        (span.links ?? []).forEach(recode);
      }
    }
  }
  return service.ExportTraceServiceRequest.fromObject(request);
}

function plainValue(value) {
  if (value == null) return null;
  // protobuf.js keeps members that are set as own properties.
  for (const name of Object.keys(value)) {
    const member = value[name];
    if (member == null) continue;
    if (name === 'arrayValue') return (member.values ?? []).map(plainValue);
    if (name === 'kvlistValue') return plainMap(member.values);
    if (name === 'bytesValue') return Buffer.from(member).toString('hex');
    if (name === 'intValue') return Number(member);
    return member;
  }
  return null;
}

function plainMap(attributes) {
  const map = {};
  for (const { key, value } of attributes ?? []) {
    if (key in map) map['DUPLICATE ' + key] = true;
    map[key] = plainValue(value);
  }
  return map;
}

const hex = (bytes) => Buffer.from(bytes ?? []).toString('hex');

function plainSpan(span, resource, scope) {
  return {
    traceId: hex(span.traceId),
    spanId: hex(span.spanId),
    parentSpanId: hex(span.parentSpanId),
    traceState: span.traceState ?? '',
    flags: span.flags ?? 0,
    name: span.name,
    kind: kinds[span.kind],
    start: String(span.startTimeUnixNano),
    end: String(span.endTimeUnixNano),
    attributes: plainMap(span.attributes),
    droppedAttributes: span.droppedAttributesCount ?? 0,
    events: (span.events ?? []).map((event) => ({
      name: event.name, time: String(event.timeUnixNano), attributes: plainMap(event.attributes),
    })),
    links: (span.links ?? []).map((link) => ({
      traceId: hex(link.traceId), spanId: hex(link.spanId), attributes: plainMap(link.attributes),
    })),
    status: statuses[span.status?.code ?? 0],
    statusMessage: span.status?.message ?? '',
    resource,
    scope: { name: scope?.name ?? '', version: scope?.version ?? '' },
  };
}

function spansOf(request) {
  const spans = [];
  for (const resourceSpans of request.resourceSpans ?? []) {
    const resource = plainMap(resourceSpans.resource?.attributes);
    for (const scopeSpans of resourceSpans.scopeSpans ?? []) {
      for (const span of scopeSpans.spans ?? []) {
        spans.push(plainSpan(span, resource, scopeSpans.scope));
      }
    }
  }
  return spans;
}

function append(session, kind, objects) {
  const lines = objects.map((object) => JSON.stringify(object) + '\n').join('');
  fs.appendFileSync(path.join(directory, `${session}.${kind}`), lines);
}

function answer(response, status, type, body, headers = {}) {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': body.length, ...headers });
  response.end(body);
}

function receive(session, request, response, raw) {
  const json = (request.headers['content-type'] ?? '').startsWith('application/json');
  const type = json ? 'application/json' : 'application/x-protobuf';
  const behaviour = behaviours.get(session)?.shift() ?? {};
  const entry = { headers: request.headers, url: request.url, bytes: raw.length, behaviour };
  if (behaviour.hang) return append(session, 'requests', [entry]);
  if (behaviour.reset) {
    append(session, 'requests', [entry]);
    return request.socket.resetAndDestroy();
  }
  let spans;
  try {
    const body = request.headers['content-encoding'] === 'gzip' ? zlib.gunzipSync(raw) : raw;
    spans = spansOf(json ? fromJson(body.toString()) : service.ExportTraceServiceRequest.decode(body));
  } catch (error) {
    append(session, 'requests', [{ ...entry, error: String(error) }]);
    return answer(response, 400, type, Buffer.alloc(0));
  }
  append(session, 'requests', [{ ...entry, spans: spans.length }]);
  if (behaviour.status && behaviour.status !== 200) {
    const headers = behaviour.retryAfter ? { 'Retry-After': behaviour.retryAfter } : {};
    return answer(response, behaviour.status, type, Buffer.alloc(0), headers);
  }
  append(session, 'spans', spans);
  const reply = service.ExportTraceServiceResponse.create(behaviour.rejected
    ? { partialSuccess: { rejectedSpans: behaviour.rejected, errorMessage: 'told to' } } : {});
  answer(response, 200, type, json
    ? Buffer.from(JSON.stringify(service.ExportTraceServiceResponse.toObject(reply, { longs: String })))
    : Buffer.from(service.ExportTraceServiceResponse.encode(reply).finish()));
}

function handle(request, response) {
  const pieces = [];
  request.on('data', (piece) => pieces.push(piece));
  request.on('end', () => {
    const raw = Buffer.concat(pieces);
    const behave = /^\/behave\/(\w+)$/.exec(request.url);
    if (behave && request.method === 'PUT') {
      behaviours.set(behave[1], JSON.parse(raw.toString()));
      return answer(response, 200, 'text/plain', Buffer.alloc(0));
    }
    const traces = /^(?:\/(\w+))?\/v1\/traces$/.exec(request.url);
    if (traces && request.method === 'POST') {
      return receive(traces[1] ?? 'default', request, response, raw);
    }
    answer(response, 404, 'text/plain', Buffer.from('not here\n'));
  });
}

const portAt = process.argv.indexOf('--port');
const server = http.createServer({ keepAliveTimeout: 60000 }, handle);
server.listen(portAt > 0 ? Number(process.argv[portAt + 1]) : 0, '127.0.0.1', () => {
  console.log(`listening on ${server.address().port}`);
});
// The test that started it may be killed: then nobody is left to stop it.
process.stdin.on('end', () => process.exit(0)).resume();
