import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load, random, randomTrace, span, trace } from './trace_module.mjs';

const { buildModel } = await load('/src/trace/model.ts');
const { oddities } = await load('/src/trace/explain.ts');
const { aggregate } = await load('/src/trace/aggregate.ts');
const names = (nodes) => nodes.map((node) => node.span.span_id);
const at = (model, id) => model.nodes.find((node) => node.span.span_id === id);
const length = (pairs) => {
  let sum = 0;
  for (let index = 0; index < pairs.length; index += 2) sum += pairs[index + 1] - pairs[index];
  return sum;
};

/** By definition, moment by moment: the share of each span, and the time that any was open. */
function sharesByMoments(model) {
  const times = [...new Set(model.nodes.flatMap((n) => [n.start, n.end]))].sort((a, b) => a - b);
  const shares = new Map(model.nodes.map((node) => [node, 0]));
  let covered = 0;
  for (let index = 0; index + 1 < times.length; ++index) {
    const [from, to] = [times[index], times[index + 1]];
    const open = model.nodes.filter((node) => node.start <= from && node.end >= to);
    const working = open.filter((node) => !node.children.some((child) => open.includes(child)));
    for (const node of working) shares.set(node, shares.get(node) + (to - from) / working.length);
    if (working.length > 0) covered += to - from;
  }
  return { shares, covered };
}

test('parents stand before their children, siblings by start', () => {
  const model = buildModel(trace([
    span('c', 'a', 50, 60), span('d', 'b', 20, 30), span('b', 'a', 10, 40), span('a', null, 0, 99),
  ]));
  assert.deepEqual(names(model.nodes), ['a', 'b', 'd', 'c']);
  assert.deepEqual(model.nodes.map((n) => n.depth), [0, 1, 2, 1]);
  assert.deepEqual(model.nodes.map((n) => [n.position, n.siblings]), [[1, 1], [1, 2], [1, 1], [2, 2]]);
  assert.deepEqual(model.nodes.map((n) => n.below), [3, 1, 0, 0]);
});

test('self time is what no child covers', () => {
  const model = buildModel(trace([
    span('a', null, 0, 100), span('b', 'a', 10, 30), span('c', 'a', 20, 40), span('d', 'a', 90, 150),
  ]));
  assert.deepEqual(at(model, 'a').gaps, [0, 10, 40, 90]);
  assert.equal(at(model, 'a').self, 60);
});

test('the critical path goes backwards by the child that ended last', () => {
  const model = buildModel(trace([
    span('a', null, 0, 100), span('b', 'a', 10, 40), span('c', 'a', 20, 60), span('d', 'a', 65, 90),
    span('e', 'c', 30, 50),
  ]));
  assert.deepEqual(at(model, 'a').path, [90, 100, 60, 65, 0, 20]);
  assert.deepEqual(at(model, 'c').path, [50, 60, 20, 30]);
  assert.deepEqual(model.nodes.filter((n) => n.critical).map((n) => n.span.name), ['a', 'c', 'e', 'd']);
});

test('nobody waits for a child that outlives its parent in the same service, or for a consumer', () => {
  const model = buildModel(trace([
    span('a', null, 0, 100), span('left', 'a', 10, 200),
    span('queue', 'a', 12, 28, { kind: 'consumer', service: 'two' }),
    span('answer', 'a', 30, 110, { kind: 'server', service: 'two' }),
  ]));
  assert.equal(at(model, 'left').critical, false);
  assert.equal(at(model, 'queue').critical, false);
  assert.deepEqual(at(model, 'answer').path, [30, 100]);
});

test('own work on the critical path adds up to the duration of the root', () => {
  for (let seed = 1; seed <= 300; ++seed) {
    const model = buildModel(randomTrace(seed, 2 + (seed % 60)));
    const sum = model.nodes.reduce((total, node) => total + length(node.path), 0);
    assert.equal(sum, model.main.end - model.main.start, `seed ${seed}`);
    const pieces = model.nodes.flatMap((node) => {
      const list = [];
      for (let i = 0; i < node.path.length; i += 2) {
        list.push([node.path[i], node.path[i + 1]]);
        assert.ok(node.path[i] >= node.start && node.path[i + 1] <= node.end, `seed ${seed}`);
      }
      return list;
    }).sort((a, b) => a[0] - b[0]);
    for (let i = 1; i < pieces.length; ++i) assert.ok(pieces[i][0] >= pieces[i - 1][1]);
  }
});

test('shares of time are those of the definition, and add up', () => {
  for (let seed = 1; seed <= 60; ++seed) {
    const model = buildModel(randomTrace(seed, 2 + (seed % 30), seed % 2 === 0));
    const { shares, covered } = sharesByMoments(model);
    for (const [node, share] of shares) {
      assert.ok(Math.abs(node.share - share) < 0.01, `seed ${seed} ${node.span.name}`);
    }
    assert.equal(model.covered, covered);
    const sum = model.services.reduce((total, service) => total + service.share, 0);
    assert.ok(Math.abs(sum - covered) < 0.1);
  }
});

test('missing parents, several roots, circles and repeated ids all find a place', () => {
  const model = buildModel(trace([
    span('a', 'nowhere', 0, 10), span('b', 'c', 1, 9), span('c', 'd', 2, 8), span('d', 'b', 3, 7),
    span('e', 'e', 4, 5), span('f', 'c', 5, 6), span('a', 'c', 6, 7), span('g', 'a', 6, 7),
  ]));
  assert.equal(model.nodes.length, 8);
  assert.equal(new Set(model.nodes).size, 8);
  assert.deepEqual(names(model.roots), ['a', 'b', 'e']);
  assert.deepEqual(model.faults, { missing: 1, cycle: 2, duplicate: 1, skew: 0 });
  assert.equal(at(model, 'g').parent, model.roots[0]);
});

test('any parents at all make a tree', () => {
  for (let seed = 1; seed <= 200; ++seed) {
    const next = random(seed);
    const count = 1 + next(40);
    const spans = Array.from({ length: count }, (_, index) => span(
      `s${next(10) === 0 ? 0 : index}`, next(5) === 0 ? null : `s${next(count + 2)}`, next(100),
      100 + next(100)));
    const model = buildModel(trace(spans));
    assert.equal(new Set(model.nodes.map((node) => node.span)).size, count, `seed ${seed}`);
    model.nodes.forEach((node, row) => {
      assert.equal(node.row, row);
      if (node.parent !== null) assert.ok(node.parent.row < row);
    });
  }
});

test('another clock is noticed between machines, and not within one', () => {
  const call = (server, resources) => at(buildModel(trace([
    span('a', null, 0, 1e6, { kind: 'client' }),
    span('b', 'a', ...server, { kind: 'server', service: 'two', resource: 1 }),
  ], resources)), 'b').skew;
  const apart = [{ 'host.name': 'x' }, { 'host.name': 'y' }];
  assert.equal(call([-5e4, 6e5], apart), -5e4);
  assert.equal(call([5e5, 1.2e6], apart), 2e5);
  assert.equal(call([5e5, 1.2e6], [{}, {}]), 2e5);
  assert.equal(call([1e5, 5e6], apart), 0, 'it just went on');
  assert.equal(call([2e5, 1e6 + 500], apart), 0);
  assert.equal(call([5e5, 1.2e6], [{ 'host.name': 'x' }, { 'host.name': 'x' }]), 0);
});

test('a trace that was cut says so', () => {
  const whole = trace([span('a', null, 0, 10), span('b', 'a', 0, 5)]);
  assert.deepEqual(oddities(buildModel({ ...whole, span_count: 2 })), []);
  const [words] = oddities(buildModel({ ...whole, span_count: 1_170_000 }));
  assert.match(words, /^only the first 2 of 1\D170\D000 spans are here$/);
});

test('traces of no spans, one span and no duration', () => {
  assert.equal(buildModel(trace([])).main, null);
  const model = buildModel(trace([span('a', null, 0, 0)]));
  assert.equal(model.main.critical, true);
  assert.equal(model.covered, 0);
});

test('deep, wide and large traces neither overflow nor take for ever', () => {
  const deep = Array.from({ length: 5000 }, (_, i) => span(`s${i}`, i ? `s${i - 1}` : null, i, 20000 - i));
  const wide = Array.from({ length: 20001 }, (_, i) =>
    span(`s${i}`, i ? 's0' : null, i ? i * 10 : 0, i ? i * 10 + 15 : 300000));
  assert.equal(buildModel(trace(deep)).depth, 5000);
  const model = buildModel(trace(wide));
  assert.equal(model.nodes[0].children.length, 20000);
  assert.equal(buildModel(randomTrace(7, 20000)).nodes.length, 20000);
});

test('operations merge along their paths, and their time adds up', () => {
  for (let seed = 1; seed <= 40; ++seed) {
    const spans = randomTrace(seed, 40);
    for (const entry of spans.spans) entry.name = 'o' + (Number(entry.span_id.slice(1)) % 3);
    const model = buildModel(spans);
    const { roots, nodes } = aggregate([model, model]);
    assert.equal(nodes.reduce((sum, node) => sum + node.totals[0].count, 0), 40);
    const total = roots.reduce((sum, node) => sum + node.totals[1].inclusive, 0);
    assert.ok(Math.abs(total - model.covered) < 0.1);
  }
});
