// One trace on the page of a real collector, of services that are really traced and of an SDK's spans.
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { after, before, test } from 'node:test';
import { everywhere, kNarrow, launch, withTab } from './support/browser.mjs';
import { attributes, id, request, span } from './support/otlp.mjs';
import { get, World } from './support/world.mjs';
import { load, span as saved, trace as savedTrace } from './trace_module.mjs';

const { condition } = await load('/src/trace/condition.ts');

let world;
let browser;
let chain;  // the id of a trace through two services
before(async () => {
  browser = await launch();
  world = await World.start();
  const last = await world.serve('last');
  const first = await world.serve('first', 'httplib_server', ['--upstream', last.url]);
  for (let turn = 0; turn < 3; ++turn) assert.equal(await get(first, '/chain/1'), 200);
  const traces = await world.traces(3, 'root.service=first trace.spans>=3');
  chain = traces[0].trace_id;
});
after(async () => {
  await world?.close();
  await browser?.close();
});

const inTab = (check, options) =>
  withTab(browser, world, options, (tab) => check(tab, tab.page));

const rows = (page) => page.locator('[role=treegrid] .span-row');
const shown = async (page) => page.locator('.span-row .name').allInnerTexts();
const selected = (page) => page.locator('.span-row[aria-selected=true]');

/** Sends spans of services, all of one trace. */
async function send(spans, resource = {}) {
  const services = new Map();
  for (const { service = 'web', ...more } of spans) {
    services.set(service, [...(services.get(service) ?? []), span(more)]);
  }
  for (const [service, list] of services) {
    assert.equal((await world.send(request(service, list, resource))).status, 200);
  }
}

test('a trace through two services is drawn, with what it waited for and how its parents were found', () =>
  inTab(async (tab, page) => {
    await tab.go(`trace/${chain}`);
    await rows(page).first().waitFor();
    const answer = await world.ask(`trace/${chain}`);
    assert.equal(await rows(page).count(), answer.spans.length);
    const client = answer.spans.find((entry) => entry.kind === 'client');
    await page.goto(`${world.url}/#/trace/${chain}?span=${client.span_id}`);
    const detail = page.locator('.span-detail');
    await detail.getByText('waiting, on the way there').waitFor();
    await detail.getByText('Known: the thread or connection').waitFor();
    await detail.getByText(/On the critical path, with/).waitFor();
    await detail.getByText('seamtrace.parent.association').waitFor();
    await page.keyboard.press('Escape');
    await detail.waitFor({ state: 'detached' });
  }));

test('the page is accessible and looks well in both themes, wide and narrow', () =>
  everywhere(browser, world, async (tab) => {
    await tab.go(`trace/${chain}`);
    await rows(tab.page).first().waitFor();
    await tab.accessible();
    await tab.screenshot('trace');
    await rows(tab.page).nth(1).locator('.name').click();
    await tab.page.locator('.span-detail').waitFor();
    await tab.accessible();
    await tab.screenshot('trace_detail');
    await tab.page.keyboard.press('f');
    await tab.page.locator('.flame-frame').waitFor();
    await tab.accessible();
    await tab.screenshot('trace_flame');
  }));

test('the keyboard goes everywhere in the tree', () =>
  inTab(async (tab, page) => {
    const trace = id(16);
    const [a, b, c] = [id(8), id(8), id(8)];
    await send([
      { trace, id: a, name: 'a', start: 1000, duration: 900 },
      { trace, id: b, parent: a, name: 'b', start: 900, duration: 500 },
      { trace, id: c, parent: b, name: 'c', start: 800, duration: 100, error: true },
      { trace, id: id(8), parent: a, name: 'zulu', start: 300, duration: 100 },
    ]);
    await tab.go(`trace/${trace}`);
    await rows(page).nth(3).waitFor();
    const grid = page.getByRole('treegrid');
    await grid.focus();
    const names = [];
    for (const key of ['ArrowDown', 'ArrowRight', 'ArrowRight', 'ArrowLeft', 'ArrowLeft', 'End', 'Home']) {
      await page.keyboard.press(key);
      names.push(await selected(page).locator('.name').innerText());
    }
    assert.deepEqual(names, ['a', 'b', 'c', 'b', 'b', 'zulu', 'a']);
    assert.deepEqual(await shown(page), ['a', 'b', 'zulu']);
    const row = page.locator('.span-row', { has: page.locator('.name', { hasText: /^b$/ }) });
    assert.equal(await row.getAttribute('aria-expanded'), 'false');
    assert.equal(await row.getAttribute('aria-level'), '2');
    assert.equal(await row.getAttribute('aria-posinset'), '1');
    assert.equal(await row.getAttribute('aria-setsize'), '2');
    assert.equal(await grid.getAttribute('aria-activedescendant'),
      await selected(page).getAttribute('id'));
    await page.keyboard.press('e');
    assert.equal(await selected(page).locator('.name').innerText(), 'c');
    await page.keyboard.press('/');
    await page.keyboard.type('ZUL');
    await page.keyboard.press('Enter');
    assert.equal(await selected(page).locator('.name').innerText(), 'zulu');
    await page.getByText('1 of 1').waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('+');
    await page.getByTitle('See all of the time (0)').waitFor();
    await page.keyboard.press('0');
    await page.getByTitle('See all of the time (0)').waitFor({ state: 'detached' });
    await page.keyboard.press('Enter');
    await page.locator('.span-detail').waitFor();
    await page.waitForURL(/span=/);
  }));

test('dragging in the ruler and the minimap zooms; the wheel with ctrl, too', () =>
  inTab(async (tab, page) => {
    await tab.go(`trace/${chain}`);
    await rows(page).first().waitFor();
    const zoomed = page.getByTitle('See all of the time (0)');
    for (const place of ['.ruler', '.minimap-brush']) {
      const box = await page.locator(place).boundingBox();
      await page.mouse.move(box.x + box.width * 0.3, box.y + 10);
      await page.mouse.down();
      await page.mouse.move(box.x + box.width * 0.6, box.y + 10, { steps: 4 });
      await page.mouse.up();
      await zoomed.click();
    }
    await rows(page).first().hover();
    await page.keyboard.down('Control');
    await page.mouse.wheel(0, -200);
    await page.keyboard.up('Control');
    await zoomed.waitFor();
    await rows(page).first().hover();
    await page.locator('.trace-tip').getByText(/= [\d,]+ ns/).waitFor();
  }));

test('an attribute becomes a condition that finds the trace', () =>
  inTab(async (tab, page) => {
    const trace = id(16);
    await send([{ trace, id: id(8), name: 'x', attributes: { 'user.tier': 'free "plan"' } }]);
    await tab.go(`trace/${trace}`);
    await rows(page).first().click();
    await page.getByRole('button', { name: /Find traces with user.tier=/ }).click();
    await page.getByRole('link', { name: 'Find such traces' }).click();
    await page.waitForURL(/#\/traces\?.*query=/);
    await page.locator(`a[href*="${trace}"]`).first().waitFor();
  }));

test('the condition of any attribute finds its trace, whatever its name', async () => {
  const { suggestions } = await world.ask('complete', { query: '' });
  const words = suggestions.map(({ text }) => text.replace(/[=~<>!]+$/, ''));
  for (const word of ['name', 'peer', 'trace.duration']) assert.ok(words.includes(word), word);
  const names = [...words, 'Status', 'trace.other', 'root.x', 'user name', 'a<b>', 'a=b', 'a"b', 'a\\b',
    'a*b', '-minus', 'schlüssel', 'two\nlines', 'http.route'];
  const trace = id(16);
  await send(names.map((name) => ({ trace, id: id(8), name: 'odd', attributes: { [name]: `of ${name}` } })));
  for (const name of names) {
    const query = condition(name, `of ${name}`);
    const { traces } = await world.ask('traces', { query });
    assert.deepEqual(traces.map(({ trace_id }) => trace_id), [trace], query);
  }
});

test('who goes elsewhere while a typical trace is looked for stays there', () =>
  inTab(async (tab, page) => {
    await page.route('**/typical', () => {});  // no answer comes
    await tab.go(`trace/${chain}`);
    await page.locator('summary', { hasText: 'Compare' }).click();
    await page.getByRole('button', { name: 'With a typical one' }).click();
    await page.getByText('Looking…').waitFor();
    const given_up = page.waitForEvent('requestfailed', (request) => request.url().endsWith('/typical'));
    await page.getByRole('link', { name: 'Health' }).click();
    await given_up;
  }));

test('what is folded right after a span was chosen stays folded', () =>
  inTab(async (tab, page) => {
    await tab.go(`trace/${chain}`);
    await rows(page).nth(1).locator('.name').click();
    await page.getByLabel('Levels of spans that are open').selectOption('1');
    await page.waitForURL(/span=/);
    // Drawing the search again comes after all that followed from the new address.
    await page.keyboard.press('/');
    await page.keyboard.type('GET');
    await page.getByText(/^\d+ found$|^\d+ of \d+$/).waitFor();
    await page.evaluate(() => new Promise(requestAnimationFrame));
    assert.equal(await page.getByRole('treegrid').getAttribute('aria-rowcount'), '2');
  }));

test('of two spans with one id each can be chosen', () =>
  inTab(async (tab, page) => {
    await tab.go('open');
    const file = savedTrace([
      saved('a', null, 0, 99), saved('b', 'a', 1, 5, { name: 'one' }), saved('b', 'a', 6, 9, { name: 'other' }),
    ]);
    await page.locator('input[type=file]').setInputFiles({
      name: 'x.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(file)),
    });
    for (const name of ['one', 'other', 'one']) {
      await rows(page).locator('.name', { hasText: name }).click();
      await selected(page).locator('.name', { hasText: name }).waitFor();
      await page.locator('.span-detail h2', { hasText: name }).waitFor();
    }
  }));

test('two traces are compared, also with the typical one', () =>
  everywhere(browser, world, async (tab) => {
    const { page } = tab;
    await tab.go(`trace/${chain}`);
    await page.locator('summary', { hasText: 'Compare' }).click();
    await page.getByRole('button', { name: 'With a typical one' }).click();
    await page.waitForURL(/#\/compare\/[0-9a-f]{32}\/[0-9a-f]{32}/);
    await page.getByText(/^B takes|^Both take/).waitFor();
    await page.getByText('Both went through the same operations.').waitFor();
    await tab.accessible();
    await tab.screenshot('trace_compare');
  }));

test('a downloaded trace is opened again, and a bad file is refused in words', () =>
  inTab(async (tab, page) => {
    await tab.go(`trace/${chain}`);
    await rows(page).first().waitFor();
    const before = await shown(page);
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download OTLP' }).click();
    assert.equal((await download).suggestedFilename(), `trace-${chain}.otlp.json`);
    const path = await (await download).path();
    await tab.go('open');
    const picker = page.locator('input[type=file]');
    await picker.setInputFiles({ name: 'bad.json', mimeType: 'application/json', buffer: Buffer.from('{"a": 1') });
    await page.getByRole('alert').getByText(/bad.json cannot be opened. The file is not JSON/).waitFor();
    await tab.accessible();
    await picker.setInputFiles(path);
    await rows(page).first().waitFor();
    assert.deepEqual(await shown(page), before);
    const { readFile } = await import('node:fs/promises');
    await picker.setInputFiles({
      name: 'x.json.gz', mimeType: 'application/gzip', buffer: gzipSync(await readFile(path)),
    });
    await page.getByText('x.json.gz').waitFor();
    assert.deepEqual(await shown(page), before);
  }));

test('a trace that grows is shown as it grows', () =>
  inTab(async (tab, page) => {
    const trace = id(16);
    const root = id(8);
    await send([{ trace, id: id(8), parent: root, name: 'early child' }]);
    await tab.go(`trace/${trace}`);
    await page.getByText('1 span names a parent that is not here').waitFor();
    await send([{ trace, id: root, name: 'late root', start: 2000, duration: 1500 }]);
    await page.locator('.span-row', { hasText: 'late root' }).waitFor();
    assert.deepEqual(await shown(page), ['late root', 'early child']);
  }));

test('nothing from a span is executed, and megabytes do not freeze the page', () =>
  inTab(async (tab, page) => {
    const attack = '<script>globalThis.hit = 1</script><img src=x onerror="globalThis.hit = 1">';
    const trace = id(16);
    const sent = await world.send(request(attack, [span({
      trace, name: attack, error: true, message: attack,
      attributes: { [attack]: attack, large: 'x'.repeat(2_000_000), odd: '\u0000\u202e{{1}}', list: [attack] },
      events: [{ timeUnixNano: String(BigInt(Date.now()) * 1000000n), name: attack, attributes: attributes({ a: attack }) }],
      links: [{ traceId: id(16), spanId: id(8), attributes: attributes({ a: attack }) }],
    })], { [attack]: attack }));
    assert.equal(sent.status, 200);
    await tab.go(`trace/${trace}`);
    await rows(page).first().click();
    const detail = page.locator('.span-detail');
    await detail.getByText(attack).first().waitFor();
    await detail.getByRole('button', { name: /^more/ }).first().click();
    await detail.getByText('Copying takes all of it').waitFor();
    await page.keyboard.press('f');
    await page.locator('.flame-frame').focus();
    await page.keyboard.press('ArrowDown');
    await page.getByText(/1 span, together/).waitFor();
    assert.equal(await page.evaluate(() => globalThis.hit), undefined);
    assert.equal(await page.locator('main script, main img').count(), 0);
    await tab.accessible();
  }));

for (const [what, make] of [
  ['one span without a duration', () => [{ name: 'only', duration: 0 }]],
  ['several roots, a circle and a span that is its own parent', () => {
    const [a, b, c] = [id(8), id(8), id(8)];
    return [{ name: 'r', id: id(8) }, { name: 'q', id: id(8), parent: id(8) }, { name: 'a', id: a, parent: b },
      { name: 'b', id: b, parent: a }, { name: 'c', id: c, parent: c }];
  }],
  ['a depth of 5,000', () => {
    const ids = Array.from({ length: 5000 }, () => id(8));
    return ids.map((own, index) => ({
      id: own, parent: ids[index - 1], name: `n${index}`, start: 9000 - index, duration: 1 }));
  }],
]) {
  test(`${what}: drawn`, () => inTab(async (tab, page) => {
    const trace = id(16);
    const spans = make();
    await send(spans.map((entry) => ({ trace, ...entry })));
    await tab.go(`trace/${trace}`);
    await rows(page).first().waitFor();
    assert.equal(Number(await page.getByRole('treegrid').getAttribute('aria-rowcount')), spans.length + 1);
    await page.getByRole('treegrid').focus();
    await page.keyboard.press('End');
    assert.equal(await selected(page).count(), 1);
    await page.keyboard.press('f');
    await page.locator('.flame-frame').waitFor();
    // The shell's head would lie over the tools.
    await page.evaluate(() => scrollTo(0, 0));
    await tab.accessible();
  }, { size: kNarrow }));
}

/** 20,000 spans in three services; half of them children of one span. */
async function sendLarge(trace) {
  const all = [{ id: id(8), name: 'root', start: 9000, duration: 8000 }];
  for (let index = 1; index < 20_000; ++index) {
    const parent = index < 10_000 ? all[0] : all[Math.floor(index / 4)];
    all.push({
      id: id(8), parent: parent.id, name: `operation ${index % 37}`, start: 8999 - (index % 7000), duration: 1 + (index % 900),
      kind: ['server', 'client', 'internal'][index % 3], error: index % 501 === 7,
      attributes: { 'http.route': `/part/${index % 50}`, number: index },
    });
  }
  const services = ['web', 'shop', 'stock'];
  for (let from = 0; from < all.length; from += 4000) {
    await send(all.slice(from, from + 4000).map((entry, index) => ({ trace, service: services[index % 3], ...entry })));
  }
}

test('20,000 spans: searched, folded, scrolled; times are printed', (context) =>
  inTab(async (tab, page) => {
    const trace = id(16);
    await sendLarge(trace);
    await page.goto(`${world.url}/#/health`);
    await page.locator('main h1').waitFor({ state: 'attached' });
    const ready = await page.evaluate(async (where) => {
      const start = performance.now();
      location.hash = where;
      while (!document.querySelector('.span-row')) await new Promise(requestAnimationFrame);
      // The row answers a click.
      document.querySelector('.span-row .name').click();
      while (!document.querySelector('.span-detail')) await new Promise(requestAnimationFrame);
      return performance.now() - start;
    }, `#/trace/${trace}`);
    context.diagnostic(`20,000 spans, from the click on the trace until its details open: ${ready.toFixed(0)} ms`);
    await page.keyboard.press('Escape');
    assert.equal(await page.getByRole('treegrid').getAttribute('aria-rowcount'), '20001');
    assert.ok(await rows(page).count() < 120);
    const frames = await page.evaluate(async () => {
      const grid = document.querySelector('[role=treegrid]');
      const times = [];
      let before = await new Promise(requestAnimationFrame);
      for (let frame = 0; frame < 240; ++frame) {
        // 2.5 rows a frame, then whole screens.
        grid.scrollTop += frame < 160 ? 65 : 4000;
        const now = await new Promise(requestAnimationFrame);
        times.push(now - before);
        before = now;
      }
      return times.sort((a, b) => a - b);
    });
    const at = (share) => frames[Math.min(frames.length - 1, Math.floor(frames.length * share))].toFixed(1);
    context.diagnostic(`frames while scrolling: median ${at(0.5)} ms, 95th ${at(0.95)} ms, longest ${at(1)} ms`);
    assert.ok(await rows(page).count() > 10);
    await page.keyboard.press('/');
    await page.keyboard.type('/part/17');
    await page.getByText(/^\d+ found$/).waitFor();
    await page.keyboard.press('Enter');
    await page.getByText(/^1 of 399|^1 of 400/).waitFor();
    await page.locator('.span-row.found.selected').waitFor();
    await page.getByLabel('Levels of spans that are open').selectOption('1');
    await page.getByText('1 of 20,000 spans shown').waitFor();
    await page.getByRole('treegrid').focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('End');
    assert.ok(Number(await selected(page).getAttribute('aria-rowindex')) > 1000);
    await tab.accessible();
    await tab.screenshot('trace_large');
  }));
