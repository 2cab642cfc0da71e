// What fills the storage: totals, and the names and labels with the most series.
import {useLive} from '../api/live';
import {useOwnMetrics} from '../api/own_metrics';
import type {NameValue, TsdbStatus} from '../api/types';
import {bytes, compact, integer, plural} from '../format/number';
import {formatDuration, formatTime, roughly} from '../format/time';
import {useNow} from '../parts/clock';
import {Empty, LoadError, Loading, Notice} from '../parts/notice';
import {followLink, parameter, place, setParameter} from '../router';
import {zone} from '../settings';
import {useStore} from '../store';
import {StorageMaintenance} from './status_maintenance';
import {StorageRetention} from './status_retention';

interface Ranking {
  title: string;
  unit: string;
  rows: NameValue[];
  format?: (value: number) => string;
  expression?: (name: string) => string;
}

const quoted = (name: string) => JSON.stringify(name);

// "label=value" of a pair; the first "=" ends the name, for a classic label name has none.
function selectorOf(pair: string): string {
  const at = pair.indexOf('=');
  return `{${pair.slice(0, at)}=${quoted(pair.slice(at + 1))}}`;
}

function rankings(status: TsdbStatus): Ranking[] {
  return [
    {title: 'Series by metric', unit: 'series', rows: status.seriesCountByMetricName, expression: (name) => `count({__name__=${quoted(name)}})`},
    {title: 'Series by label pair', unit: 'series', rows: status.seriesCountByLabelValuePair,
      expression: (pair) => `topk(20, count by (__name__) (${selectorOf(pair)}))`},
    {title: 'Values by label', unit: 'values', rows: status.labelValueCountByLabelName,
      expression: (name) => `topk(20, count by (${name}) ({${name}!="",__name__!=""}))`},
    {title: 'Memory by label', unit: 'bytes', rows: status.memoryInBytesByLabelName, format: bytes},
  ];
}

function RankingCard({ranking}: {ranking: Ranking}) {
  const most = Math.max(1, ...ranking.rows.map((row) => row.value));
  return (
    <section class="card">
      <h2>{ranking.title}</h2>
      {ranking.rows.length === 0 && <p class="muted">Nothing yet.</p>}
      <ul class="bars">
        {ranking.rows.map((row) => {
          const expr = ranking.expression?.(row.name);
          const search = new URLSearchParams({'g0.expr': expr ?? '', 'g0.tab': 'table'});
          return (
            <li key={row.name}>
              <span class="bar" style={{width: `${(100 * row.value) / most}%`}} />
              <span class="bar-name mono" title={row.name}>
                {expr ? <a href={`query?${search}`} onClick={followLink}>{row.name}</a> : row.name}
              </span>
              <span class="figure">{(ranking.format ?? integer)(row.value)}</span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function Figure({name, value, note}: {name: string; value: string; note?: string}) {
  return <div class="big-figure"><span class="muted">{name}</span><strong>{value}</strong>{note && <span class="muted">{note}</span>}</div>;
}

// What is kept where, and how long. A figure that the server does not have is left out.
function Kept() {
  const now = useNow();
  const metrics = useOwnMetrics(15_000);
  if (!metrics) return null;
  const value = (name: string) => metrics.get(name);
  const partitions = value('prometheus_tsdb_blocks_loaded');
  const oldest = value('prometheus_tsdb_lowest_timestamp_seconds');
  const seconds = value('prometheus_tsdb_retention_limit_seconds') ?? 0;
  const most = value('prometheus_tsdb_retention_limit_bytes') ?? 0;
  const limits = [seconds > 0 && formatDuration(seconds * 1000), most > 0 && bytes(most)].filter(Boolean).join(' or ');
  const age = oldest !== undefined && oldest > 0 && oldest < now / 1000 ? `oldest sample ${roughly(now - oldest * 1000)} ago` : undefined;
  const samples = value('prometheus_tsdb_head_samples_appended_total');
  const started = value('process_start_time_seconds');
  const figures: [name: string, bytes: number | undefined, note?: string][] = [
    ['Sealed on disk', value('prometheus_tsdb_storage_blocks_bytes'), partitions === undefined ? undefined : plural(partitions, 'partition')],
    ['Write log', value('prometheus_tsdb_wal_storage_size_bytes')],
    ['In memory', value('vigia_storage_head_bytes'), 'not sealed yet'],
    ['Free on the disk', value('vigia_storage_free_bytes')],
  ];
  return (
    <>
      {value('vigia_storage_read_only') === 1 && (
        <Notice kind="error">The disk is nearly full: samples are refused until there is space again. Queries go on.</Notice>)}
      <div class="big-figures">
        {figures.map(([name, size, note]) => size !== undefined && <Figure key={name} name={name} value={bytes(size)} note={note} />)}
        {seconds + most > 0 && <Figure name="Kept for" value={limits} note={age} />}
        {samples !== undefined && samples > 0 && started !== undefined && (
          <Figure name="Samples taken in" value={compact(samples)} note={`${compact(samples / Math.max(1, now / 1000 - started))} a second since the start`} />)}
      </div>
    </>
  );
}

export function StorageView() {
  useStore(place);
  const clock = useStore(zone);
  const limit = parameter('limit') || '10';
  const {answer, error} = useLive<TsdbStatus>('status/tsdb', {limit}, 15_000);
  const status = answer?.data;
  const head = status?.headStats;
  const filled = head && head.maxTime > 0 && head.minTime <= head.maxTime;
  return (
    <>
      <LoadError error={error} />
      {!status && !error && <Loading />}
      {head && (
        <div class="big-figures">
          <Figure name="Series" value={integer(head.numSeries)} />
          {head.numLabelPairs !== undefined && <Figure name="Label pairs" value={integer(head.numLabelPairs)} />}
          <Figure name="Chunks" value={integer(head.chunkCount)} />
          {filled && <Figure name="Head spans" value={roughly(head.maxTime - head.minTime)} note={`since ${formatTime(Math.floor(head.minTime / 1000) * 1000, clock)}`} />}
        </div>
      )}
      {status && <Kept />}
      {status && (
        <>
          <div class="row-tools">
            <label>Show the top <select value={limit} onChange={(e) => setParameter('limit', e.currentTarget.value)}>
              {['10', '20', '50', '100', '1000'].map((n) => <option key={n} value={n}>{n}</option>)}
            </select></label>
          </div>
          {status.headStats.numSeries === 0 && <Empty title="No series yet." />}
          <div class="card-grid rankings">{rankings(status).map((ranking) => <RankingCard key={ranking.title} ranking={ranking} />)}</div>
        </>
      )}
      {status && <StorageRetention />}
      {status && <StorageMaintenance />}
    </>
  );
}
