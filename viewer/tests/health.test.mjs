// Health: what is told about traced processes, and switches that really switch.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { everywhere, launch, onView, open } from './support/browser.mjs';
import { eventually } from './support/program.mjs';
import { id, request, span } from './support/otlp.mjs';
import { get, World } from './support/world.mjs';

let world, browser, shop;

before(async () => {
  browser = await launch();
  world = await World.start();
  shop = await world.serve('shop');
  for (let turn = 0; turn < 5; ++turn) await get(shop, '/hello');
  await world.traces(5, 'service=shop');
  await world.send(request('sdk', [span()]));
  await world.send('{"resourceSpans": 7}');
});

after(async () => {
  await browser?.close();
  await world?.close();
});

const withTab = (check) => onView(browser, world, 'health', check);

const card = (page) => page.getByRole('article', { name: `shop, process ${shop.pid}` });
const process = async () =>
  (await world.ask('health')).processes.find((other) => other.pid === shop.pid);

test('a traced process stands there with its numbers, in words', () =>
  withTab(async (page) => {
    await card(page).waitFor();
    assert.match(await card(page).innerText(), /5 spans/);
    assert.match(await card(page).innerText(), /0 lost/);
    await card(page).getByText('All counters').click();
    assert.match(await card(page).innerText(), /5\s+requests served and sampled/);
    // What was sent to the receiver and was no OTLP is the only thing to tell.
    assert.match(await page.locator('.problems').innerText(), /^The receiver refused something: [^\n]+$/);
    assert.doesNotMatch(await page.locator('main').innerText(), /NaN|undefined|\[object/);
    for (const part of ['Collector', 'Store', 'Receiver of OTLP'])
      await page.getByRole('region', { name: part, exact: true }).waitFor();
    assert.match(
      await page.getByRole('region', { name: 'Store', exact: true }).innerText(),
      new RegExp(world.store),
    );
    assert.match(
      await page.getByRole('region', { name: 'Receiver of OTLP' }).innerText(),
      /1 span in /,
    );
  }));

test('tracing is switched off and on at once; undo takes it back', () =>
  withTab(async (page) => {
    const tracing = card(page).getByRole('switch', { name: /^Tracing/ });
    await tracing.click();
    assert.equal(await tracing.getAttribute('aria-checked'), 'false');
    await eventually(async () => !(await process()).tracing, 'tracing to end');
    for (let turn = 0; turn < 3; ++turn) await get(shop, '/status/201');
    await card(page).getByRole('button', { name: 'Undo' }).click();
    await eventually(async () => (await process()).tracing, 'tracing to begin');
    assert.equal(await tracing.getAttribute('aria-checked'), 'true');
    await get(shop, '/status/202');
    await world.traces(1, 'http.response.status_code=202');
    const { traces } = await world.ask('traces', { query: 'http.response.status_code=201' });
    assert.deepEqual(traces, []);
  }));

test('the sampling ratio takes effect without a restart, by number and by slider', () =>
  withTab(async (page) => {
    const number = card(page).getByRole('spinbutton', { name: /^Sampling/ });
    await number.fill('0');
    await number.press('Tab');
    await eventually(async () => (await process()).ratio === 0, 'a ratio of nothing');
    assert.match((await process()).sampler, /traceidratio/);
    for (let turn = 0; turn < 3; ++turn) await get(shop, '/status/203');
    await eventually(async () => (await process()).counters.requests_unsampled >= 3, 'no samples');
    const slider = card(page).getByRole('slider', { name: /^Sampling/ });
    await slider.focus();
    await slider.press('End');
    await eventually(async () => (await process()).ratio === 1, 'a ratio of all');
    assert.equal(await number.inputValue(), '100');
    await get(shop, '/status/204');
    await world.traces(1, 'http.response.status_code=204');
    const { traces } = await world.ask('traces', { query: 'http.response.status_code=203' });
    assert.deepEqual(traces, []);
    await card(page).getByRole('button', { name: 'Undo' }).click();
    await eventually(
      async () => !(await process()).sampler.includes('traceidratio'),
      'the sampler of before',
    );
  }));

test('what is being typed or dragged stays while answers come', () =>
  withTab(async (page) => {
    const polled = () => page.waitForResponse(/api\/v1\/health/).then((answer) => answer.finished());
    /** Another answer than the last: the card is drawn again. */
    let spans = 1000;
    await page.route('**/api/v1/health', async (route) => {
      const response = await route.fetch();
      const health = await response.json();
      for (const other of health.processes) other.spans = ++spans;
      await route.fulfill({ response, json: health });
    });
    const drawn = async () => {
      await polled();
      const last = spans;
      await card(page).getByText(new RegExp(`^${last.toLocaleString('en')} `)).waitFor();
    };
    await page.reload();
    const number = card(page).getByRole('spinbutton', { name: /^Sampling/ });
    const before = await number.inputValue();
    await number.fill('150');
    await drawn();
    assert.equal(await number.inputValue(), '150');
    await number.press('Enter');
    await card(page).getByText('0 to 100').waitFor();
    await number.press('Escape');
    await eventually(async () => (await number.inputValue()) === before, 'the value of before');
    await number.fill('25');
    assert.equal(await card(page).getByText('0 to 100').count(), 0);
    await number.press('Enter');
    await eventually(async () => (await process()).ratio === 0.25, 'a quarter');
    const slider = card(page).getByRole('slider', { name: /^Sampling/ });
    const box = await slider.boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + 1, box.y + box.height / 2, { steps: 4 });
    await drawn();
    assert.equal(await slider.inputValue(), '0');
    assert.equal((await process()).ratio, 0.25, 'not sent before it is let go');
    await page.mouse.up();
    await eventually(async () => (await process()).ratio === 0, 'a ratio of nothing');
    await card(page).getByRole('button', { name: 'Undo' }).click();
    await eventually(
      async () => !(await process()).sampler.includes('traceidratio'),
      'the sampler of before',
    );
  }));

test('what is not known has no number', () =>
  withTab(async (page) => {
    await page.route('**/api/v1/health', async (route) => {
      const response = await route.fetch();
      const health = await response.json();
      for (const cost of health.overhead.processes) cost.agent_share = null;
      await route.fulfill({ response, json: health });
    });
    await page.reload();
    await card(page).getByText(/^– of its processor time$/).waitFor();
  }));

test('a change that is refused is told, and the switch goes back', () =>
  withTab(async (page) => {
    await page.route('**/api/v1/processes/*', (route) =>
      route.fulfill({ status: 400, json: { ok: false, error: 'no traced process 1' } }),
    );
    const tracing = card(page).getByRole('switch', { name: /^Tracing/ });
    await tracing.click();
    await card(page).getByText('no traced process 1').waitFor();
    assert.equal(await tracing.getAttribute('aria-checked'), 'true');
  }));

test('losses and faults are told first, with what to do', () =>
  withTab(async (page) => {
    await page.route('**/api/v1/health', async (route) => {
      const response = await route.fetch();
      const health = await response.json();
      health.processes[0].counters.lost_ring_full = 17;
      health.store.last_error = 'database or disk is full';
      await route.fulfill({ response, json: health });
    });
    await page.reload();
    const problems = page.getByRole('region', { name: 'Problems' });
    await problems.getByText(/shop \(\d+\) lost 17 spans: no room in shared memory/).waitFor();
    await problems.getByText(/See that a collector runs/).waitFor();
    await problems.getByText(/The store has a fault: database or disk is full/).waitFor();
  }));

test('every counter of the documentation has its words', async () => {
  const documented = readFileSync(
    new URL('../../docs/troubleshooting.md', import.meta.url),
    'utf8',
  )
    .split('## Every counter')[1]
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .flatMap((line) => [...line.split('|')[1].matchAll(/`(\w+)`/g)].map((match) => match[1]));
  const source = readFileSync(new URL('../src/health/counter_words.ts', import.meta.url), 'utf8');
  const worded = [...source.matchAll(/^ {6}(\w+): \[/gm)].map((match) => match[1]);
  assert.ok(documented.length > 30);
  assert.deepEqual(worded.sort(), documented.sort());
});

test('nothing is said to work while the collector does not answer', async () => {
  const other = await World.start();
  const tab = await open(browser, other);
  try {
    await tab.go('health');
    const works = tab.page.getByText('everything works');
    await works.waitFor();
    await other.collector.stop();
    await tab.page.getByRole('alert').filter({ hasText: 'does not answer' }).waitFor();
    assert.equal(await works.count(), 0);
  } finally {
    await tab.close();
    await other.close();
  }
});

test('with no process it says what to do', async () => {
  const empty = await World.start();
  const tab = await open(browser, empty);
  try {
    await tab.go('health');
    await tab.page.getByRole('heading', { name: 'No process is traced now' }).waitFor();
    assert.match(await tab.page.locator('.command').first().innerText(), /seamtrace run/);
    await tab.accessible();
    await tab.unharmed();
  } finally {
    await tab.close();
    await empty.close();
  }
});

test('a full trace is told as what it is', async () => {
  const own = await World.start();
  const tab = await open(browser, own);
  try {
    const trace = id(16);
    for (let turn = 0; turn < 10; ++turn)
      await own.send(request('big', Array.from({ length: 10_000 }, () => span({ trace }))));
    await own.send(request('big', [span({ trace })]));
    await tab.go('health');
    const told = tab.page.locator('.problems');
    await told.waitFor();
    assert.match(await told.innerText(), /The exporter store dropped 1 span\.\s+A trace was full/);
  } finally {
    await tab.close();
    await own.close();
  }
});

test('it is accessible and fits, in both themes, wide and narrow', () =>
  everywhere(browser, world, async (tab) => {
    await tab.go('health');
    await card(tab.page).waitFor();
    await card(tab.page).getByText('All counters').click();
    await tab.accessible();
    await tab.screenshot('health');
  }));
