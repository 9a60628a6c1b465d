// The chosen period: in the address, and in the form for one of one's own.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { everywhere, launch, onView } from './support/browser.mjs';
import { World } from './support/world.mjs';
import { load } from './trace_module.mjs';

let world, browser, goTo;
globalThis.location = { hash: '' };
globalThis.addEventListener = (name, follow) => {
  if (name !== 'hashchange') return;
  goTo = (hash) => {
    location.hash = hash;
    follow();
  };
};
const { kDefaultPeriod, period, resolve } = await load('/src/shared/period.ts');

before(async () => {
  browser = await launch();
  world = await World.start();
});
after(async () => {
  await world?.close();
  await browser?.close();
});

const inTab = (view, check) => onView(browser, world, view, check);
const kFive = 1_700_000_005_200_000;  // us since 1970; 5.2 seconds after some ten
const picker = (page) => page.getByLabel('Period');
const alert = (page) => page.getByText('From must be before To.');

test('what is no period is the default one', () => {
  for (const bad of ['since=abc', 'since=1e300', 'since=-9e18', 'since=99999999999999999d', 'since=5m&until=x',
    'since=Infinity', 'since=1700000000000000&until=9e18']) {
    goTo(`#/traces?${bad}`);
    assert.deepEqual(period.value, { since: kDefaultPeriod, until: undefined, live: true }, bad);
  }
  goTo(`#/traces?since=${kFive}&until=${kFive + 1}`);
  assert.deepEqual(resolve(period.value), [kFive, kFive + 1]);
  goTo('#/traces?since=90s');
  assert.deepEqual(period.value, { since: '90s', until: undefined, live: true });
  assert.deepEqual(resolve(period.value, 100e6), [10e6, 100e6]);
});

for (const bad of ['since=abc', 'since=1e300', 'since=5m&until=x'])
  test(`${bad} in the address leaves the page as it is`, () =>
    inTab(`traces?${bad}`, async (page) => {
      await page.getByRole('navigation').waitFor();
      assert.equal(await picker(page).inputValue(), kDefaultPeriod);
      await picker(page).selectOption('5m');
      await page.waitForURL(/since=5m/);
    }));

test('a form with From after To stays open and says so', () =>
  everywhere(browser, world, async (tab) => {
    const { page } = tab;
    await tab.go('traces');
    await picker(page).selectOption('From … to …');
    assert.equal(await alert(page).count(), 0);
    await page.getByLabel('From').fill('2023-11-14T22:13:30');
    await page.getByLabel('To', { exact: true }).fill('2023-11-14T22:13:20');
    await page.getByRole('button', { name: 'Show' }).click();
    await alert(page).waitFor();
    assert.equal(await page.getByLabel('From').inputValue(), '2023-11-14T22:13:30');
    await tab.accessible();
    await page.getByLabel('From').fill('2023-11-14T22:13:10');
    await page.getByRole('button', { name: 'Show' }).click();
    await page.waitForURL(/since=\d+&until=\d+/);
    await alert(page).waitFor({ state: 'detached' });
    const { searchParams } = new URL(page.url().replace('#/', ''));
    assert.equal(searchParams.get('until') - searchParams.get('since'), 10e6);
  }));

test('a period within one second can be taken on, as the whole second', () =>
  inTab(`traces?since=${kFive}&until=${kFive + 300_000}`, async (page) => {
    await picker(page).selectOption('From … to …');
    await page.getByRole('button', { name: 'Show' }).click();
    await page.waitForURL(new RegExp(`since=${kFive - 200_000}&until=${kFive + 800_000}`));
  }));
