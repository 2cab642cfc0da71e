// Pictures of every page in both themes, and on a phone:
//   npm run screenshots -- [http://localhost:9090] [folder]
// Without an address a server of its own is started, with an exporter, rules and a target that is down.
import {mkdirSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {join, resolve} from 'node:path';
import {openBrowser, openPage} from './browser.mjs';
import {startStack} from './stack.mjs';

const stack = process.argv[2] ? undefined : await startStack();
const base = (process.argv[2] ?? stack.base).replace(/\/$/, '');
const folder = resolve(process.argv[3] ?? fileURLToPath(new URL('screenshots', import.meta.url)));
mkdirSync(folder, {recursive: true});

const query = (panels) => `query?${new URLSearchParams(panels.flatMap((panel, i) =>
  Object.entries(panel).map(([name, value]) => [`g${i}.${name}`, value])))}`;
const cpu = 'sum by (mode) (rate(node_cpu_seconds_total[1m]))';

const shots = [
  ['query-empty', 'query'],
  ['query-table', query([{expr: 'up', tab: 'table'}])],
  ['query-graph', query([{expr: cpu, tab: 'graph', range_input: '5m'}]), async (page) => {
    await page.locator('.graph canvas').first().waitFor();
    await page.locator('.u-over').hover({position: {x: 620, y: 170}});
  }],
  ['query-stacked', query([{expr: 'rate(prometheus_http_requests_total[1m]) > 0', tab: 'graph', range_input: '5m', display_mode: 'stacked'},
    {expr: 'scrape_duration_seconds', tab: 'graph', range_input: '5m'}])],
  ['query-explain', query([{expr: 'sum by (job) (rate(prometheus_http_requests_total{code!="200"}[5m])) / on (job) up > 0.1', tab: 'explain'}])],
  ['query-error', query([{expr: 'rate(up[5m]) + sum(', tab: 'table'}])],
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
  ['alerts', 'alerts'],
  ['rules', 'rules'],
  ['targets', 'targets'],
  ['targets-open', 'targets', async (page) => {
    await page.locator('.target-row .disclosure').first().click();
    await page.waitForTimeout(500);
  }],
  ['discovery', 'service-discovery', async (page) => {
    await page.locator('.target-row .disclosure').last().click();
    await page.waitForTimeout(500);
  }],
  ['status', 'status'],
  ['storage', 'tsdb-status'],
  ['config', 'config'],
  ['flags', 'flags'],
  ['alertmanagers', 'alertmanager-discovery'],
];

const looks = [
  ['light', {colorScheme: 'light'}],
  ['dark', {colorScheme: 'dark'}],
  ['phone', {colorScheme: 'light', viewport: {width: 390, height: 844}, deviceScaleFactor: 2, isMobile: true, hasTouch: true}],
];

const only = process.env.ONLY?.split(',');
for (const [look, options] of looks) {
  if (only && !only.some((one) => one.startsWith(look) || !looks.some(([name]) => one.startsWith(name)))) continue;
  const browser = await openBrowser(options);
  for (const [name, path, act] of shots) {
    if (only && !only.includes(name) && !only.includes(look) && !only.includes(`${look}-${name}`)) continue;
    const {page, problems} = await openPage(browser.context, base);
    await page.goto(`${base}/${path}`);
    await page.waitForTimeout(900);
    try {
      await act?.(page);
    } catch (error) {
      problems.push(String(error).split('\n')[0]);
    }
    await page.waitForTimeout(300);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (wide > 0) problems.push(`wider than the screen by ${wide}px`);
    await page.screenshot({path: join(folder, `${name}-${look}.png`)});
    for (const problem of problems) console.log(`${name} ${look}: ${problem}`);
    await page.close();
  }
  await browser.close();
}
await stack?.stop();
console.log(folder);
