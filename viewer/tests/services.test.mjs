// Services, one service, databases and caches: of programs that are really traced.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, launch, onView } from './support/browser.mjs';
import { eventually } from './support/program.mjs';
import { request, span } from './support/otlp.mjs';
import { startShop, visit } from './services_shop.mjs';
import { get, World } from './support/world.mjs';

let world, browser, shop;

before(async () => {
  browser = await launch();
  world = await World.start();
  shop = await startShop(world);
  await visit(shop);
  // Numbers that can be told beforehand: 40 requests of 100 ms, 4 of them failed.
  const known = Array.from({ length: 40 }, (_, turn) =>
    span({ name: 'POST /pay', start: 60_000 + turn * 500, duration: 100, error: turn < 4 }),
  );
  await world.send(request('payments', known));
  await eventually(
    async () => {
      const { services } = await world.ask('services');
      const counts = Object.fromEntries(services.map(({ name, count }) => [name, count]));
      return (
        counts.payments === 40 && counts.orders >= 20 && counts.gateway >= 20 && counts.stock >= 20
      );
    },
    'all services',
    () => world.collector.output,
  );
});

after(async () => {
  await browser?.close();
  await world?.close();
  await shop?.stores.close();
});

const withTab = (view, check) => onView(browser, world, view, check);

const plain = async (locator) => (await locator.innerText()).replace(/\s+/g, ' ');
const row = (page, caption, words) =>
  page
    .getByRole('region', { name: caption, exact: true })
    .locator('tbody tr')
    .filter({ hasText: words })
    .first();

test('every service has its rate, errors, durations and two small charts', () =>
  withTab('services', async (page) => {
    const payments = row(page, 'Services', 'payments');
    assert.match(await plain(payments), /payments .*10 % .*\b(9\d|10\d)(\.\d)? ms/);
    assert.equal(await payments.locator('svg.sparkline').count(), 2);
    for (const name of ['gateway', 'shop', 'stock', 'orders'])
      assert.equal(await row(page, 'Services', name).count(), 1);
  }));

test('the slowest and the most failing operations lead to their traces', () =>
  withTab('services', async (page) => {
    await row(page, 'Slowest operations', 'POST /pay').waitFor();
    const failing = row(page, 'Most failing operations', 'POST /pay');
    assert.match(await plain(failing), /4 \(10 %\)/);
    await failing.getByRole('link', { name: 'latest' }).click();
    await page.waitForURL(/#\/trace\/[0-9a-f]{32}/);
  }));

test('one service has charts over time, its operations, and what it calls', () =>
  withTab('services', async (page) => {
    await page.getByRole('link', { name: 'orders', exact: true }).first().click();
    await page.waitForURL(/#\/services\/orders/);
    await page.locator('.charts canvas').nth(1).waitFor();
    const calls = page.getByRole('region', { name: 'What it calls, orders' });
    const text = await plain(calls);
    assert.match(text, /postgresql shop/);
    assert.match(text, /redis .* 70 %/);
    assert.match(text, /stock service/);
    const operations = await plain(page.getByRole('region', { name: 'Operations of orders' }));
    assert.match(operations, /SELECT numbers_\d/);
  }));

test('an example opens its trace, from the chart and from its link', () =>
  withTab('services/payments', async (page) => {
    const example = page.locator('.examples a').first();
    assert.match(await example.innerText(), /100.ms at \d\d:\d\d:\d\d/);
    assert.match(await example.getAttribute('title'), /\d\.\d{6} [+-]\d\d:\d\d$/);
    const address = await example.getAttribute('href');
    const over = page.locator('.charts .u-over').nth(1);
    const box = await over.boundingBox();
    // Somewhere in the chart there is one: it is looked for as a hand would.
    let opened = false;
    for (let x = box.width - 1; x > 0 && !opened; x -= 8)
      for (let up = 4; up < box.height && !opened; up += 12) {
        await page.mouse.click(box.x + x, box.y + up);
        opened = page.url().includes('#/trace/');
      }
    assert.ok(opened);
    await page.goBack();
    await page.locator(`.examples a[href="${address}"]`).click();
    await page.waitForURL(/#\/trace\/[0-9a-f]{32}/);
  }));

test('a drag over a chart chooses the period that all views show', () =>
  withTab('services/payments', async (page) => {
    const box = await page.locator('.charts .u-over').first().boundingBox();
    await page.mouse.move(box.x + box.width * 0.6, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.9, box.y + 40, { steps: 5 });
    await page.mouse.up();
    await page.waitForURL(/since=\d{16}&until=\d{16}/);
    const [, since, until] = /since=(\d+)&until=(\d+)/.exec(page.url()).map(Number);
    assert.ok(Math.abs((until - since) / 3600e6 - 0.3) < 0.05);
    await page.getByRole('link', { name: 'Map', exact: true }).click();
    await page.waitForURL(/#\/map\?since=\d{16}&until=\d{16}/);
  }));

test('numbers are compared with those of the period before', () =>
  withTab('services', async (page) => {
    // Ten minutes ago: a third as many, three times as fast.
    const before = Array.from({ length: 30 }, (_, turn) =>
      span({ name: 'POST /tax', start: 420_000 + turn * 1000, duration: 20 }),
    );
    const now = Array.from({ length: 90 }, (_, turn) =>
      span({ name: 'POST /tax', start: 30_000 + turn * 500, duration: 60 }),
    );
    await world.send(request('taxes', [...before, ...now]));
    await page.goto(`${world.url}/#/services/taxes?since=5m`);
    const facts = page.locator('dl.large');
    await eventually(
      async () => /3(\.\d)? times/.test(await plain(facts)),
      'the comparison',
      () => '',
    );
    const text = await plain(facts);
    assert.match(text, /Rate .*▲ up 3(\.\d)? times/);
    assert.match(text, /p95 (5\d|6\d)(\.\d)? ms ▲ up (1[89]\d %|2\d\d %|[23](\.\d)? times)/);
    assert.match(
      await facts.locator('.change').last().getAttribute('title'),
      /in the period before: /,
    );
    assert.equal(
      await facts.locator('div').first().locator('.worse').count(),
      0,
      'more is not worse',
    );
    assert.ok((await facts.locator('.worse').count()) >= 2);
    await page.getByText('compared with 30 from').waitFor();
  }));

test('databases and caches are listed by statement, with their hit ratio', () =>
  withTab('services', async (page) => {
    await page.getByRole('link', { name: 'Databases and caches' }).click();
    const select = row(page, 'What is sent to postgresql shop', 'SELECT numbers_1');
    await select.waitFor();
    assert.match(await plain(select), /orders/);
    const redis = page.locator('.store').filter({ hasText: 'redis' });
    assert.match(await plain(redis.locator('dl')), /Hit ratio 70 %/);
    assert.match(
      await redis.locator('dl [title*="hits"]').first().getAttribute('title'),
      /14 hits, 6 misses/,
    );
    await select.getByRole('link', { name: 'SELECT numbers_1', exact: true }).click();
    await page.waitForURL(/#\/traces\?query=/);
    await page.locator('table.traces tbody tr').first().waitFor();
    assert.equal(await page.locator('table.traces tbody tr').count(), 2);
  }));

test('numbers grow by themselves while the page is open', () =>
  withTab('services/shop', async (page) => {
    const words = page.getByText(/^[\d,]+ requests[,;]/);
    const seen = async () => Number(/^([\d,]+)/.exec(await words.innerText())[1].replace(',', ''));
    const before = await seen();
    for (let turn = 0; turn < 5; ++turn) await get(shop.shop, '/hello');
    await eventually(
      async () => (await seen()) >= before + 5,
      'the new requests',
      () => '',
    );
  }));

test('the page of an operation is about its kind and its peer alone', () =>
  withTab('services', async (page) => {
    const http = { 'server.address': 'api.example' };
    const redis = { 'db.system.name': 'redis', 'server.address': 'cache' };
    const some = (count, more) => Array.from({ length: count }, () => span({ name: 'GET', ...more }));
    await world.send(
      request('mixed', [
        ...some(30, {}),
        ...some(7, { kind: 'client', attributes: redis }),
        ...some(5, { kind: 'client', attributes: http, error: true }),
      ]),
    );
    await page.goto(`${world.url}/#/services/mixed`);
    const table = page.getByRole('region', { name: 'Operations of mixed' });
    const facts = page.locator('dl.large');
    const follow = async (which, words) => {
      await table.locator('tbody tr').filter({ hasText: which }).locator('a.operation').click();
      await page.getByText(words).waitFor();
      assert.equal(await table.locator('tr.selected').count(), 1);
      assert.equal(await table.locator('tr.selected').filter({ hasText: which }).count(), 1);
    };
    await follow('server', /^30 requests; there were none/);
    assert.match(await plain(facts), /Failed 0/);
    await follow(/redis cache/, /^7 calls; there were none/);
    assert.match(await plain(facts), /Failed 0/);
    await follow(/api\.example/, /^5 calls; there were none/);
    assert.match(await plain(facts), /Failed 100 %/);
    await page.getByRole('img', { name: /errors per second of mixed, GET/ }).waitFor();
    await page.reload();
    await page.getByText(/^5 calls; there were none/).waitFor();
    await page.getByRole('combobox', { name: 'Operation' }).selectOption('GET → redis cache');
    await page.getByText(/^7 calls; there were none/).waitFor();
    await page.getByRole('combobox', { name: 'Operation' }).selectOption('All requests');
    await page.getByText(/^30 requests; there were none/).waitFor();
    await follow(/redis cache/, /^7 calls; there were none/);
    await page.locator('.heading').getByRole('link', { name: 'Traces' }).click();
    await page.locator('table.traces tbody tr').nth(6).waitFor();
    assert.equal(await page.locator('table.traces tbody tr').count(), 7);
  }));

test('operations that take little time are there, too, and what is left out is told', () =>
  withTab('services', async (page) => {
    const many = Array.from({ length: 640 }, (_, turn) =>
      span({ name: `GET /page/${turn}`, duration: turn + 1, error: turn === 0 }),
    );
    await world.send(request('broad', many));
    await page.goto(`${world.url}/#/services/broad`);
    const table = page.getByRole('region', { name: 'Operations of broad' });
    await table.getByText('500 of 640, the first in this order').waitFor();
    assert.equal(await table.locator('tbody tr').count(), 500);
    assert.equal(await table.getByText('GET /page/0', { exact: true }).count(), 0);
    await page.goto(`${world.url}/#/services/broad?sort=-errors`);
    await table.locator('tbody tr').first().getByText('GET /page/0', { exact: true }).waitFor();
    assert.match(await plain(table.locator('tbody tr').first()), /100 %/);
    // What was not compared, because only those that take most time are, is not called new.
    await table.getByText('GET /page/0', { exact: true }).waitFor();
    assert.doesNotMatch(await plain(table.locator('tbody tr').first()), /new/);
  }));

test('what answers no request says what is counted, and stands after what does', () =>
  withTab('services', async (page) => {
    const busy = Array.from({ length: 900 }, () => span({ name: 'turn', kind: 'internal' }));
    await world.send(request('engine', busy));
    await world.send(request('cron', [span({ name: 'GET', kind: 'client' })]));
    await page.goto(`${world.url}/#/services`);
    await row(page, 'Services', 'engine').waitFor();
    const table = page.getByRole('region', { name: 'Services', exact: true });
    const names = () => table.locator('tbody tr td:first-child').allInnerTexts();
    for (const sort of ['-rate', 'rate']) {
      await page.goto(`${world.url}/#/services?sort=${sort}`);
      await table.locator(`th[aria-sort="${sort === 'rate' ? 'ascending' : 'descending'}"]`).waitFor();
      const last = (await names()).slice(-2).sort();
      assert.match(last[0], /^cron\s*calls$/);
      assert.match(last[1], /^engine\s*internal spans$/);
    }
    await page.goto(`${world.url}/#/services/engine`);
    await page.getByText(/^900 internal spans; there were none/).waitFor();
    assert.doesNotMatch(await page.locator('main').innerText(), /requests/i);
    await page.goto(`${world.url}/#/services/cron`);
    await page.getByText(/^1 call; there were none/).waitFor();
  }));

test('a service that did nothing says so, and how to go on', () =>
  withTab('services/nobody', async (page) => {
    await page.getByText('Nothing of nobody in this period').waitFor();
    await page.getByRole('link', { name: 'All services' }).click();
    await row(page, 'Services', 'shop').waitFor();
  }));

test('names with markup are text', () =>
  withTab('services', async (page) => {
    const name = '<img src=x onerror=alert(1)>"&*\\';
    await world.send(request(name, [span({ name: '<script>alert(2)</script>', error: true })]));
    const link = page.getByRole('link', { name, exact: true });
    await eventually(
      () => link.count(),
      'the hostile name',
      () => '',
      15,
    );
    await link.click();
    await page
      .getByRole('region', { name: `Operations of ${name}` })
      .getByText('<script>alert(2)</script>')
      .waitFor();
    assert.equal(await page.locator('main img, main script').count(), 0);
    await page.getByRole('link', { name: 'Traces', exact: true }).last().click();
    await page.locator('table.traces tbody tr').first().waitFor();
    assert.equal(await page.locator('table.traces tbody tr').count(), 1);
  }));

for (const [name, view, shown] of [
  ['services', 'services', '.pair'],
  ['databases', 'services?tab=databases', '.store'],
  ['service', 'services/orders', '.charts canvas'],
  ['no_databases', 'services?tab=databases&since=1&until=2', '.empty'],
  ['no_services', 'services?since=1&until=2', '.empty'],
])
  test(`${name}: accessible in both themes, wide and narrow`, () =>
    accessible(browser, world, `services_${name}`, view, shown));
