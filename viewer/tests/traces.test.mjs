// The list of traces, with programs that are really traced.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { everywhere, launch, onView, open } from './support/browser.mjs';
import { eventually } from './support/program.mjs';
import { request, span } from './support/otlp.mjs';
import { get, World } from './support/world.mjs';

let world, browser, gateway, shop;

before(async () => {
  browser = await launch();
  world = await World.start();
  shop = await world.serve('shop');
  gateway = await world.serve('gateway', 'httplib_server', ['--upstream', shop.url]);
  for (let turn = 0; turn < 12; ++turn) {
    await get(gateway, '/chain/cart');
    await get(shop, `/slow?ms=${10 + turn * 5}`);
  }
  await get(shop, '/status/503');
  await world.traces(25);
});

after(async () => {
  await browser?.close();
  await world?.close();
});

const withTab = (view, check) => onView(browser, world, view, check);

const rows = (page) => page.locator('table.traces tbody tr');
const settled = (page, count) =>
  eventually(async () => (await rows(page).count()) === count, `${count} rows`, () => '');
const offers = (page) => page.locator('.search [role=option]');
const away = (page) => page.mouse.move(2, 2);

test('the traces of real servers are listed, the latest first', () =>
  withTab('traces', async (page) => {
    await settled(page, 25);
    const first = rows(page).first();
    assert.match(await first.innerText(), /shop[\s\S]*GET[\s\S]*503/);
    const starts = await page.locator('td.start time').evaluateAll((all) => all.map((t) => t.dateTime));
    assert.deepEqual(starts, [...starts].sort().reverse());
    assert.match(await page.locator('td.start time').first().getAttribute('title'), /\.\d{9} [+-]\d\d:\d\d$/);
    assert.match(await rows(page).filter({ hasText: 'gateway' }).first().innerText(), /gateway[\s\S]*shop/);
  }));

test('a new trace appears by itself', () =>
  withTab('traces', async (page) => {
    await away(page);
    await settled(page, 25);
    await get(shop, '/hello');
    await settled(page, 26);
    assert.match(await rows(page).first().innerText(), /shop/);
  }));

test('nothing moves under the cursor: new traces wait until they are asked for', () =>
  withTab('traces', async (page) => {
    const known = (await world.traces(25)).length;
    await settled(page, known);
    await rows(page).nth(3).hover();
    const under = await rows(page).nth(3).innerText();
    await get(shop, '/hello');
    await page.getByRole('button', { name: /Show 1 new trace/ }).waitFor();
    assert.equal(await rows(page).nth(3).innerText(), under);
    assert.equal(await rows(page).count(), known);
    await page.getByRole('button', { name: /Show 1 new trace/ }).click();
    await settled(page, known + 1);
  }));

test('a paused list stands still and goes on where it was', () =>
  withTab('traces', async (page) => {
    await away(page);
    const known = (await world.traces(25)).length;
    await settled(page, known);
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText('paused', { exact: true }).waitFor();
    await get(shop, '/hello');
    await world.traces(known + 1);
    // A second tab sees it: the paused one had the time.
    await withTab('traces', (other) => settled(other, known + 1));
    assert.equal(await rows(page).count(), known);
    await page.getByRole('button', { name: 'Go on' }).click();
    await away(page);
    await settled(page, known + 1);
  }));

test('a search finds, is in the address, and says when nothing matches', () =>
  withTab('traces', async (page) => {
    const box = page.getByRole('combobox', { name: 'Search traces' });
    await box.fill('service=gateway');
    await box.press('Enter');
    await settled(page, 12);
    assert.match(page.url(), /#\/traces\?query=service%3Dgateway/);
    await page.reload();
    await settled(page, 12);
    assert.equal(await box.inputValue(), 'service=gateway');
    await box.fill('service=nobody');
    await box.press('Enter');
    await page.getByRole('heading', { name: 'No trace matches' }).waitFor();
    await page.getByRole('button', { name: 'Clear the search' }).last().click();
    await eventually(async () => (await rows(page).count()) > 12, 'all traces');
    await page.goBack();
    await page.getByRole('heading', { name: 'No trace matches' }).waitFor();
  }));

test('what cannot be understood is marked at its place', () =>
  withTab('traces', async (page) => {
    const box = page.getByRole('combobox', { name: 'Search traces' });
    await box.fill('größe=1 duration>soon');
    await box.press('Enter');
    await page.locator('.syntax mark').waitFor();
    assert.match(await page.locator('.syntax mark').innerText(), /soon/);
    assert.doesNotMatch(await page.locator('.syntax mark').innerText(), /größe/);
    assert.equal(await box.getAttribute('aria-invalid'), 'true');
    await box.fill('');
    await box.press('Enter');
    await eventually(async () => (await rows(page).count()) > 12, 'all traces');
    assert.equal(await page.locator('.syntax').count(), 0);
  }));

test('keys and values are offered and taken by keyboard', () =>
  withTab('traces', async (page) => {
    await settled(page, (await world.traces(25)).length);
    await page.keyboard.press('/');
    await page.keyboard.type('servi');
    await offers(page).filter({ hasText: /^service=/ }).first().waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await offers(page).filter({ hasText: 'gateway' }).waitFor();
    await page.keyboard.type('ga');
    await eventually(async () => (await offers(page).count()) === 1, 'one offer');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Escape');
    await page.keyboard.press('/');
    await page.keyboard.press('Enter');
    await settled(page, 12);
    assert.match(page.url(), /service%3Dgateway/);
  }));

test('filters are words of the query', () =>
  withTab('traces', async (page) => {
    await page.getByRole('button', { name: 'Errors' }).click();
    await settled(page, 1);
    assert.match(page.url(), /trace\.errors%3E0/);
    await page.getByRole('button', { name: 'Errors', pressed: true }).click();
    await page.getByRole('combobox', { name: 'Service', exact: true }).selectOption('gateway');
    await settled(page, 12);
    assert.match(page.url(), /service%3Dgateway/);
  }));

test('the keyboard goes through the list and opens a trace', () =>
  withTab('traces?query=service%3Dgateway', async (page) => {
    await settled(page, 12);
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('k');
    const focused = await page.evaluate(() => document.activeElement.getAttribute('href'));
    assert.equal(focused, await rows(page).nth(1).locator('a').getAttribute('href'));
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    assert.match(await page.getByRole('dialog').innerText(), /next trace/);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Enter');
    await eventually(() => page.url().includes(focused), 'the trace to be opened', () => page.url());
    await page.goBack();
    await settled(page, 12);
  }));

test('a drag in the plot selects times and durations; a click opens a trace', () =>
  withTab('traces?query=root.name~slow', async (page) => {
    const slow = await world.traces(12, 'duration>=10ms service=shop', {});
    await page.goto(`${world.url}/#/traces?query=service%3Dshop%20duration%3E%3D10ms`);
    await settled(page, slow.length);
    const plot = page.locator('.scatter .u-over');
    const box = await plot.boundingBox();
    // The upper half: the slower ones.
    await page.mouse.move(box.x + 1, box.y + 1);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 3, { steps: 4 });
    await page.mouse.move(box.x + box.width - 2, box.y + box.height / 2, { steps: 4 });
    await page.mouse.up();
    await eventually(() => /trace\.duration/.test(page.url()), 'a condition', () => page.url());
    assert.match(page.url(), /since=\d{16}.*until=\d{16}|until=\d{16}.*since=\d{16}/);
    await eventually(async () => {
      const now = await rows(page).count();
      return now > 0 && now < slow.length;
    }, 'fewer traces');
    const shown = await world.ask('traces', Object.fromEntries(new URLSearchParams(page.url().split('?')[1])));
    await settled(page, shown.traces.length);

    // The only point of a search for one trace is opened.
    const one = slow[0];
    await page.goto(`${world.url}/#/traces?query=trace%3D${one.trace_id}`);
    await settled(page, 1);
    await away(page);
    const place = await page.evaluate(() => {
      const canvas = document.querySelector('.scatter canvas');
      const over = document.querySelector('.scatter .u-over').getBoundingClientRect();
      const frame = canvas.getBoundingClientRect();
      const ratio = canvas.width / frame.width;
      const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      const found = [];
      for (let y = Math.ceil((over.y - frame.y) * ratio); y < (over.bottom - frame.y) * ratio; ++y)
        for (let x = Math.ceil((over.x - frame.x) * ratio); x < (over.right - frame.x) * ratio; ++x) {
          const [r, g, b, a] = pixels.data.subarray((y * canvas.width + x) * 4, (y * canvas.width + x) * 4 + 4);
          if (a > 200 && Math.max(r, g, b) - Math.min(r, g, b) > 60) found.push([x, y]);
        }
      const middle = (index) => found.reduce((sum, place) => sum + place[index], 0) / found.length / ratio;
      return { x: frame.x + middle(0), y: frame.y + middle(1), found: found.length };
    });
    assert.ok(place.found > 5, 'no coloured point is drawn');
    await page.mouse.click(place.x, place.y);
    await eventually(() => page.url().includes(`/trace/${one.trace_id}`), 'the trace', () => page.url());
  }));

test('services are told apart by colour, and keep theirs', async () => {
  const names = Array.from({ length: 14 }, (_, index) => `tier${index}`);
  for (const name of names) await world.send(request(name, [span({ start: 7_200_000 })]));
  await withTab('traces?since=3h&query=service~tier', async (page) => {
    await settled(page, names.length);
    const colours = () =>
      rows(page).evaluateAll((all) =>
        all.map((row) => [
          row.querySelector('.service').innerText,
          row.querySelector('.service i').style.background,
        ]).sort(),
      );
    const before = await colours();
    assert.equal(new Set(before.map(([, colour]) => colour)).size, names.length);
    await page.reload();
    await settled(page, names.length);
    assert.deepEqual(await colours(), before);
  });
});

test('older traces come page by page until all are there', async () => {
  const spans = Array.from({ length: 450 }, (_, index) =>
    span({ name: 'GET /paged', start: 60_000 + index * 1000, duration: 1 + index }),
  );
  assert.equal((await world.send(request('paged', spans))).status, 200);
  await withTab('traces?query=service%3Dpaged', async (page) => {
    await settled(page, 200);
    const more = page.getByRole('button', { name: /Show older|Search further/ });
    await more.click();
    await settled(page, 400);
    await more.click();
    await settled(page, 450);
    await page.getByText('That is all of the chosen period').waitFor();
    const ids = await rows(page).locator('a').evaluateAll((all) => all.map((a) => a.href));
    assert.equal(new Set(ids).size, 450);
  });
});

test('older pages stay when new traces come; the list says that it is paused', async () => {
  const spans = (service, count, start) =>
    Array.from({ length: count }, (_, index) => span({ start: start + index * 100 }));
  await world.send(request('deep', spans('deep', 1300, 100_000)));
  await withTab('traces?query=service%3Ddeep', async (page) => {
    await away(page);
    const more = page.getByRole('button', { name: /Show older|Search further/ });
    for (let shown = 200; shown < 1200; shown += 200) {
      await settled(page, shown);
      await more.click();
    }
    await settled(page, 1200);
    await page.getByRole('heading', { name: 'Traces' }).first().evaluate(() => document.activeElement.blur());
    await away(page);
    await world.send(request('deep', spans('deep', 3, 1000)));
    await page.getByText('paused, to keep the older traces').waitFor();
    assert.equal(await rows(page).count(), 1200);
    await page.getByRole('button', { name: 'Go on' }).click();
    await settled(page, 200);
    await page.getByText('live', { exact: true }).waitFor();
    await away(page);
    await world.send(request('deep', spans('deep', 2, 500)));
    await settled(page, 202);
  });
});

test('while a search runs, what was found before is not taken for its result', () =>
  withTab('traces?query=service%3Dgateway', async (page) => {
    await settled(page, 12);
    let answer;
    const asked = new Promise((resolve) => (answer = resolve));
    await page.route('**/api/v1/traces?*shop*', async (route) => {
      await asked;
      await route.continue();
    });
    const box = page.getByRole('combobox', { name: 'Search traces' });
    await box.fill('service=shop');
    await box.press('Enter');
    const summary = page.locator('.summary');
    await summary.locator('span:not(.unseen)').getByText('Searching…').waitFor();
    assert.doesNotMatch(await summary.innerText(), /shown|live/);
    assert.equal(await page.locator('.list').evaluate((list) => getComputedStyle(list).opacity), '0.5');
    answer();
    await summary.locator('b').waitFor();
    assert.equal(await page.locator('.list').evaluate((list) => getComputedStyle(list).opacity), '1');
  }));

test('a search that stopped early says how far it came', () =>
  withTab('health', async (page) => {
    // The answer's own words: the real limit of work is beyond what a test can write.
    await page.route('**/api/v1/traces?*', async (route) => {
      const response = await route.fetch();
      const answer = await response.json();
      await route.fulfill({ response, json: { ...answer, complete: false, next: '1,1' } });
    });
    await page.goto(`${world.url}/#/traces?query=service%3Dgateway`);
    await page.getByText(/Searched back to \d\d:\d\d:\d\d; what is older has not been looked at yet/).waitFor();
    await page.getByRole('button', { name: 'Search further' }).waitFor();
  }));

test('a collector that went away is told, and the list goes on when it is back', async () => {
  const other = await World.start();
  const tab = await open(browser, other);
  try {
    await tab.go('traces');
    await tab.page.getByRole('heading', { name: 'No trace yet' }).waitFor();
    assert.match(await tab.page.locator('.command').innerText(), /seamtrace run -- /);
    await other.collector.stop();
    await tab.page.getByRole('alert').filter({ hasText: 'The collector does not answer' }).waitFor();
    other.environment.SEAMTRACE_VIEWER = new URL(other.url).host;
    await other.startCollector();
    const server = await other.serve('back');
    await get(server, '/hello');
    await settled(tab.page, 1);
    assert.equal(await tab.page.getByRole('alert').count(), 0);
  } finally {
    await tab.close();
    await other.close();
  }
});

test('it is accessible and fits, in both themes, wide and narrow', () =>
  everywhere(browser, world, async (tab) => {
    await tab.go('traces');
    await tab.page.locator('table.traces tbody tr').first().waitFor();
    await tab.accessible();
    await tab.screenshot('traces');
    await tab.page.getByRole('combobox', { name: 'Search traces' }).fill('dur');
    await offers(tab.page).first().waitFor();
    await tab.accessible();
    await tab.screenshot('traces_completion');
    await tab.go('traces?query=service%3Dnobody');
    await tab.page.getByRole('heading', { name: 'No trace matches' }).waitFor();
    await tab.accessible();
    await tab.go('traces?query=duration%3Esoon');
    await tab.page.locator('.syntax').waitFor();
    await tab.accessible();
    await tab.screenshot('traces_syntax');
  }));
