// Pictures of every page in both themes, and on a phone:
//   npm run screenshots -- [http://localhost:9090] [folder]
// Without an address a server of its own is started, with an exporter, rules, a target that is down and an hour of data.
// ONLY=dark,query-graph,phone-alerts chooses by look, by name, or both.
import {mkdirSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {join, resolve} from 'node:path';
import {backfill} from './backfill.mjs';
import {openBrowser, openPage} from './browser.mjs';
import {startStack} from './stack.mjs';

const stack = process.argv[2] ? undefined : await startStack({flags: ['--enable-feature=exemplar-storage', '--web.enable-remote-write-receiver', '--web.enable-admin-api']});
const base = (process.argv[2] ?? stack.base).replace(/\/$/, '');
const folder = resolve(process.argv[3] ?? fileURLToPath(new URL('screenshots', import.meta.url)));
mkdirSync(folder, {recursive: true});
if (stack) await backfill(base);

const query = (...panels) => `query?${new URLSearchParams(panels.flatMap((panel, i) =>
  Object.entries(panel).map(([name, value]) => [`g${i}.${name}`, value])))}`;
const traffic = 'sum by (route) (rate(http_requests_total[2m]))';
const errors = 'sum by (route) (rate(http_requests_total{code="500"}[2m])) / sum by (route) (rate(http_requests_total[2m]))';
const latency = 'sum by (le) (rate(http_request_duration_seconds_bucket[1m]))';
const heavy = 'quantile_over_time(0.5, sin(label_replace({job="node"} @ end(), "name", "$1", "__name__", "(.*)") + time())[1h:1s])';

const hover = async (page) => {
  await page.locator('.u-over').first().hover();
  await page.locator('.tooltip').first().waitFor();
};

// Queries that take long enough to be seen; they end with the page.
const keepBusy = (page) => page.evaluate(async (expr) => {
  const end = Date.now() / 1000;
  const run = (query) => fetch('api/v1/query_range', {method: 'POST', headers: {'X-Dashboard-Title': 'Shop', 'X-Panel-Id': '4'},
    body: new URLSearchParams({query, start: String(end - 9000), end: String(end), step: '1'})}).catch(() => undefined);
  void run(`sum(quantile_over_time(0.5, quantile_over_time(0.5, ${expr}[1h:1s])[1h:1s]))`);
}, heavy);

// Name, address, and what is done before the picture.
const shots = [
  ['query-empty', 'query'],
  ['query-table', query({expr: 'up', tab: 'table'})],
  ['query-graph', query({expr: traffic, tab: 'graph', range_input: '50m'}), hover],
  ['query-stacked', query({expr: traffic, tab: 'graph', range_input: '50m', display_mode: 'stacked'},
    {expr: errors, tab: 'graph', range_input: '50m'})],
  ['query-heatmap', query({expr: latency, tab: 'graph', range_input: '50m', display_mode: 'heatmap'}), hover],
  ['query-exemplars', query({expr: 'histogram_quantile(0.9, sum by (le) (rate(http_request_duration_seconds_bucket[2m])))', tab: 'graph',
    range_input: '50m', show_exemplars: '1'})],
  ['query-native', query({expr: 'rate(rpc_duration_seconds[2m])', tab: 'graph', range_input: '50m', display_mode: 'heatmap'}), hover],
  ['query-histogram', query({expr: 'rate(rpc_duration_seconds[2m])', tab: 'table'}), async (page) => {
    await page.locator('.histogram summary').first().click();
  }],
  ['query-explain', query({expr: 'sum by (job) (rate(prometheus_http_requests_total{code!="200"}[5m])) / on (job) up > 0.1', tab: 'explain'}),
    (page) => page.locator('.plan-bar').first().waitFor({state: 'attached'})],
  ['query-error', query({expr: 'rate(up[5m]) + sum(', tab: 'table'})],
  ['query-notice', query({expr: 'rate(up[5m])', tab: 'table'})],
  ['query-explain-error', query({expr: 'sum(rate(up))', tab: 'explain'})],
  ['query-completion', 'query', async (page) => {
    await page.locator('.cm-content').click();
    await page.keyboard.type('node_cp', {delay: 60});
    await page.locator('.cm-tooltip-autocomplete li').first().waitFor();
  }],
  ['explorer', 'query', async (page) => {
    await page.getByRole('button', {name: 'Metrics explorer'}).first().click();
    await page.getByPlaceholder('Search name, type, help').fill('cpu');
    await page.locator('.metric-row').first().click();
    await page.locator('.explorer-label').first().waitFor();
  }],
  ['alerts', 'alerts', (page) => page.locator('.rule-card').first().waitFor()],
  ['alerts-history', 'alerts?search=TargetDown', async (page) => {
    await page.getByRole('button', {name: 'History'}).first().click();
    await page.getByRole('button', {name: '1h', exact: true}).click();
    await page.locator('.history-row').first().waitFor();
  }],
  ['alerts-none', 'alerts?search=nothing+of+this+name'],
  ['rules', 'rules', (page) => page.locator('.rule-row').first().waitFor()],
  ['targets', 'targets', (page) => page.locator('.target-row').first().waitFor()],
  ['targets-open', 'targets?search=job%3D"node"', async (page) => {
    await page.locator('.target-row .disclosure').first().click();
    await page.locator('.relabelling section').nth(1).waitFor();
  }],
  ['discovery', 'service-discovery', async (page) => {
    await page.locator('.target-row .disclosure').last().click();
    await page.locator('.relabelling section').nth(1).waitFor();
  }],
  ['status', 'status', (page) => page.locator('.facts-table').nth(1).waitFor()],
  ['storage', 'tsdb-status', (page) => page.locator('.bars').first().waitFor()],
  ['storage-metrics', 'tsdb-status', async (page) => {
    const card = page.locator('.card').filter({has: page.getByRole('heading', {name: 'Bytes by metric'})});
    await page.evaluate(() => fetch('api/v1/admin/tsdb/compact', {method: 'POST'}));
    await card.getByRole('button', {name: 'Measure'}).click();
    await card.locator('.bar').first().waitFor();
    await card.evaluate((element) => element.scrollIntoView({block: 'center'}));
  }],
  ['storage-delete', 'tsdb-status', async (page) => {
    await page.getByLabel('Selectors, one a line').fill('http_requests_total{code="500"}');
    await page.getByRole('button', {name: 'Show what matches'}).click();
    await page.getByRole('button', {name: /^Delete/}).scrollIntoViewIfNeeded();
  }],
  ['queries', 'queries', async (page) => {
    await keepBusy(page);
    await page.getByRole('region', {name: 'Queries that run now'}).getByText('quantile_over_time').first().waitFor();
  }],
  ['config', 'config', (page) => page.locator('.yaml').waitFor()],
  ['flags', 'flags', (page) => page.locator('.facts-table').waitFor()],
  ['alertmanagers', 'alertmanager-discovery'],
];

const looks = [
  ['light', {colorScheme: 'light'}],
  ['dark', {colorScheme: 'dark'}],
  ['phone', {colorScheme: 'light', viewport: {width: 390, height: 844}, deviceScaleFactor: 2, isMobile: true, hasTouch: true}],
];

const only = process.env.ONLY?.split(',');
const wanted = (look, name) => !only || only.includes(name) || only.includes(look) || only.includes(`${look}-${name}`);

// Nothing loads any more, and what came is drawn.
async function settled(page) {
  await page.waitForFunction(() => document.querySelector('main')?.childElementCount > 0 && !document.querySelector('.loading, [aria-busy="true"]'));
  await page.waitForLoadState('networkidle', {timeout: 2_000}).catch(() => undefined);
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
}

let failed = false;
for (const [look, options] of looks) {
  if (!shots.some(([name]) => wanted(look, name))) continue;
  const browser = await openBrowser(options);
  for (const [name, path, act] of shots.filter(([one]) => wanted(look, one))) {
    const {page, problems} = await openPage(browser.context, base);
    page.setDefaultTimeout(20_000);
    try {
      await page.goto(`${base}/${path}`);
      await settled(page);
      await act?.(page);
      await settled(page);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (wide > 0) problems.push(`wider than the screen by ${wide}px`);
    } catch (error) {
      problems.push(String(error).split('\n')[0]);
    }
    await page.screenshot({path: join(folder, `${name}-${look}.png`)});
    for (const problem of problems) console.log(`${name} ${look}: ${problem}`);
    failed ||= problems.length > 0;
    await page.close();
  }
  await browser.close();
}
await stack?.stop();
console.log(folder);
process.exitCode = failed ? 1 : 0;
