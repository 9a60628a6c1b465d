// The receiver is what the other tests believe, so it is tested by itself.
'use strict';
const assert = require('node:assert');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const test = require('node:test');
const zlib = require('node:zlib');
const root = require('@opentelemetry/otlp-transformer/build/src/generated/root');

const Request = root.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const spanId = '00f067aa0ba902b7';

function asJson(name) {
  return {
    resourceSpans: [{
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'me' } }] },
      scopeSpans: [{
        scope: { name: 'scope', version: '1' },
        spans: [{
          traceId, spanId, name, kind: 2, flags: 0x301,
          startTimeUnixNano: '1700000000000000001', endTimeUnixNano: '1700000000000000002',
          attributes: [
            { key: 'text', value: { stringValue: 'caf\u00e9' } },
            { key: 'zero', value: { intValue: '0' } },
            { key: 'large', value: { intValue: '9007199254740991' } },
            { key: 'no', value: { boolValue: false } },
            { key: 'list', value: { arrayValue: { values: [{ stringValue: 'a' }] } } },
          ],
          links: [{ traceId, spanId }],
          status: { code: 2 },
        }],
      }],
    }],
  };
}

function asProtobuf(name) {
  const request = asJson(name);
  const span = request.resourceSpans[0].scopeSpans[0].spans[0];
  for (const holder of [span, span.links[0]]) {
    holder.traceId = Buffer.from(traceId, 'hex');
    holder.spanId = Buffer.from(spanId, 'hex');
  }
  return Buffer.from(Request.encode(Request.fromObject(request)).finish());
}

async function withReceiver(body) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'receiver-'));
  const child = spawn(process.execPath, [path.join(__dirname, 'receiver.js'), directory],
    { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    const line = await new Promise((resolve) => { child.stdout.once('data', resolve); });
    const base = `http://127.0.0.1:${/\d+/.exec(String(line))[0]}`;
    const read = (name) => {
      const file = path.join(directory, name);
      return fs.existsSync(file)
        ? fs.readFileSync(file, 'utf8').trim().split('\n').map((text) => JSON.parse(text)) : [];
    };
    const post = (session, content, headers) => fetch(`${base}/${session}/v1/traces`,
      { method: 'POST', body: content, headers });
    await body({ base, read, post });
  } finally {
    child.stdin.end();
    fs.rmSync(directory, { recursive: true });
  }
}

const protobuf = { 'Content-Type': 'application/x-protobuf' };

test('protobuf, JSON and gzip decode to the same spans', () => withReceiver(async ({ read, post }) => {
  await post('a', asProtobuf('x'), protobuf);
  await post('a', JSON.stringify(asJson('x')), { 'Content-Type': 'application/json' });
  await post('a', zlib.gzipSync(asProtobuf('x')), { ...protobuf, 'Content-Encoding': 'gzip' });
  const spans = read('a.spans');
  assert.equal(spans.length, 3);
  assert.deepEqual(spans[0], spans[1]);
  assert.deepEqual(spans[0], spans[2]);
  assert.deepEqual(spans[0], {
    traceId, spanId, parentSpanId: '', traceState: '', flags: 0x301, name: 'x', kind: 'SERVER',
    start: '1700000000000000001', end: '1700000000000000002',
    attributes: { text: 'caf\u00e9', zero: 0, large: 9007199254740991, no: false, list: ['a'] },
    droppedAttributes: 0, events: [], links: [{ traceId, spanId, attributes: {} }],
    status: 'ERROR', statusMessage: '', resource: { 'service.name': 'me' },
    scope: { name: 'scope', version: '1' },
  });
}));

test('it misbehaves as told, and keeps no span that it refused', () => withReceiver(
  async ({ base, read, post }) => {
    await fetch(`${base}/behave/b`, { method: 'PUT', body: JSON.stringify([
      { status: 503 }, { status: 429, retryAfter: '7' }, { rejected: 3 }]) });
    assert.equal((await post('b', asProtobuf('x'), protobuf)).status, 503);
    const later = await post('b', asProtobuf('x'), protobuf);
    assert.deepEqual([later.status, later.headers.get('retry-after')], [429, '7']);
    assert.equal(read('b.spans').length, 0);
    assert.equal((await post('b', asProtobuf('x'), protobuf)).status, 200);
    assert.equal((await post('b', asProtobuf('x'), protobuf)).status, 200);
    assert.equal(read('b.spans').length, 2);
    assert.equal(read('b.requests').length, 4);
  }));

test('bytes that are no spans are refused', () => withReceiver(async ({ read, post }) => {
  assert.equal((await post('c', Buffer.from([0xff, 0xff, 0xff]), protobuf)).status, 400);
  assert.match(read('c.requests')[0].error, /./);
}));
