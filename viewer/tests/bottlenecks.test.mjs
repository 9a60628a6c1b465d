// Bottlenecks: of requests whose slow tenth has a known reason, and of programs that are really traced.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, launch, onView, open } from './support/browser.mjs';
import { eventually } from './support/program.mjs';
import { id, request, span } from './support/otlp.mjs';
import { startShop, visit } from './services_shop.mjs';
import { World } from './support/world.mjs';

let world, browser, shop;

/** A request with one call of a database in it; milliseconds. */
function order(turn, { slow, total, query, tier }) {
  const trace = id(16);
  const parent = id(8);
  const start = 200_000 - turn * 400;
  return [
    span({
      trace,
      id: parent,
      name: 'POST /order',
      start,
      duration: total,
      attributes: { 'user.tier': tier },
    }),
    span({
      trace,
      parent,
      kind: 'client',
      name: 'SELECT orders',
      start: start - 1,
      duration: query,
      attributes: {
        'db.system.name': 'postgresql',
        'db.namespace': 'shop',
        'db.query.summary': 'SELECT orders',
        'server.address': 'db',
        ...(slow && { 'db.response.returned_rows': 9000 }),
      },
    }),
  ];
}

before(async () => {
  browser = await launch();
  world = await World.start();
  shop = await startShop(world);
  await visit(shop, 40);
  const spans = Array.from({ length: 200 }, (_, turn) =>
    turn % 10 === 3
      ? order(turn, { slow: true, total: 90 + (turn % 7), query: 80, tier: 'free' })
      : order(turn, { total: 20 + (turn % 7), query: 5, tier: turn % 30 === 0 ? 'free' : 'paid' }),
  );
  await world.send(request('checkout', spans.flat()));
  await world.send(
    request(
      'even',
      Array.from({ length: 200 }, (_, turn) =>
        span({ name: 'GET /even', start: 200_000 - turn * 400, duration: 10 + (turn % 10) / 100 }),
      ),
    ),
  );
  await world.send(request('lonely', [span({ name: 'GET /once' })]));
  await eventually(
    async () => {
      const { services } = await world.ask('services');
      const counts = Object.fromEntries(services.map(({ name, count }) => [name, count]));
      return (
        counts.checkout === 200 && counts.even === 200 && counts.lonely === 1 && counts.orders >= 40
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

test('the time is divided into own work and the database, for all and for the slow tenth', () =>
  withTab('bottlenecks?service=checkout', async (page) => {
    const bars = page.locator('.time-bar');
    await bars.nth(1).waitFor();
    const [all, slow] = await Promise.all(
      [0, 1].map((n) => bars.nth(n).getAttribute('aria-label')),
    );
    assert.match(all, /^All requests: .*Own work 1\d(\.\d)?.ms/);
    assert.match(all, /postgresql shop 12\.5.ms/);
    assert.match(slow, /^The slowest tenth: .*postgresql shop 80.ms/);
    const width = (bar) =>
      bar.locator('i').evaluateAll((all) => all.reduce((sum, part) => sum + part.offsetWidth, 0));
    assert.ok((await width(bars.nth(1))) > 2 * (await width(bars.nth(0))), 'on one scale');
  }));

test('what the slow tenth does differently is told in words, with an example', () =>
  withTab('bottlenecks?service=checkout', async (page) => {
    const findings = page.locator('.findings li');
    await findings.filter({ hasText: 'user.tier=free' }).waitFor();
    await findings.filter({ hasText: 'postgresql shop' }).first().waitFor();
    const chart = findings.filter({ hasText: 'user.tier=free' }).locator('.finding-chart');
    assert.match(await chart.getAttribute('aria-label'), /slow ones 100.%, others [2-5](\.\d)?.%/);
    await findings.first().getByRole('link', { name: 'Example trace' }).click();
    await page.waitForURL(/#\/trace\/[0-9a-f]{32}/);
  }));

test('when nothing is telling it says so, and how many requests were looked at', () =>
  withTab('bottlenecks?service=even', async (page) => {
    await page.getByText(/Nothing telling: of 200 requests that were looked at/).waitFor();
    assert.equal(await page.locator('.findings li').count(), 0);
  }));

test('one request is too few to compare', () =>
  withTab('bottlenecks?service=lonely', async (page) => {
    await page
      .getByText(/^1 request$|1 requests/)
      .first()
      .waitFor();
    assert.equal(await page.locator('.findings li').count(), 0);
  }));

test('service and operation are chosen, and stand in the address', () =>
  withTab('bottlenecks', async (page) => {
    await page.getByRole('combobox', { name: 'Service' }).selectOption('checkout');
    await page.waitForURL(/service=checkout/);
    await page.getByRole('combobox', { name: 'Operation' }).selectOption('POST /order');
    await page.waitForURL(/operation=POST/);
    await page.locator('.time-bar').first().waitFor();
    await page.getByRole('link', { name: 'Slow traces' }).click();
    await page.locator('table.traces tbody tr').first().waitFor();
    assert.ok((await page.locator('table.traces tbody tr').count()) <= 20);
  }));

test('traced programs: PostgreSQL, Redis and the other service have their part', () =>
  withTab('bottlenecks?service=orders', async (page) => {
    const table = page.getByRole('region', { name: 'Where the time goes' });
    await table.waitFor();
    const text = await table.innerText();
    for (const part of ['Own work', 'postgresql shop', 'redis', 'stock'])
      assert.ok(text.includes(part), text);
    const shares = [...text.matchAll(/([\d.]+).%/g)].map(([, share]) => Number(share));
    const sum = shares.reduce((total, share) => total + share, 0);
    assert.ok(Math.abs(sum - 100) < 3, `shares of ${sum} %`);
  }));

test('an empty page fills by itself, and stays with the service that it began with', async () => {
  const other = await World.start();
  const tab = await open(browser, other);
  const { page } = tab;
  const send = (service, count, duration) =>
    other.send(request(service, Array.from({ length: count }, () => span({ duration }))));
  try {
    /** A page that is refreshed is refreshed at once for who comes back to it. */
    const turn = async (locator) => {
      await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
      await locator.waitFor({ state: 'attached' });
    };
    await tab.go('bottlenecks');
    await page.getByRole('heading', { name: 'No service has answered' }).waitFor();
    await other.collector.stop();
    await turn(page.getByRole('alert').filter({ hasText: 'does not answer' }));
    other.environment.SEAMTRACE_VIEWER = new URL(other.url).host;
    await other.startCollector();
    await send('early', 2, 10);
    const service = page.getByRole('combobox', { name: 'Service' });
    await turn(service);
    assert.equal(await service.inputValue(), 'early');
    await send('heavy', 50, 500);
    await turn(service.locator('option', { hasText: 'heavy' }));
    assert.equal(await service.inputValue(), 'early');
  } finally {
    await tab.close();
    await other.close();
  }
});

for (const [name, address, shown] of [
  ['findings', 'bottlenecks?service=checkout', '.findings li'],
  ['traced', 'bottlenecks?service=orders', '.time-bar'],
  ['nothing', 'bottlenecks?service=even', '.nothing'],
  ['empty', 'bottlenecks?since=1&until=2', '.empty'],
])
  test(`${name}: accessible in both themes, wide and narrow`, () =>
    accessible(browser, world, `bottlenecks_${name}`, address, shown));
