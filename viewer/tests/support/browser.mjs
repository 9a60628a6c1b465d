// A browser on the page: what it must never do is recorded, and accessibility is checked.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const kAxe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const kScreenshots = fileURLToPath(new URL('../screenshots/', import.meta.url));

export const kWide = { width: 1280, height: 800 };
export const kNarrow = { width: 360, height: 740 };

export function launch() {
  return chromium.launch({
    executablePath: process.env.SEAMTRACE_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });
}

/** A page of its own that records faults; `go('traces')` shows a view. */
export async function open(browser, world, { scheme = 'light', size = kWide } = {}) {
  const context = await browser.newContext({ colorScheme: scheme, viewport: size });
  const page = await context.newPage();
  const faults = [];
  page.on('pageerror', (problem) => faults.push(`exception: ${problem.message}`));
  page.on('console', (message) => {
    // A refused question is shown in words on the page; the browser notes it as well.
    if (message.type() === 'error' && !/status of 4\d\d|ERR_CONNECTION/.test(message.text()))
      faults.push(`console: ${message.text()}`);
  });
  page.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(world.url) && !url.startsWith('data:') && !url.startsWith('blob:'))
      faults.push(`a request to elsewhere: ${url}`);
  });
  await page.addInitScript(() => {
    globalThis.violations = [];
    addEventListener('securitypolicyviolation', (event) =>
      globalThis.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`),
    );
  });
  return {
    page,
    faults,
    /** `#/` and what follows; waits until the view is there. */
    async go(view) {
      await page.goto(`${world.url}/#/${view}`);
      await page.locator('main h1').waitFor({ state: 'attached' });
    },
    /** Nothing that must not happen has happened. */
    async unharmed() {
      const violations = await page.evaluate(() => globalThis.violations);
      assert.deepEqual([...faults, ...violations], []);
    },
    /** axe finds nothing, and nothing stands out over the right edge. */
    async accessible() {
      assert.deepEqual(await axe(page), []);
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(over <= 0, `the page is ${over} pixels wider than the window`);
    },
    async screenshot(name) {
      mkdirSync(kScreenshots, { recursive: true });
      await page.screenshot({ path: `${kScreenshots}${name}_${scheme}_${size.width}.png` });
    },
    async close() {
      // Answers that are just being made up for the page have nobody to go to any more.
      await page.unrouteAll({ behavior: 'ignoreErrors' });
      await context.close();
    },
  };
}

/** Violations in words. */
async function axe(page) {
  await page.evaluate(kAxe);
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    }),
  );
  return violations.map(
    ({ id, help, nodes }) =>
      `${id}: ${help}: ${nodes.slice(0, 3).map((node) => `${node.html.slice(0, 200)} ${node.failureSummary.slice(0, 300)}`).join(' | ')}`,
  );
}

/** Runs `check(tab)` with a tab of its own, which must come out of it unharmed. */
export async function withTab(browser, world, options, check) {
  const tab = await open(browser, world, options);
  try {
    await check(tab);
    await tab.unharmed();
  } finally {
    await tab.close();
  }
}

/** Runs `check(page, tab)` on a view. */
export function onView(browser, world, view, check, options) {
  return withTab(browser, world, options, async (tab) => {
    await tab.go(view);
    await check(tab.page, tab);
  });
}

/** Runs `check(tab)` in both themes, wide and narrow. */
export async function everywhere(browser, world, check) {
  for (const scheme of ['light', 'dark'])
    for (const size of [kWide, kNarrow]) await withTab(browser, world, { scheme, size }, check);
}

/** A view is accessible and fits once `shown` is there; a picture of it is taken. */
export function accessible(browser, world, name, view, shown) {
  return everywhere(browser, world, async (tab) => {
    await tab.go(view);
    await tab.page.locator(shown).first().waitFor();
    await tab.accessible();
    await tab.screenshot(name);
  });
}
