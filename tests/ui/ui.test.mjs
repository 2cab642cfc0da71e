// The interface as a person uses it: a real browser, the real server, a real exporter.
import assert from 'node:assert/strict';
import {readFileSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {send} from './backfill.mjs';
import {becomes, openBrowser, openPage} from './browser.mjs';
import {startStack} from './stack.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
let stack;
let browser;

before(async () => {
  stack = await startStack({flags: ['--enable-feature=exemplar-storage', '--web.enable-admin-api', '--web.enable-lifecycle', '--web.enable-remote-write-receiver']});
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await stack?.stop();
});

// Opens a page of the interface, runs `act`, and asks that nothing went wrong meanwhile.
async function visit(path, act, {tolerate = () => false} = {}) {
  const {page, problems} = await openPage(browser.context, stack.base);
  try {
    await page.goto(`${stack.base}/${path}`);
    await act(page);
    assert.deepEqual(problems.filter((problem) => !tolerate(problem)), []);
  } finally {
    await page.close();
  }
}

// The editor, which takes the place of a plain text field once it is loaded.
const field = (page, panel = 1) => page.getByRole('textbox', {name: `Expression of panel ${panel}`}).and(page.locator('.cm-content'));
const shows = (page, expression, panel = 1) => field(page, panel).getByText(expression, {exact: true}).first().waitFor();
const legend = (page) => page.locator('.legend .legend-row:not(.head)');
const rows = (page) => page.locator('.result-row:not(.head)');

// A hash of what the graph shows, to see that it changes.
const picture = (page) => page.evaluate(() => document.querySelector('.graph canvas')?.toDataURL() ?? '');

test('completes what is typed, runs it and shows the result', () => visit('query', async (page) => {
  await field(page).click();
  await page.keyboard.type('node_lo', {delay: 40});
  const option = page.getByRole('option', {name: /^node_load1\b/});
  await option.waitFor();
  await option.click();
  await shows(page, 'node_load1');
  await page.keyboard.press('Enter');
  await rows(page).first().waitFor();
  await rows(page).filter({hasText: /node_load1\{instance="127\.0\.0\.1:\d+", job="node"/}).waitFor();
  assert.match(page.url(), /g0\.expr=node_load1&g0\.tab=table/);
  await page.getByLabel('Cost of the query').waitFor();
}));

test('the graph follows the expression, the tabs and the range', () => visit('query?g0.expr=up&g0.tab=graph&g0.range_input=5m', async (page) => {
  await page.locator('.graph canvas').first().waitFor();
  await page.waitForFunction(() => document.querySelectorAll('.legend .legend-row').length === 4);
  const first = await picture(page);

  await field(page).fill('sum(rate(node_cpu_seconds_total[5m])) by (mode)');
  await page.keyboard.press('Escape');
  await page.getByRole('button', {name: 'Execute'}).click();
  await legend(page).filter({hasText: 'mode="idle"'}).waitFor();
  await page.waitForFunction((old) => document.querySelector('.graph canvas')?.toDataURL() !== old, first);
  assert.notEqual(await picture(page), first);

  await page.getByRole('tab', {name: 'Table'}).click();
  await rows(page).filter({hasText: 'mode="idle"'}).waitFor();
  await page.goBack();
  await page.locator('.legend-row').filter({hasText: 'up{'}).first().waitFor();

  await page.getByRole('button', {name: 'Shorter range'}).click();
  await page.waitForFunction(() => location.search.includes('range_input=1m'));
  await page.getByRole('button', {name: 'Stacked'}).click();
  await page.waitForFunction(() => location.search.includes('display_mode=stacked'));
}));

test('a drag zooms in, the legend hides and isolates', () => visit('query?g0.expr=up&g0.tab=graph&g0.range_input=20s', async (page) => {
  await legend(page).first().waitFor();
  const box = await page.locator('.u-over').boundingBox();
  await page.mouse.move(box.x + box.width * 0.6, box.y + 100);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width - 2, box.y + 110, {steps: 5});
  await page.mouse.up();
  await page.waitForFunction(() => /range_input=(8|9|10)s/.test(location.search) && location.search.includes('end_input='));

  await legend(page).first().locator('.legend-label').click();
  await page.waitForFunction(() => document.querySelectorAll('.legend-row.is-hidden').length === 2);
  await legend(page).first().locator('.legend-label').click();
  await page.waitForFunction(() => document.querySelectorAll('.legend-row.is-hidden').length === 0);
  await legend(page).last().locator('.swatch-button').click();
  await page.waitForFunction(() => document.querySelectorAll('.legend-row.is-hidden').length === 1);
}));

test('a native histogram is a heatmap over time and bars in the table', async () => {
  // Schema 0: the bucket with the index 1 reaches from 1 to 2, the next ones to 4 and to 8.
  const counts = [4, 2, 1];
  const histograms = [30, 20, 10].map((ago) => [Date.now() - ago * 1000, {schema: 0, first: 1, counts, sum: 20}]);
  await send(stack.base, [{labels: {__name__: 'native_seconds', job: 'test'}, histograms}]);
  await visit('query?g0.expr=native_seconds&g0.tab=graph&g0.range_input=1m&g0.display_mode=heatmap', async (page) => {
    await page.getByRole('img', {name: 'Heatmap'}).locator('canvas').waitFor();
    const box = await page.locator('.u-over').boundingBox();
    await page.mouse.move(box.x + box.width * 0.95, box.y + box.height / 2);
    const tooltip = page.locator('.tooltip');
    await tooltip.getByText('from 2 to 4').waitFor();
    await becomes(() => tooltip.locator('strong').innerText(), '2');
    await page.getByRole('button', {name: 'Lines'}).click();
    await page.getByText('cannot be drawn as lines').waitFor();
    await page.getByRole('tab', {name: 'Table'}).click();
    await page.getByText('count 7, sum 20').click();
    await page.locator('.histogram li').nth(2).getByText('(4, 8]').waitFor();
  });
});

test('exemplars are drawn on the graph and tell their labels', async () => {
  const now = Date.now();
  const samples = [50, 30, 10].map((ago) => [now - ago * 1000, 100 - ago]);
  await send(stack.base, [{labels: {__name__: 'traced_total', job: 'test'}, samples, exemplars: [[now - 20_000, 60, {trace_id: 'abc123'}]]}]);
  const end = Math.floor(now / 1000) * 1000;
  const search = new URLSearchParams({'g0.expr': 'traced_total', 'g0.tab': 'graph', 'g0.range_input': '1m', 'g0.show_exemplars': '1',
    'g0.end_input': new Date(end).toISOString().slice(0, 19).replace('T', ' ')});
  await visit(`query?${search}`, async (page) => {
    await legend(page).first().waitFor();
    await page.locator('.graph canvas').first().waitFor();
    const box = await page.locator('.u-over').boundingBox();
    // The axes reach over a minute, and from 50 to 90 with a twentieth more at both ends.
    await page.mouse.move(box.x + box.width * (1 - (end - now + 20_000) / 60_000), box.y + box.height * ((92 - 60) / 44));
    await page.locator('.tooltip').filter({hasText: 'Exemplar'}).filter({hasText: 'trace_id="abc123"'}).getByText('60', {exact: true}).waitFor();
  });
});

test("a shared address of Prometheus' form opens its panels", () => visit(
  'graph?g0.expr=up%3D%3D1&g0.tab=1&g1.expr=node_load1&g1.tab=0&g1.stacked=1&g1.range_input=30m&g1.end_input=2026-01-02%2003%3A04%3A05&g1.step_input=60',
  async (page) => {
    await field(page, 2).waitFor();
    assert.match(page.url(), /\/query\?/);
    await shows(page, 'up==1', 1);
    await shows(page, 'node_load1', 2);
    await rows(page).first().waitFor();
    const second = page.getByRole('region', {name: 'Panel 2'});
    await becomes(() => second.getByRole('textbox', {name: 'Range'}).inputValue(), '30m');
    await becomes(() => second.getByRole('textbox', {name: 'End time'}).inputValue(), '2026-01-02 04:04:05');
    await becomes(() => second.getByRole('textbox', {name: 'Step'}).inputValue(), '1m');
    await becomes(() => second.getByRole('button', {name: 'Stacked'}).getAttribute('aria-pressed'), 'true');
    await page.getByRole('button', {name: /change time zone/}).click();
    await becomes(() => second.getByRole('textbox', {name: 'End time'}).inputValue(), '2026-01-02 03:04:05');
  }));

test('a mistake is underlined where it is, on each tab', () => visit('query?g0.expr=sum(up))&g0.tab=table', async (page) => {
  for (const tab of ['Table', 'Graph', 'Explain']) {
    await page.getByRole('tab', {name: tab}).click();
    await page.getByRole('alert').filter({hasText: 'parse error'}).waitFor();
    await page.locator('.cm-lintRange-error').first().waitFor();
  }
}));

test('the explorer puts an expression together', () => visit('query', async (page) => {
  await page.getByRole('button', {name: 'Metrics explorer', exact: true}).click();
  await page.getByPlaceholder('Search name, type, help').fill('node_cpu_seconds');
  await page.locator('.metric-row').first().click();
  await page.locator('.chip', {hasText: 'idle'}).first().click();
  await page.locator('.explorer-details .choices button').nth(1).click();
  await shows(page, 'rate(node_cpu_seconds_total{mode="idle"}[5m])');
}));

test('formatting, history and explanation', () => visit('query?g0.expr=sum(rate(node_cpu_seconds_total[1m]))by(mode)&g0.tab=table', async (page) => {
  await rows(page).first().waitFor();
  await page.getByRole('button', {name: 'Format the expression'}).click();
  await page.waitForFunction(() => /sum by \(mode\) \(/.test(document.querySelector('.editor-host')?.shadowRoot?.textContent ?? ''));
  await page.getByRole('button', {name: 'Execute'}).click();
  await page.getByRole('button', {name: 'Past queries'}).click();
  await page.locator('.popover .choices button').first().waitFor();
  await page.keyboard.press('Escape');
}));

test('the explanation shows the plan and what each part cost', () => visit('query?g0.expr=sum(rate(node_cpu_seconds_total[1m]))by(mode)&g0.tab=explain', async (page) => {
  const part = page.locator('.tree-node').filter({hasText: 'node_cpu_seconds_total[1m]'});
  await part.locator('.plan-time').waitFor();
  const [series, samples, read] = await part.locator('.figure').allInnerTexts();
  assert.equal(Number(series), await stack.valueOf('count(node_cpu_seconds_total)'));
  assert.notEqual(samples, '0');
  assert.notEqual(read, '–');
  await page.locator('.tree-node:not(.head)').first().filter({hasText: /^aggregatesum by \(mode\)/}).waitFor();
  await page.getByRole('button', {name: 'Whole range'}).click();
  await page.getByRole('textbox', {name: 'Range'}).waitFor();
  await part.locator('.plan-time').waitFor();
}));

test('a running query is seen and cancelled from another page', async () => {
  const asking = await openPage(browser.context, stack.base);
  const watching = await openPage(browser.context, stack.base);
  const inner = 'sin(label_replace({job="node"} @ end(), "name", "$1", "__name__", "(.*)") + time())';
  const endless = `sum(${'quantile_over_time(0.5, '.repeat(4)}${inner}${'[1h:1s])'.repeat(4)})`;
  try {
    await asking.page.goto(`${stack.base}/query?${new URLSearchParams({'g0.expr': endless, 'g0.tab': 'graph', 'g0.range_input': '9000s',
      'g0.res_type': 'fixed', 'g0.res_step': '1s'})}`);
    await watching.page.goto(`${stack.base}/queries`);
    const row = watching.page.locator('tr').filter({hasText: 'quantile_over_time'}).filter({has: watching.page.getByRole('button', {name: 'Cancel'})});
    await row.getByText('running').waitFor();
    await row.getByRole('button', {name: 'Cancel'}).click();
    await row.waitFor({state: 'detached'});
    await asking.page.getByRole('alert').filter({hasText: 'cancel'}).waitFor();
    await asking.page.getByRole('button', {name: 'Execute'}).waitFor();
    await watching.page.getByRole('region', {name: 'Most expensive queries'}).getByText('quantile_over_time').first().waitFor();
    assert.deepEqual([...asking.problems, ...watching.problems], []);
  } finally {
    await asking.page.close();
    await watching.page.close();
  }
});

test('a target goes down and an alert fires while one watches', async () => {
  const targets = await openPage(browser.context, stack.base);
  const alerts = await openPage(browser.context, stack.base);
  try {
    await targets.page.goto(`${stack.base}/targets?search=job="node"`);
    await targets.page.locator('.target-row.up').waitFor();
    await alerts.page.goto(`${stack.base}/alerts`);
    const firing = alerts.page.locator('.alert-table tr').filter({hasText: 'job="node"'}).filter({hasText: 'firing'});
    await alerts.page.locator('.rule-card').first().waitFor();
    await firing.waitFor({state: 'detached'});
    await stack.stopExporter();
    await targets.page.locator('.target-row.down').waitFor();
    await targets.page.getByText('connection refused').waitFor();
    await firing.waitFor();
    await stack.startExporter();
    await targets.page.locator('.target-row.up').waitFor();
    // What has been stays to be seen.
    await firing.waitFor({state: 'detached'});
    await alerts.page.getByRole('button', {name: /TargetDown/}).waitFor();
    if (!await alerts.page.getByRole('button', {name: 'History'}).first().isVisible()) await alerts.page.getByRole('button', {name: /TargetDown/}).click();
    await alerts.page.getByRole('button', {name: 'History'}).first().click();
    await alerts.page.getByRole('button', {name: '1h', exact: true}).click();
    await alerts.page.locator('.history-row').filter({hasText: 'job="node"'}).locator('.stretch.firing').first().waitFor();
    assert.deepEqual([...targets.problems, ...alerts.problems], []);
  } finally {
    await targets.page.close();
    await alerts.page.close();
  }
});

test('series are shown before they are deleted', async () => {
  await send(stack.base, ['a', 'b', 'c'].map((shelf) => ({labels: {__name__: 'retired_metric', shelf}, samples: [[Date.now(), 1]]})));
  const left = () => stack.valueOf('count(last_over_time(retired_metric[1h]))');
  assert.equal(await left(), 3);
  await visit('tsdb-status', async (page) => {
    const selectors = page.getByLabel('Selectors, one a line');
    await selectors.fill('retired_metric{shelf="a"}\nretired_metric{shelf="c"}');
    await page.getByRole('button', {name: 'Show what matches'}).click();
    await page.locator('.found').getByText('shelf="c"').waitFor();
    assert.equal(await left(), 3);
    await page.getByRole('button', {name: 'Delete 2 series'}).click();
    await page.getByRole('status').filter({hasText: 'Deleted'}).waitFor();
    assert.equal(await left(), 1);
    await page.getByRole('button', {name: 'Show what matches'}).click();
    await page.getByText('No series matches.').waitFor();
    await page.getByRole('button', {name: 'Reclaim space'}).click();
    await page.getByText('The space is reclaimed.').waitFor();
  });
});

test('storage tells what metrics and retention policies hold', () => visit('tsdb-status', async (page) => {
  await page.getByRole('button', {name: 'Compact'}).click();
  await page.getByText('Compacted.').waitFor();
  const policies = page.getByRole('region', {name: 'Retention policies'});
  await policies.getByRole('row').filter({hasText: 'everything else'}).filter({hasText: '15d'}).waitFor();
  const card = page.locator('.card').filter({has: page.getByRole('heading', {name: 'Bytes by metric'})});
  await card.getByRole('button', {name: 'Measure'}).click();
  await card.locator('li').filter({hasText: 'prometheus_http_request_duration_seconds_bucket'}).getByText(/^[1-9].* k?B$/).waitFor();
  const count = Number(await stack.valueOf('count(count by (__name__) ({__name__!=""}))'));
  assert.ok(count > 100);
  await card.getByText(/^1 to 20 of /).waitFor();
  while (await card.getByRole('button', {name: 'Next'}).isEnabled()) await card.getByRole('button', {name: 'Next'}).click();
  await becomes(() => card.locator('li').filter({hasText: '…'}).count(), 0);
  await card.getByRole('searchbox').fill('TSDB_head_series');
  await becomes(() => card.locator('.bar-name').allInnerTexts().then((names) => names.includes('prometheus_tsdb_head_series')), true);
  await card.locator('li').filter({hasText: 'prometheus_tsdb_head_series'}).first().getByText(/^[1-9].* k?B$/).waitFor();
  await page.getByText('Try other policies').click();
  await page.locator('.more textarea').fill('30d {job="node"}\n2d up');
  await page.locator('.more').getByRole('button', {name: 'Measure'}).click();
  const tried = page.getByRole('region', {name: 'What the tried policies would hold'});
  await tried.getByRole('row').filter({hasText: '{job="node"}'}).filter({hasText: '30d'}).waitFor();
  await page.locator('.more textarea').fill('soon up');
  await page.locator('.more').getByRole('button', {name: 'Measure'}).click();
  await page.getByRole('alert').filter({hasText: 'soon'}).waitFor();
}));

test('a dead server is announced, and its return needs no reload', () => visit('targets', async (page) => {
  await page.locator('.target-row.up').first().waitFor();
  await stack.stopServer();
  await page.getByRole('alert').filter({hasText: 'has not answered'}).waitFor();
  await page.locator('.target-row').first().waitFor();
  await stack.startServer();
  await page.getByRole('alert').waitFor({state: 'detached'});
  await page.locator('.target-row.up').first().waitFor();
}, {tolerate: (problem) => problem.includes('Failed to load resource')}));

test('a configuration that is refused rings a bell', () => visit('targets', async (page) => {
  const file = join(stack.folder, 'prometheus.yml');
  const good = readFileSync(file, 'utf8');
  const reload = () => fetch(`${stack.base}/-/reload`, {method: 'POST'});
  const bell = page.getByRole('button', {name: 'Notifications'});
  await page.locator('.target-row').first().waitFor();
  await bell.waitFor({state: 'detached'});
  writeFileSync(file, `${good}\nscrape_configz: []\n`);
  try {
    assert.equal((await reload()).ok, false);
    await bell.click();
    await page.getByText('Configuration reload has failed').waitFor();
  } finally {
    writeFileSync(file, good);
    assert.equal((await reload()).ok, true);
  }
  await bell.waitFor({state: 'detached'});
}));

test('every old path opens its page', async () => {
  const titles = {
    query: 'Query', alerts: 'Alerts', rules: 'Rules', targets: 'Targets', 'service-discovery': 'Service discovery',
    status: 'Runtime and build', 'tsdb-status': 'Storage', config: 'Configuration', flags: 'Flags', 'alertmanager-discovery': 'Alertmanagers', queries: 'Queries',
  };
  for (const [path, title] of Object.entries(titles)) {
    await visit(path, (page) => page.getByRole('heading', {level: 1, name: title}).waitFor({state: 'attached'}));
  }
});

test('no page has a serious problem of accessibility, in either theme', async () => {
  const paths = ['query', 'query?g0.expr=up&g0.tab=graph&g0.range_input=5m', 'query?g0.expr=up&g0.tab=table', 'query?g0.expr=sum(up)&g0.tab=explain',
    'alerts', 'rules', 'targets', 'service-discovery', 'status', 'tsdb-status', 'config', 'flags', 'alertmanager-discovery', 'queries'];
  for (const path of paths) {
    await visit(path, async (page) => {
      await page.waitForFunction(() => document.querySelector('main h1') && !document.querySelector('.loading, [aria-busy="true"]'));
      // Through the debugger, which the Content-Security-Policy does not concern.
      await page.evaluate(axe);
      for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({colorScheme});
        await page.waitForFunction((theme) => document.documentElement.dataset.theme === theme, colorScheme);
        const {violations} = await page.evaluate(() => window.axe.run({resultTypes: ['violations']}));
        const serious = violations.filter(({impact}) => impact === 'serious' || impact === 'critical')
          .map(({id, nodes}) => `${path} (${colorScheme}): ${id} ${nodes.map((node) => node.html.slice(0, 160)).slice(0, 3).join(' | ')}`);
        assert.deepEqual(serious, []);
      }
    });
  }
});

test('the keyboard alone is enough', () => visit('targets', async (page) => {
  await page.locator('.target-row').first().waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('job="node"');
  await page.waitForFunction(() => document.querySelectorAll('.target-row').length === 1);
  await page.locator('.target-row .disclosure').focus();
  await page.keyboard.press('Enter');
  await page.locator('.relabelling').getByText('rack').first().waitFor();
}));

test('assets are compressed and kept, the page is checked anew, nothing inline is allowed', async () => {
  const page = await fetch(`${stack.base}/query`, {headers: {'accept-encoding': 'gzip'}});
  assert.equal(page.headers.get('cache-control'), 'no-cache');
  assert.match(page.headers.get('content-security-policy'), /default-src 'none'/);
  assert.doesNotMatch(page.headers.get('content-security-policy'), /unsafe/);
  const html = await page.text();
  const names = [...html.matchAll(/"(assets\/[^"]+)"/g)].map((match) => match[1]);
  assert.ok(names.length >= 2);
  for (const name of names) {
    const asset = await fetch(`${stack.base}/${name}`, {headers: {'accept-encoding': 'gzip'}});
    assert.equal(asset.status, 200);
    assert.match(asset.headers.get('cache-control'), /immutable/);
    assert.equal(asset.headers.get('content-encoding'), 'gzip');
    const plain = await fetch(`${stack.base}/${name}`, {headers: {'accept-encoding': 'identity'}});
    assert.equal(plain.headers.get('content-encoding'), null);
    assert.equal(await plain.text(), await asset.text());
  }
});
