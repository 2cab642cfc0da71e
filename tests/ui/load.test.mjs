// The interface with much to show: a thousand lines of a thousand points, ten thousand rows and targets.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {openBrowser, openPage} from './browser.mjs';
import {startStack} from './stack.mjs';

const many = Array.from({length: 10_000}, (_, i) => `'127.1.${i >> 8}.${i & 255}:1'`);
const more = `
  - job_name: crowd
    scrape_interval: 2m
    scrape_timeout: 1s
    static_configs: [{targets: [${many.join(', ')}], labels: {environment: production}}]
`;
// Real series with real values, moved over time by arithmetic so that the server need not have run for long.
const waves = 'sin(topk(1000, {job="node"} @ end()) % 100 + time() / 50)';

let stack;
let browser;

before(async () => {
  stack = await startStack({more});
  browser = await openBrowser();
  for (let i = 0; i < 100; i += 1) {
    const {data} = await (await fetch(`${stack.base}/api/v1/query?query=${encodeURIComponent('count({job="node"} @ end())')}`)).json();
    if (Number(data.result[0]?.value[1]) >= 1000) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
});
after(async () => {
  await browser?.close();
  await stack?.stop();
});

// From the last byte of the answer to the finished drawing.
const drawingMs = (page) => page.evaluate(() => {
  const answer = performance.getEntriesByType('resource').filter(({name}) => name.includes('query_range')).pop();
  const drawn = performance.getEntriesByName('graph-drawn').pop();
  return drawn.startTime - answer.responseEnd;
});

test('a thousand series of a thousand points are drawn in under a second', async (t) => {
  const {page, problems} = await openPage(browser.context, stack.base);
  const search = new URLSearchParams({'g0.expr': waves, 'g0.tab': 'graph', 'g0.range_input': '999s', 'g0.res_type': 'fixed', 'g0.res_step': '1s'});
  const times = [];
  for (let i = 0; i < 3; i += 1) {
    await page.goto(`${stack.base}/query?${search}`);
    await page.waitForFunction(() => performance.getEntriesByName('graph-drawn').length > 0, undefined, {timeout: 60_000});
    times.push(Math.round(await drawingMs(page)));
  }
  t.diagnostic(`drawn in ${times.join(', ')} ms`);
  assert.ok(Math.min(...times) < 1000, `${times} ms`);

  // It stays responsive: the tooltip follows the pointer.
  const box = await page.locator('.u-over').boundingBox();
  const started = Date.now();
  for (let i = 1; i <= 20; i += 1) await page.mouse.move(box.x + (box.width * i) / 21, box.y + 100 + i);
  await page.locator('.tooltip').waitFor();
  const each = (Date.now() - started) / 20;
  t.diagnostic(`${each} ms a move of the pointer`);
  assert.ok(each < 100);
  assert.equal(await page.locator('.legend').getAttribute('aria-rowcount'), '1001');
  assert.ok(await page.locator('.legend-row').count() < 100);
  assert.deepEqual(problems, []);
  await page.close();
});

test('ten thousand targets scroll, search and refresh', async (t) => {
  const {page, problems} = await openPage(browser.context, stack.base);
  await page.goto(`${stack.base}/targets`);
  await page.getByText('10,000 up').waitFor({timeout: 30_000});
  assert.ok(await page.locator('.target-row').count() < 100);
  const frames = await page.evaluate(async () => {
    const worst = {ms: 0};
    let last = performance.now();
    for (let y = 0; y < document.documentElement.scrollHeight; y += 9000) {
      scrollTo(0, y);
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      const now = performance.now();
      worst.ms = Math.max(worst.ms, now - last);
      last = now;
    }
    scrollTo(0, document.documentElement.scrollHeight);
    return worst.ms;
  });
  t.diagnostic(`longest step while scrolling ${Math.round(frames)} ms`);
  assert.ok(frames < 500);
  await page.waitForFunction(() => [...document.querySelectorAll('.target-row')].some((row) => row.textContent.includes('vigia')));
  await page.getByRole('searchbox').fill('127.1.39.15:1');
  await page.waitForFunction(() => document.querySelectorAll('.target-row').length === 1);
  assert.deepEqual(problems, []);
  await page.close();
});

test('a table of ten thousand rows is virtual', async () => {
  const {page, problems} = await openPage(browser.context, stack.base);
  await page.goto(`${stack.base}/query?${new URLSearchParams({'g0.expr': 'scrape_samples_scraped or scrape_duration_seconds or {job="node"}', 'g0.tab': 'table'})}`);
  await page.locator('.result-row:not(.head)').first().waitFor({timeout: 30_000});
  const all = Number(await page.locator('.result-table').getAttribute('aria-rowcount'));
  assert.ok(all > 1000);
  assert.ok(await page.locator('.result-row').count() < 120);
  await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
  await page.waitForFunction((last) => document.querySelector(`[aria-rowindex="${last}"]`), all);
  assert.deepEqual(problems, []);
  await page.close();
});
