// A program that traces itself with the OpenTelemetry JS SDK, and calls other services.
//   node client.js [--get fetch|http] [--rich] [URL...]
// One trace: a span of its own, and a client span with an injected traceparent for each URL. The
// exporter is that of OTEL_EXPORTER_OTLP_PROTOCOL (grpc, http/protobuf, http/json); it reads the
// other OTEL_EXPORTER_OTLP_* variables itself. --rich: the first span has a value of every type,
// events and links. Prints what it did as one JSON object; exit code 1: the export failed.
'use strict';
const http = require('http');
const api = require('@opentelemetry/api');
const { resourceFromAttributes } = require('@opentelemetry/resources');
const { BatchSpanProcessor, NodeTracerProvider } = require('@opentelemetry/sdk-trace-node');

const kExporters = {
  'grpc': '@opentelemetry/exporter-trace-otlp-grpc',
  'http/protobuf': '@opentelemetry/exporter-trace-otlp-proto',
  'http/json': '@opentelemetry/exporter-trace-otlp-http',
};
const kRich = {
  'test.text': 'größer als 3 \u{1f600}',
  'test.integer': 9007199254740991,
  'test.negative': -42,
  'test.real': 0.25,
  'test.truth': true,
  'test.texts': ['one', 'two'],
  'test.numbers': [1, 2, 3],
};

// An exporter that remembers how each export ended.
class Told {
  constructor(inner) {
    this.inner = inner;
    this.errors = [];
  }
  export(spans, done) {
    this.inner.export(spans, (result) => {
      if (result.code !== 0) this.errors.push(String(result.error?.message ?? 'unknown'));
      done(result);
    });
  }
  forceFlush() { return this.inner.forceFlush?.() ?? Promise.resolve(); }
  shutdown() { return this.inner.shutdown(); }
}

function httpGet(url, headers) {
  return new Promise((resolve, reject) => {
    http.get(url, { headers }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode));
    }).on('error', reject);
  });
}

async function fetchGet(url, headers) {
  const response = await fetch(url, { headers });
  await response.arrayBuffer();
  return response.status;
}

function enrich(span) {
  span.setAttributes(kRich);
  span.addEvent('cache miss', { 'cache.key': 'a b' });
  span.recordException(new Error('it was only a test'));
  span.addLink({
    context: { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 },
    attributes: { 'link.reason': 'earlier' },
  });
  span.setStatus({ code: api.SpanStatusCode.ERROR, message: 'declined' });
}

async function call(tracer, get, url) {
  const options = { kind: api.SpanKind.CLIENT, attributes: { 'url.full': url } };
  return tracer.startActiveSpan('GET', options, async (span) => {
    const headers = {};
    api.propagation.inject(api.context.active(), headers);
    const status = await get(url, headers);
    span.setAttribute('http.response.status_code', status);
    span.end();
    return status;
  });
}

async function main(args) {
  const option = args.indexOf('--get');
  const get = option >= 0 && args.splice(option, 2)[1] === 'fetch' ? fetchGet : httpGet;
  const rich = args.indexOf('--rich');
  if (rich >= 0) args.splice(rich, 1);

  api.diag.setLogger(new api.DiagConsoleLogger(), api.DiagLogLevel.WARN);
  const module = require(kExporters[process.env.OTEL_EXPORTER_OTLP_PROTOCOL ?? 'http/protobuf']);
  const exporter = new Told(new module.OTLPTraceExporter());
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({
      'service.name': process.env.OTEL_SERVICE_NAME ?? 'node_sdk',
      'service.instance.number': 7,
    }),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  provider.register();

  const tracer = api.trace.getTracer('client', '1.2.3');
  const statuses = [];
  let traceId = '';
  await tracer.startActiveSpan('checkout', async (span) => {
    traceId = span.spanContext().traceId;
    if (rich >= 0) enrich(span);
    for (const url of args) statuses.push(await call(tracer, get, url));
    span.end();
  });
  await provider.shutdown();
  console.log(JSON.stringify({ traceId, statuses, errors: exporter.errors }));
  process.exitCode = exporter.errors.length === 0 ? 0 : 1;
}

main(process.argv.slice(2));
