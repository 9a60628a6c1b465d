import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load, random, randomTrace, span, trace } from './trace_module.mjs';

const { readTraces, BadFile } = await load('/src/trace/otlp.ts');
const { buildModel } = await load('/src/trace/model.ts');
const { foldFrom, moved, reveal, rowOf, ticks, visibleRows, zoomed } = await load('/src/trace/rows.ts');
const { next, search } = await load('/src/trace/search.ts');
const { flameByTime, flameByOperation, boxRows } = await load('/src/trace/flame.ts');
const { aggregate } = await load('/src/trace/aggregate.ts');
const { compare, differenceWords } = await load('/src/trace/difference.ts');
const { parentWords, timeParts } = await load('/src/trace/explain.ts');

const kId = '0AF7651916CD43DD8448EB211C80319C';
const otlp = (more = {}, attributes = []) => ({
  resourceSpans: [{
    resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
    scopeSpans: [{
      scope: { name: 'scope' },
      spans: [{
        traceId: kId, spanId: 'b7ad6b7169203331', name: 'GET /', kind: 2,
        startTimeUnixNano: '1700000000000000001', endTimeUnixNano: '1700000000000000501',
        attributes, ...more,
      }],
    }],
  }],
});
const refuses = (text, pattern) => assert.throws(() => readTraces(text), (error) =>
  error instanceof BadFile && pattern.test(error.message) || assert.fail(String(error)));

test('OTLP JSON becomes the same shape that trace/ID answers', () => {
  const [read] = readTraces(JSON.stringify(otlp({
    status: { code: 2, message: 'bad' }, parentSpanId: '',
    events: [{ timeUnixNano: '1700000000000000101', name: 'e' }],
    links: [{ traceId: kId, spanId: 'b7ad6b7169203332' }],
  }, [
    { key: 'whole', value: { intValue: '42' } }, { key: 'huge', value: { intValue: '9223372036854775807' } },
    { key: 'real', value: { doubleValue: 1.5 } }, { key: 'true', value: { boolValue: true } },
    { key: 'list', value: { arrayValue: { values: [{ stringValue: 'x' }, { intValue: 1 }] } } },
    { key: 'map', value: { kvlistValue: { values: [{ key: '__proto__', value: { stringValue: 'y' } }] } } },
    { key: 'none', value: {} },
  ])));
  assert.equal(read.trace_id, kId.toLowerCase());
  assert.equal(read.start_unix_ns, '1700000000000000001');
  const [only] = read.spans;
  assert.equal(only.duration_ns, 500);
  assert.equal(only.service, 'shop');
  assert.equal(only.kind, 'server');
  assert.equal(only.status, 'error');
  assert.equal(only.parent_span_id, null);
  assert.equal(only.events[0].time_ns, 100);
  assert.equal(only.links[0].span_id, 'b7ad6b7169203332');
  assert.equal(JSON.stringify(only.attributes), '{"whole":42,"huge":"9223372036854775807",' +
    '"real":1.5,"true":true,"list":["x",1],"map":{"__proto__":"y"},"none":null}');
});

test('names of enumerations, the other spelling and one document per line are read', () => {
  const line = JSON.stringify(otlp({ kind: 'SPAN_KIND_CLIENT', status: { code: 'STATUS_CODE_OK' } }));
  const other = line.replaceAll('resourceSpans', 'resource_spans').replaceAll('traceId', 'trace_id');
  const [read] = readTraces(`${line}\n${other}\n`);
  assert.equal(read.spans.length, 2);
  assert.equal(read.spans[0].kind, 'client');
  assert.equal(read.spans[1].status, 'ok');
});

test('a saved answer of trace/ID is read', () => {
  const saved = trace([span('a', null, 0, 5)]);
  assert.deepEqual(readTraces(JSON.stringify(saved, null, 2))[0].spans, saved.spans);
});

test('a parent of zeros is none, as the receiver has it', () => {
  const parent = (digits) => readTraces(JSON.stringify(otlp({ parentSpanId: digits })))[0].spans[0].parent_span_id;
  assert.equal(parent('0000000000000000'), null);
  assert.equal(parent('00000000000000A0'), '00000000000000a0');
  refuses(JSON.stringify(otlp({ parentSpanId: '00' })), /parentSpanId should be 16 hexadecimal/);
});

test('a saved answer that lacks what the view needs is refused with a sentence that says where', () => {
  const refused = (more, pattern, of = {}) =>
    refuses(JSON.stringify({ ...trace([span('a', null, 0, 5, more)]), ...of }), pattern);
  refused({ links: [{}] }, /^spans\[0\]\.links\[0\]\.trace_id should be a string/);
  refused({ links: [{ trace_id: kId }] }, /links\[0\]\.span_id should be a string/);
  refused({ links: [5] }, /links\[0\] should be an object/);
  refused({ links: 'x' }, /spans\[0\]\.links should be a list/);
  refused({ events: [{ time_ns: 1, name: 'e' }, { name: 5 }] }, /events\[1\]\.name should be a string/);
  refused({ events: [{ name: 'e' }] }, /events\[0\]\.time_ns should be a number/);
  refused({}, /The file\.trace_id should be a string/, { trace_id: 5 });
  const endless = JSON.stringify(trace([span('a', null, 0, 5)])).replace('"start_ns":0', '"start_ns":1e999');
  refuses(endless, /spans\[0\]\.start_ns should be a number/);
});

test('a bad file is refused with a sentence that says where', () => {
  refuses('', /is empty/);
  refuses('<html>', /is not JSON/);
  refuses('[1]', /should be an object/);
  refuses('{"a": 1}', /no trace/);
  refuses('{"resourceSpans": []}', /no spans/);
  refuses('{"resourceSpans": 7}', /resourceSpans should be a list/);
  refuses(JSON.stringify(otlp({ traceId: 'xyz' })), /spans\[0\]\.traceId should be 32 hexadecimal/);
  refuses(JSON.stringify(otlp({ startTimeUnixNano: 'soon' })), /startTimeUnixNano should be/);
  refuses(JSON.stringify(otlp({ attributes: 5 })), /attributes should be a list/);
  refuses('{"spans": [{"span_id": 5}]}', /spans\[0\]\.span_id should be a string/);
  refuses('{"resourceSpans": []}\n{"bad\n', /Line 2 is not JSON/);
});

test('damage anywhere in a file is refused or read, never a fault', () => {
  const whole = JSON.stringify(otlp({ events: [{}], links: [] }, [{ key: 'k', value: { intValue: 1 } }]));
  const pick = random(5);
  const junk = ['', '0', 'null', '[]', '{}', '"x"', '-1', ','];
  for (let round = 0; round < 3000; ++round) {
    const from = pick(whole.length);
    const text = whole.slice(0, from) + junk[pick(junk.length)] + whole.slice(from + pick(12));
    try {
      for (const read of readTraces(text)) buildModel(read);
    } catch (error) {
      if (!(error instanceof BadFile)) throw error;
    }
  }
});

test('folded nodes hide what is below, and are opened for what is searched', () => {
  const model = buildModel(randomTrace(3, 200));
  assert.equal(visibleRows(model, new Set()).length, 200);
  const folded = foldFrom(model, 2);
  const rows = visibleRows(model, folded);
  assert.ok(rows.every((node) => node.depth < 2) && rows.length < 200);
  const deepest = model.nodes.reduce((a, b) => (b.depth > a.depth ? b : a));
  assert.ok(rows[rowOf(rows, deepest)].depth === 1);
  const open = visibleRows(model, reveal(folded, deepest));
  assert.equal(open[rowOf(open, deepest)], deepest);
  assert.equal(reveal(new Set(), deepest).size, 0);
});

test('search finds text anywhere, literally, and goes round', () => {
  const model = buildModel(trace([
    span('a', null, 0, 9, { attributes: { 'db.query.text': 'SELECT (1)', n: 42, list: ['Äpfel'] } }),
    span('b', 'a', 1, 2, { status_message: 'Timed OUT', events: [{ time_ns: 1, name: 'retry' }] }),
  ]));
  const found = (text) => search(model, text).map((node) => node.span.name).join('');
  assert.deepEqual(['select (', '42', 'äpfel', 'out', 'RETRY', '.*', '', 'one'].map(found),
    ['a', 'a', 'a', 'b', 'b', '', '', 'ab']);
  const [a, b] = model.nodes;
  assert.equal(next([a, b], b, 1), a);
  assert.equal(next([a, b], a, -1), b);
  assert.equal(next([a, b], a, 1), b);
  assert.equal(next([], a, 1), undefined);
});

test('zoom keeps the place under the pointer and stays within the trace', () => {
  assert.deepEqual(zoomed({ from: 0, to: 1000 }, 0.5, 250, 1000), { from: 125, to: 625 });
  assert.deepEqual(zoomed({ from: 100, to: 200 }, 100, 150, 1000), { from: 0, to: 1000 });
  assert.deepEqual(moved({ from: 100, to: 200 }, -500, 1000), { from: 0, to: 100 });
  assert.deepEqual(moved({ from: 100, to: 200 }, 5000, 1000), { from: 900, to: 1000 });
  const pick = random(9);
  let range = { from: 0, to: 1e6 };
  for (let round = 0; round < 500; ++round) {
    range = zoomed(range, 0.2 + pick(20) / 5, range.from + pick(range.to - range.from), 1e6);
    assert.ok(range.from >= 0 && range.to <= 1e6 + 1e-6 && range.to - range.from > 9.99);
  }
  assert.deepEqual(ticks({ from: 0, to: 100 }, 5), [0, 20, 40, 60, 80, 100]);
  assert.deepEqual(ticks({ from: 5, to: 5 }, 5), []);
});

test('boxes of the flame view do not overlap, and children lie below their parents', () => {
  for (let seed = 1; seed <= 40; ++seed) {
    const model = buildModel(randomTrace(seed, 80));
    for (const boxes of [flameByTime(model), flameByOperation(aggregate([model]).roots)]) {
      for (const box of boxes) assert.ok(box.parent === null || box.row > box.parent.row);
      for (const row of boxRows(boxes)) {
        for (let i = 1; i < row.length; ++i) assert.ok(row[i].from >= row[i - 1].to - 1e-6);
      }
    }
    assert.equal(flameByTime(model).length, 80);
  }
});

test('a comparison says what is longer, and what only one of them has', () => {
  const a = buildModel(trace([
    span('r1', null, 0, 100, { name: 'GET /' }), span('q1', 'r1', 10, 20, { name: 'SELECT', service: 'db' }),
    span('x', 'r1', 30, 40, { name: 'cache' }),
  ]));
  const b = buildModel(trace([
    span('r2', null, 0, 300, { name: 'GET /' }), span('q2', 'r2', 10, 120, { name: 'SELECT', service: 'db' }),
    span('q3', 'r2', 120, 220, { name: 'SELECT', service: 'db' }),
  ]));
  const difference = compare(a, b);
  assert.equal(difference.nodes.reduce((sum, node) => sum + difference.more(node), 0), 200);
  const words = differenceWords(a, b, difference).join(' ');
  assert.match(words, /B takes 200.ns longer than A \(3\.0 times\)/);
  assert.match(words, /200.ns more in db: SELECT itself, 2 spans, not 1\./);
  assert.match(words, /Only A has one: cache\./);
  const same = differenceWords(a, a, compare(a, a));
  assert.deepEqual(same, ['Both take 100\u202fns.', 'Both went through the same operations.']);
});

test('where a parent came from, and what a duration is made of, is said', () => {
  const [call, answer] = buildModel(trace([
    span('a', null, 0, 100, { kind: 'client', attributes: { 'seamtrace.parent.association': 'exact' } }),
    span('b', 'a', 30, 80, { kind: 'server', service: 'two', resource: 1 }),
  ], [{}, {}])).nodes;
  assert.match(parentWords(call), /^Known: the thread/);
  assert.match(parentWords(answer), /SDK/);
  assert.deepEqual(timeParts(call).map(({ ns }) => ns), [30, 50, 20]);
  for (let seed = 1; seed <= 200; ++seed) {
    for (const node of buildModel(randomTrace(seed, 2 + (seed % 50))).nodes) {
      assert.equal(timeParts(node).reduce((sum, { ns }) => sum + ns, 0), node.end - node.start);
    }
  }
});

test('the parts of a call add up to it when its server answered outside of it', () => {
  const parts = (from, to) => timeParts(buildModel(trace([
    span('a', null, 1000, 1100, { kind: 'client' }),
    span('b', 'a', from, to, { kind: 'server', service: 'two', resource: 1 }),
  ], [{ 'host.name': 'x' }, { 'host.name': 'x' }])).nodes.find((node) => node.span.name === 'a'));
  const cases = [[1399, 1500], [900, 950], [900, 1050], [1050, 1500], [900, 1500], [1100, 1100]];
  for (const [from, to] of cases) {
    const list = parts(from, to);
    assert.equal(list.length, 3);
    assert.equal(list.reduce((sum, { ns }) => sum + ns, 0), 100, `${from} to ${to}`);
    assert.ok(list.every(({ ns }) => ns >= 0 && ns <= 100), `${from} to ${to}`);
  }
  assert.deepEqual(parts(1399, 1500).map(({ ns }) => ns), [100, 0, 0]);
  assert.match(parts(1399, 1500)[0].words, /^two began 299.ns after this span had ended$/);
  assert.deepEqual(parts(900, 950).map(({ ns }) => ns), [0, 0, 100]);
  assert.match(parts(900, 950)[1].words, /^which ended 50.ns before this span$/);
});

test('an association that only JavaScript knows is told as it is', () => {
  const attributes = { 'seamtrace.parent.association': 'constructor' };
  const [node] = buildModel(trace([span('a', null, 0, 1, { attributes })])).nodes;
  assert.equal(parentWords(node), 'Found by "constructor".');
});
