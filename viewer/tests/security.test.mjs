// What spans hold comes from anywhere: nothing of it may run, load or break the page.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { kNarrow, launch, open } from './support/browser.mjs';
import { eventually } from './support/program.mjs';
import { id, request, span } from './support/otlp.mjs';
import { get, World } from './support/world.mjs';

const kScript = '<script>globalThis.harmed = 1; alert(1)</script>';
const kImage = '<img src="http://elsewhere.example/x.png" onerror="globalThis.harmed = 2">';
const kService = `shop"><svg onload="globalThis.harmed = 3">`;
const kLink = 'javascript:globalThis.harmed=4';
const kMegabyte = 'long '.repeat(210_000);
const kOverrides = '\u202egnp.exe\u0000\u0007\ud83d\ude00';

let world, browser, shop;
const trace = id(16);
const other = id(16);

function hostile(traceId) {
  const root = id(8);
  const attributes = {
    'url.full': kLink,
    'http.route': kImage,
    __proto__x: 'x',
    constructor: kScript,
    [kScript]: kImage,
    'db.query.text': kMegabyte,
    'server.address': 'http://elsewhere.example/',
    overrides: kOverrides,
    list: [kScript, kImage],
  };
  return request(
    kService,
    [
      span({ trace: traceId, id: root, name: kScript, attributes, error: true, message: kImage,
             duration: 400,
             events: [{ timeUnixNano: '1', name: kScript,
                        attributes: [{ key: kImage, value: { stringValue: kScript } }] }],
             links: [{ traceId: id(16), spanId: id(8),
                       attributes: [{ key: kScript, value: { stringValue: kLink } }] }] }),
      span({ trace: traceId, parent: root, name: kImage, kind: 'client', duration: 200,
             attributes: { 'db.system.name': kScript, 'db.namespace': kImage,
                           'server.address': kScript } }),
      span({ trace: traceId, parent: root, name: kMegabyte.slice(0, 100_000), kind: 'internal',
             duration: 100 }),
    ],
    { 'host.name': kScript, [kImage]: kLink },
  );
}

before(async () => {
  browser = await launch();
  world = await World.start();
  for (const one of [trace, other]) {
    const answer = await world.send(hostile(one));
    assert.equal(answer.status, 200, answer.text);
  }
  shop = await world.serve('real');
  await get(shop, '/hello?' + kScript.replaceAll(' ', '%20'));
  // Bytes that are no UTF-8, as a client may send them.
  await get(shop, '/\u00ff\u00fe<script>globalThis.harmed=5</script>', {
    'user-agent': '\u00c3\u0028<b>',
  });
  await world.traces(4);
});

after(async () => {
  await browser?.close();
  await world?.close();
});

const views = () => [
  'traces',
  `traces?query=${encodeURIComponent(kScript)}`,
  `traces?query=${encodeURIComponent(`service="${kService}`)}`,
  `trace/${trace}`,
  `compare/${trace}/${other}`,
  'services',
  `services/${encodeURIComponent(kService)}`,
  'map',
  'bottlenecks',
  `bottlenecks?service=${encodeURIComponent(kService)}`,
  'health',
  'open',
  `${encodeURIComponent(kScript)}`,
  `trace/${encodeURIComponent(kImage)}`,
  `services/%E0%A4%A`,
];

for (const size of [undefined, kNarrow])
  test(`hostile spans harm no view${size ? ' of a narrow window' : ''}`, async () => {
    const tab = await open(browser, world, size && { size });
    try {
      for (const view of views()) {
        await tab.go(view);
        // Until the answers are there.
        await tab.page.waitForLoadState('networkidle');
        await tab.page.keyboard.press('j');
        assert.equal(await tab.page.evaluate(() => globalThis.harmed), undefined, view);
        assert.equal(await tab.page.locator('main script, main img, main iframe').count(), 0, view);
        assert.equal(await tab.page.locator('a[href^="javascript:"]').count(), 0, view);
        assert.equal(await tab.page.getByText('This view has a fault').count(), 0, view);
        assert.equal(await tab.page.locator('header nav a').count(), 5, view);
      }
      await tab.unharmed();
    } finally {
      await tab.close();
    }
  });

test('hostile text is shown as it is', async () => {
  const tab = await open(browser, world);
  try {
    await tab.go('traces');
    await tab.page.locator('td').getByText(kScript).first().waitFor();
    await tab.page.locator('td').getByText(kService).first().waitFor();
    const rows = await tab.page.locator('table.traces tbody').innerText();
    assert.ok(rows.length < 20_000, 'a long name is cut');
    // The bytes that are no text became the replacement character.
    const { traces } = await world.ask('traces', { query: 'service=real "harmed=5"' });
    assert.equal(traces.length, 1);
    const whole = await world.ask(`trace/${traces[0].trace_id}`);
    assert.match(JSON.stringify(whole), /\ufffd\ufffd<script>/);
    await tab.unharmed();
  } finally {
    await tab.close();
  }
});

test('the policy is in force: not even the page itself can run a script written into it', async () => {
  const response = await fetch(`${world.url}/`);
  assert.equal(
    response.headers.get('content-security-policy'),
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
      "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; " +
      "frame-ancestors 'none'",
  );
  const html = await response.text();
  assert.doesNotMatch(html, /<script(?![^>]*\bsrc=)|<style|\son\w+=|style=/i);
  const tab = await open(browser, world);
  try {
    await tab.go('health');
    await tab.page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'globalThis.harmed = 6';
      document.body.append(script);
      document.body.append(Object.assign(new Image(), { src: 'http://elsewhere.example/x.png' }));
      document.body.insertAdjacentHTML('beforeend', '<p onclick="globalThis.harmed = 7">x</p>');
      document.body.lastElementChild.click();
    });
    const violations = await eventually(async () => {
      const list = await tab.page.evaluate(() => globalThis.violations);
      return list.length >= 3 && list;
    }, 'violations to be reported');
    assert.equal(await tab.page.evaluate(() => globalThis.harmed), undefined);
    assert.ok(violations.some((one) => one.startsWith('script-src-elem')), violations.join());
    assert.ok(violations.some((one) => one.startsWith('img-src')), violations.join());
    assert.ok(violations.some((one) => one.startsWith('script-src-attr')), violations.join());
  } finally {
    await tab.close();
  }
});

test('no other page can ask: a foreign origin and a foreign host are refused', async () => {
  const { hostname, port } = new URL(world.url);
  const ask = (headers) =>
    fetch(`${world.url}/api/v1/health`, { headers }).then((response) => response.status);
  assert.equal(await ask({}), 200);
  assert.notEqual(await ask({ origin: 'http://elsewhere.example' }), 200);
  const status = await get({ port: Number(port) }, '/api/v1/health', {
    host: `elsewhere.example:${port}`,
  });
  assert.notEqual(status, 200, hostname);
});
