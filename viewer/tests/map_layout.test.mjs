import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './trace_module.mjs';

const { place, edgeKey, kNodeHeight } = await load('/src/map/layout.ts');
const { strokeWidth, severity, widthOf } = await load('/src/map/shapes.ts');

const widths = (names) => new Map(names.map((name) => [name, 160]));
const names = (count) => Array.from({ length: count }, (_, i) => `node ${i}`);
/** A tree of three children each, with some ways back, so that there are cycles. */
function web(count) {
  const ends = [];
  for (let i = 1; i < count; ++i)
    ends.push({ from: `node ${Math.floor((i - 1) / 3)}`, to: `node ${i}` });
  for (let i = 7; i < count; i += 7) ends.push({ from: `node ${i}`, to: 'node 0' });
  return ends;
}
const asObject = ({ nodes, edges }) => ({ nodes: [...nodes].sort(), edges: [...edges].sort() });

for (const count of [1, 2, 10, 60])
  test(`${count} nodes lie side by side within the drawing`, () => {
    const { nodes, edges, width, height } = place(widths(names(count)), web(count));
    const all = [...nodes.values()];
    assert.equal(all.length, count);
    assert.equal(edges.size, web(count).length);
    for (const [index, a] of all.entries()) {
      assert.ok(a.x - a.width / 2 >= 0 && a.x + a.width / 2 <= width);
      assert.ok(a.y - kNodeHeight / 2 >= 0 && a.y + kNodeHeight / 2 <= height);
      for (const b of all.slice(index + 1))
        assert.ok(
          Math.abs(a.x - b.x) >= (a.width + b.width) / 2 || Math.abs(a.y - b.y) >= kNodeHeight,
        );
    }
    const labels = [...edges.values()].map(({ label }) => label);
    for (const [index, a] of labels.entries())
      for (const b of labels.slice(index + 1))
        assert.ok(Math.abs(a.x - b.x) > 40 || Math.abs(a.y - b.y) > 9, 'labels lie on each other');
    for (const { path, tip } of edges.values()) {
      assert.doesNotMatch(path, /NaN|undefined/);
      assert.ok(Number.isFinite(tip.x) && Number.isFinite(tip.y));
    }
  });

test('the same nodes and edges in another order stay where they are', () => {
  const first = asObject(place(widths(names(20)), web(20)));
  place(widths(['something else']), []);
  const again = asObject(place(widths(names(20).reverse()), web(20).reverse()));
  assert.deepEqual(again, first);
});

test('two that call each other have two lines, and a call to itself is a loop', () => {
  const ends = [
    { from: 'a', to: 'b' },
    { from: 'b', to: 'a' },
    { from: 'a', to: 'a' },
  ];
  const { edges, nodes } = place(widths(['a', 'b']), ends);
  const [there, back, loop] = ends.map((end) => edges.get(edgeKey(end)));
  assert.notEqual(there.path, back.path);
  assert.ok(loop.label.y < nodes.get('a').y - kNodeHeight / 2);
});

test('names that contain the separators of others are told apart', () => {
  assert.notEqual(edgeKey({ from: 'a', to: 'b","c' }), edgeKey({ from: 'a","b', to: 'c' }));
});

test('lines are wider with their rate, never gone, and redder with their errors', () => {
  const rates = [0, 0.001, 1, 10, 1000].map((rate) => strokeWidth(rate, 1000));
  assert.deepEqual(
    rates,
    [...rates].sort((a, b) => a - b),
  );
  assert.ok(rates[0] > 1 && rates.at(-1) < 9);
  assert.deepEqual([0, 0.001, 0.05, 0.5].map(severity), ['', 'some', 'many', 'most']);
});

test('the width of a node does not depend on its numbers', () => {
  const node = {
    kind: 'service',
    system: '',
    name: 'shop',
    count: 1,
    errors: 0,
    rate: 1,
    p95_ns: 1,
  };
  const busy = { ...node, count: 1e9, rate: 1e6, p95_ns: 1e12 };
  assert.equal(widthOf(node), widthOf(busy));
});
