// The interface below a route prefix, and on a narrow screen.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {openBrowser, openPage} from './browser.mjs';
import {startStack} from './stack.mjs';

let stack;
let browser;

before(async () => {
  stack = await startStack({prefix: '/monitoring/home'});
  browser = await openBrowser({viewport: {width: 390, height: 844}, isMobile: true, hasTouch: true});
});
after(async () => {
  await browser?.close();
  await stack?.stop();
});

test('everything stays below the prefix', async () => {
  const {page, problems} = await openPage(browser.context, stack.base);
  page.on('request', (request) => {
    if (!request.url().startsWith(stack.base)) problems.push(`outside the prefix: ${request.url()}`);
  });
  await page.goto(`${stack.base}/graph?g0.expr=up&g0.tab=0&g0.range_input=5m`);
  await page.locator('.legend-row:not(.head)').first().waitFor();
  await page.getByRole('link', {name: 'Targets'}).click();
  await page.locator('.target-row.up').first().waitFor();
  assert.equal(new URL(page.url()).pathname, '/monitoring/home/targets');
  assert.deepEqual(problems, []);
  await page.close();
});

test('no page is wider than a phone', async () => {
  for (const path of ['query?g0.expr=node_cpu_seconds_total&g0.tab=graph&g0.range_input=5m', 'query?g0.expr=up&g0.tab=table', 'alerts', 'rules',
    'targets', 'service-discovery', 'status', 'tsdb-status', 'config', 'flags', 'alertmanager-discovery', 'queries']) {
    const {page, problems} = await openPage(browser.context, stack.base);
    await page.goto(`${stack.base}/${path}`);
    await page.waitForFunction(() => document.querySelector('main h1') && !document.querySelector('.loading, [aria-busy="true"]'));
    assert.equal(await page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - innerWidth)), 0, path);
    assert.deepEqual(problems, []);
    await page.close();
  }
});
