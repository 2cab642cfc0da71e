// A server of ours with a real exporter, on ports that are free, with files in a folder that goes away.
import {spawn} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

const binary = process.env.VIGIA_BINARY ?? fileURLToPath(new URL('../../build/release/vigia', import.meta.url));
const exporterBinary = process.env.NODE_EXPORTER ?? '/usr/bin/prometheus-node-exporter';

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const {port} = server.address();
      server.close(() => resolve(port));
    });
  });
}

// Asks again until `check` says yes. An exception is a no (nobody answers yet).
export async function eventually(what, check, seconds = 120) {
  const end = Date.now() + seconds * 1000;
  let last = '';
  while (Date.now() < end) {
    try {
      if (await check()) return;
    } catch (error) {
      last = `: ${error}`;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${what} has not happened in ${seconds} s${last}`);
}

const answers = (url) => eventually(`an answer of ${url}`, async () => (await fetch(url, {signal: AbortSignal.timeout(10_000)})).ok);

// The single value of an expression; 0 where there is none.
async function valueOf(base, query) {
  const answer = await fetch(`${base}/api/v1/query?${new URLSearchParams({query})}`, {signal: AbortSignal.timeout(10_000)});
  return Number((await answer.json()).data.result[0]?.value[1] ?? 0);
}

class Process {
  constructor(name, command, args) {
    Object.assign(this, {name, command, args, output: ''});
  }
  async start(url) {
    this.child = spawn(this.command, this.args, {stdio: ['ignore', 'pipe', 'pipe']});
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.on('data', (data) => { this.output = (this.output + data).slice(-20_000); });
    }
    const failed = new Promise((_, reject) => {
      this.child.once('error', reject);
      this.child.once('exit', (code) => reject(new Error(`${this.name} ended with ${code}\n${this.output}`)));
    });
    failed.catch(() => undefined);
    this.failed = failed;
    await Promise.race([answers(url), failed]);
  }
  async stop(signal = 'SIGTERM') {
    const {child} = this;
    if (!child?.pid || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    const patience = setTimeout(() => child.kill('SIGKILL'), 60_000);
    await ended;
    clearTimeout(patience);
  }
}

const rules = `
groups:
  - name: machine
    interval: 1s
    rules:
      - {record: "job:up:sum", expr: "sum by (job) (up)"}
      - record: instance:node_cpu_utilisation:rate1m
        expr: 1 - avg without (cpu) (sum without (mode) (rate(node_cpu_seconds_total{mode=~"idle|iowait|steal"}[1m])))
        labels: {team: ops}
  - name: availability
    interval: 1s
    rules:
      - alert: TargetDown
        expr: up == 0
        for: 2s
        labels: {severity: critical}
        annotations: {summary: 'Target {{ $labels.instance }} of {{ $labels.job }} is down'}
      - alert: SlowScrape
        expr: scrape_duration_seconds > 0
        for: 1h
        labels: {severity: info}
        annotations: {summary: 'Scrapes of {{ $labels.instance }} take longer than they should'}
      - {alert: NeverFires, expr: "up > 1", labels: {severity: none}}
`;

const config = (ports) => `
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [rules.yml]
scrape_configs:
  - job_name: vigia
    metrics_path: ${ports.prefix}/metrics
    static_configs: [{targets: ['127.0.0.1:${ports.server}']}]
  - job_name: node
    static_configs: [{targets: ['127.0.0.1:${ports.exporter}'], labels: {__meta_rack: r1, site: home}}]
    relabel_configs:
      - {source_labels: [__meta_rack], target_label: rack}
  - job_name: missing
    static_configs: [{targets: ['127.0.0.1:1']}]
  - job_name: filtered
    static_configs: [{targets: ['127.0.0.1:1', '127.0.0.1:2']}]
    relabel_configs:
      - {source_labels: [__address__], regex: '.*:[12]', action: drop}
`;

// `prefix`: the route prefix, like "/monitoring". `more`: further scrape configurations, YAML. `flags`: of the server.
export async function startStack({prefix = '', more = '', flags = []} = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'vigia-ui-stack-'));
  const ports = {server: await freePort(), exporter: await freePort(), prefix};
  writeFileSync(join(folder, 'rules.yml'), rules);
  writeFileSync(join(folder, 'prometheus.yml'), config(ports) + more);
  const base = `http://127.0.0.1:${ports.server}${prefix}`;
  const exporter = new Process('node exporter', exporterBinary, [`--web.listen-address=127.0.0.1:${ports.exporter}`]);
  const server = new Process('vigia', binary, [`--config.file=${join(folder, 'prometheus.yml')}`, `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${ports.server}`, ...(prefix ? [`--web.route-prefix=${prefix}`] : []), ...flags]);
  const startExporter = () => exporter.start(`http://127.0.0.1:${ports.exporter}/`);
  const startServer = () => server.start(`${base}/-/ready`);
  const stop = async () => {
    await Promise.all([exporter.stop('SIGKILL'), server.stop()]);
    rmSync(folder, {recursive: true, force: true, maxRetries: 5});
  };
  // Twice, for rates; then names, labels and values are all there.
  const scraped = async () => {
    return await valueOf(base, 'count(count_over_time(node_load1[5m]) >= 2)') === 1
      && await valueOf(base, 'count(count_over_time(up{job=~"vigia|node|missing"}[5m]) >= 2)') === 3;
  };
  try {
    await Promise.all([startExporter(), startServer()]);
    await Promise.race([eventually('scraping', scraped), server.failed]);
  } catch (error) {
    await stop();
    throw new Error(`${error}\n${server.output}`);
  }
  return {
    base, valueOf: (query) => valueOf(base, query), ports, folder, startExporter, startServer,
    stopExporter: () => exporter.stop('SIGKILL'),
    stopServer: () => server.stop(),
    stop,
  };
}
