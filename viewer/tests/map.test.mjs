// The service map: of programs that are really traced, and of sixty services that are made up.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, kNarrow, launch, onView } from './support/browser.mjs';
import { eventually } from './support/program.mjs';
import { id, request, span } from './support/otlp.mjs';
import { startShop, visit } from './services_shop.mjs';
import { World } from './support/world.mjs';

let world, browser, shop, crowd;

/** A call from one service to another, as two SDKs send it. */
async function call(to, from, name, error = false) {
  const trace = id(16);
  const client = id(8);
  await to.send(
    request(from, [span({ trace, id: client, kind: 'client', name: 'GET', error, duration: 12 })]),
  );
  await to.send(
    request(name, [span({ trace, parent: client, name: 'GET /', error, duration: 10 })]),
  );
}

before(async () => {
  browser = await launch();
  world = await World.start();
  shop = await startShop(world);
  await visit(shop);
  await eventually(
    async () => {
      const { edges } = await world.ask('map');
      return edges.length >= 5 && edges;
    },
    'the map',
    () => world.collector.output,
  );

  crowd = await World.start();
  for (let turn = 1; turn < 60; ++turn)
    await call(crowd, `service-${Math.floor((turn - 1) / 3)}`, `service-${turn}`, turn % 5 === 0);
  await call(crowd, 'service-30', 'service-0');
  await call(crowd, 'service-7', 'service-7');
  await eventually(
    async () => {
      const { nodes, edges } = await crowd.ask('map');
      return nodes.length === 60 && edges.length === 61;
    },
    'sixty services',
    () => crowd.collector.output,
  );
});

after(async () => {
  await browser?.close();
  await world?.close();
  await crowd?.close();
  await shop?.stores.close();
});

const withTab = (view, check, where = world, size = undefined) =>
  onView(browser, where, view, check, size && { size });

const node = (page, name) => page.locator('.map-node').filter({ hasText: name });
const places = (page) =>
  page
    .locator('.map-node')
    .evaluateAll((all) =>
      Object.fromEntries(all.map((each) => [each.dataset.id, each.getAttribute('transform')])),
    );
const view = (page) => page.locator('.map-drawing svg > g').getAttribute('transform');

test('services, the database and the cache are there, each kind with its own shape', () =>
  withTab('map', async (page) => {
    for (const name of ['gateway', 'shop', 'stock', 'orders', 'postgresql shop', 'redis'])
      await node(page, name).first().waitFor();
    const shapes = await page.evaluate(() =>
      Object.fromEntries(
        ['service', 'database', 'cache'].map((kind) => [
          kind,
          document
            .querySelector(`.map-node.${kind} path`)
            .getAttribute('d')
            .replace(/[-\d. ]+/g, ''),
        ]),
      ),
    );
    assert.equal(new Set(Object.values(shapes)).size, 3);
  }));

test('a node shows its numbers, and leads over its calls to the traces behind them', () =>
  withTab('map', async (page) => {
    await node(page, 'orders').click();
    const details = page.getByRole('complementary', { name: 'Details' });
    assert.match(await details.innerText(), /Requests\s+20, /);
    await details.getByRole('button', { name: 'stock' }).click();
    await page.waitForURL(/selected=/);
    assert.match(await details.innerText(), /orders[\s\S]*stock[\s\S]*Requests\s+10, /);
    await details.getByRole('link', { name: 'Traces' }).click();
    await page.locator('table.traces tbody tr').first().waitFor();
    assert.equal(await page.locator('table.traces tbody tr').count(), 10);
  }));

test('a line can be clicked', () =>
  withTab('map', async (page) => {
    await node(page, 'orders').waitFor();
    const line = page.locator('.map-edge', { has: page.locator('.map-grip') }).first();
    await line.locator('text').first().click();
    await page
      .getByRole('complementary', { name: 'Details' })
      .getByRole('link', { name: 'Slowest' })
      .waitFor();
    assert.match(await line.getAttribute('class'), /selected/);
  }));

test('the drawing stays put when numbers change', () =>
  withTab('map', async (page) => {
    await node(page, 'orders').waitFor();
    const before = await places(page);
    const numbers = await node(page, 'orders').textContent();
    await visit(shop, 10);
    await eventually(
      async () => (await node(page, 'orders').textContent()) !== numbers,
      'new numbers',
    );
    assert.deepEqual(await places(page), before);
  }));

test('it is moved and scaled with the mouse, and a drag is no click', () =>
  withTab('map', async (page) => {
    await node(page, 'orders').waitFor();
    const first = await view(page);
    const box = await page.locator('.map-drawing svg').boundingBox();
    const from = await node(page, 'orders').boundingBox();
    await page.mouse.move(from.x + 20, from.y + 30);
    await page.mouse.down();
    await page.mouse.move(from.x + 90, from.y + 60, { steps: 4 });
    await page.mouse.up();
    const moved = await view(page);
    assert.notEqual(moved, first);
    assert.doesNotMatch(page.url(), /selected/);
    await page.mouse.move(box.x + 200, box.y + 200);
    await page.mouse.wheel(0, -300);
    await eventually(
      async () => /scale\((.*)\)/.exec(await view(page))[1] !== /scale\((.*)\)/.exec(moved)[1],
      'a larger scale',
    );
    await page.getByRole('button', { name: 'Fit' }).click();
    assert.equal(await view(page), first);
  }));

test('it is moved and scaled with two fingers', () =>
  withTab('map?as=drawing', async (page) => {
    await node(page, 'orders').waitFor();
    const scale = async () => Number(/scale\((.*)\)/.exec(await view(page))[1]);
    const before = await scale();
    const box = await page.locator('.map-drawing svg').boundingBox();
    const touch = await page.context().newCDPSession(page);
    const points = (apart) =>
      [-1, 1].map((side, index) => ({
        x: box.x + box.width / 2 + side * apart,
        y: box.y + box.height / 2,
        id: index,
      }));
    await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: points(30) });
    for (const apart of [45, 60, 75, 90])
      await touch.send('Input.dispatchTouchEvent', {
        type: 'touchMove',
        touchPoints: points(apart),
      });
    await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    assert.ok((await scale()) > before * 1.8);
  }));

test('the keyboard goes from node to node, chooses, moves and scales', () =>
  withTab('map', async (page) => {
    await node(page, 'orders').waitFor();
    await page.getByRole('button', { name: 'Table' }).focus();
    await page.keyboard.press('Tab');
    const focused = () => page.evaluate(() => document.activeElement.dataset.id);
    const first = await focused();
    assert.equal(first, 'service:gateway', 'at its left end');
    assert.equal(await page.locator('.map-node[tabindex="0"]').count(), 1, 'one stop of Tab');
    await page.keyboard.press('ArrowRight');
    const second = await focused();
    assert.ok(second && second !== first, `${first} then ${second}`);
    await page.keyboard.press('Enter');
    await page.waitForURL((url) =>
      decodeURIComponent(url.hash).replace(/\+/g, ' ').includes(`selected=${second}`),
    );
    const before = await view(page);
    await page.keyboard.press('Shift+ArrowDown');
    const moved = await view(page);
    assert.notEqual(moved, before);
    await page.keyboard.press('+');
    assert.notEqual(await view(page), moved);
    await page.keyboard.press('Escape');
    await page.waitForURL((url) => !url.hash.includes('selected'));
  }));

test('the table has the same contents, and is what a narrow window shows', () =>
  withTab(
    'map',
    async (page) => {
      const { nodes, edges } = await world.ask('map');
      const rows = (caption) => page.getByRole('region', { name: caption }).locator('tbody tr');
      await rows('Who calls whom').first().waitFor();
      assert.equal(await rows('Services, databases').count(), nodes.length);
      assert.equal(await rows('Who calls whom').count(), edges.length);
      await page.getByRole('button', { name: 'Drawing' }).click();
      await page.locator('.map-drawing svg').waitFor();
    },
    world,
    kNarrow,
  ));

test('sixty services with cycles are drawn side by side, failing ones red', () =>
  withTab(
    'map',
    async (page, tab) => {
      await node(page, 'service-59').waitFor();
      assert.equal(new Set(Object.values(await places(page))).size, 60);
      assert.equal(await page.locator('.map-edge').count(), 61);
      assert.ok((await page.locator('.map-edge.most').count()) >= 10);
      const drawing = await page.locator('.map-drawing svg').boundingBox();
      for (const name of ['service-0', 'service-59']) {
        const box = await page.locator(`[data-id="service:${name}"]`).boundingBox();
        assert.ok(box.x >= drawing.x && box.x + box.width <= drawing.x + drawing.width);
        assert.ok(box.y >= drawing.y && box.y + box.height <= drawing.y + drawing.height);
      }
      await tab.accessible();
      await tab.screenshot('map_sixty');
    },
    crowd,
  ));

test('a name with markup is text on the map', () =>
  withTab('map', async (page) => {
    await call(world, 'shop', '<img src=x onerror=alert(1)>');
    await eventually(
      () => node(page, '<img src=x onerror=').count(),
      'the hostile name',
      () => '',
      15,
    );
    assert.equal(await page.locator('main img').count(), 0);
  }));

for (const [name, address, shown] of [
  ['drawing', 'map?as=drawing', '.map-node'],
  ['selected', 'map?as=drawing&selected=orders', '.map-details dl'],
  ['table', 'map?as=table', '.map tbody tr'],
  ['empty', 'map?since=1&until=2', '.empty'],
])
  test(`${name}: accessible in both themes, wide and narrow`, () =>
    accessible(browser, world, `map_${name}`, address, shown));
