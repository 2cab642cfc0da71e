// When alerts of a rule were pending and firing, from the series ALERTS that the server writes for them.
import {useMemo, useState} from 'preact/hooks';
import {useLive} from '../api/live';
import type {LabelSet, MatrixElement} from '../api/types';
import {seriesName} from '../format/labels';
import {plural} from '../format/number';
import {formatTime, roughly} from '../format/time';
import {Segments} from '../parts/choice';
import {Icon} from '../parts/icons';
import {Labels} from '../parts/labels';
import {LoadError, Loading} from '../parts/notice';
import {followLink} from '../router';
import {zone} from '../settings';
import {useStore} from '../store';

const hour = 3600;
const spans = [{value: '1h', seconds: hour}, {value: '6h', seconds: 6 * hour}, {value: '1d', seconds: 24 * hour}, {value: '7d', seconds: 168 * hour},
  {value: '30d', seconds: 720 * hour}] as const;
type SpanName = (typeof spans)[number]['value'];
const points = 360;
const rowsShown = 50;

interface Stretch {
  state: 'pending' | 'firing';
  from: number;  // Seconds; a point stands for the step that ends with it.
  to: number;
}

interface Row {
  key: string;
  labels: LabelSet;
  stretches: Stretch[];
  firingSeconds: number;
}

// Points that follow each other within `gap` are one stretch.
function stretchesOf({metric, values = []}: MatrixElement, step: number, gap: number): Stretch[] {
  const state = metric.alertstate === 'firing' ? 'firing' : 'pending';
  const out: Stretch[] = [];
  for (const [time] of values) {
    const last = out[out.length - 1];
    if (last && time - last.to < gap) last.to = time;
    else out.push({state, from: time - step, to: time});
  }
  return out;
}

// Pending and firing of the same alert are one row; those that fired longest come first.
function rowsOf(result: MatrixElement[], step: number, gap: number): Row[] {
  const rows = new Map<string, Row>();
  for (const element of result) {
    const {__name__: _, alertname: __, alertstate: ___, ...labels} = element.metric;
    const key = seriesName(labels);
    const row = rows.get(key) ?? {key, labels, stretches: [], firingSeconds: 0};
    rows.set(key, row);
    for (const stretch of stretchesOf(element, step, gap)) {
      row.stretches.push(stretch);
      if (stretch.state === 'firing') row.firingSeconds += stretch.to - stretch.from;
    }
  }
  return [...rows.values()].sort((a, b) => b.firingSeconds - a.firingSeconds || a.key.localeCompare(b.key, 'en', {numeric: true}));
}

function Strip({row, start, end}: {row: Row; start: number; end: number}) {
  const clock = useStore(zone);
  const percent = (time: number) => (100 * (Math.max(start, time) - start)) / (end - start);
  const time = (seconds: number) => formatTime(Math.round(seconds) * 1000, clock);
  const fired = row.stretches.filter((one) => one.state === 'firing').length;
  return (
    <li class="history-row">
      <span class="history-labels">{Object.keys(row.labels).length > 0 ? <Labels labels={row.labels} /> : <span class="muted small">no labels</span>}</span>
      <span class="history-strip" role="img" aria-label={row.firingSeconds > 0
        ? `fired ${plural(fired, 'time')}, ${roughly(row.firingSeconds * 1000)} in all` : 'pending only'}>
        {[...row.stretches].sort((a) => (a.state === 'pending' ? -1 : 1)).map(({state, from, to}) => (
          <span key={`${state} ${from}`} class={`stretch ${state}`} title={`${state} from ${time(from)} to ${time(to)} (${roughly((to - from) * 1000)})`}
            style={{left: `${percent(from)}%`, width: `${Math.max(0.3, percent(to) - percent(from))}%`}} />
        ))}
      </span>
      <span class="figure small muted">{row.firingSeconds > 0 ? roughly(row.firingSeconds * 1000) : '–'}</span>
    </li>
  );
}

function History({selector, interval}: {selector: string; interval: number}) {
  const clock = useStore(zone);
  const [name, setName] = useState<SpanName>('1d');
  const span = spans.find((one) => one.value === name) ?? spans[2];
  const step = span.seconds / points;
  // The end stays while one looks; a longer or shorter span asks for the present again.
  const end = useMemo(() => Math.floor(Date.now() / 1000), [name]);
  const start = end - span.seconds;
  // Over the whole step, so that an alert of a few seconds is not missed in a month.
  const query = `last_over_time(${selector}[${step}s])`;
  const {answer, error} = useLive<{result: MatrixElement[]}>('query_range', {query, start: String(start), end: String(end), step: String(step)}, 0);
  const rows = useMemo(() => rowsOf(answer?.data.result ?? [], step, 1.5 * Math.max(step, interval)), [answer]);
  const search = new URLSearchParams({'g0.expr': selector, 'g0.tab': 'graph', 'g0.range_input': name});
  return (
    <div class="history">
      <div class="row-tools history-tools">
        <Segments label="How far back" options={spans.map(({value}) => ({value, text: value}))} value={name} onChange={setName} />
        <a href={`query?${search}`} onClick={followLink}>Open as a graph</a>
      </div>
      <LoadError error={error} />
      {!answer && !error && <Loading />}
      {answer && rows.length === 0 && <p class="muted">No alert of this rule in the last {name}, or none that the server still keeps.</p>}
      {rows.length > 0 && (
        <>
          <ul class="plain" aria-label="History of the alerts">
            {rows.slice(0, rowsShown).map((row) => <Strip key={row.key} row={row} start={start} end={end} />)}
          </ul>
          <div class="history-row history-axis small muted" aria-hidden="true">
            <span /><span class="history-ends"><span>{formatTime(start * 1000, clock)}</span><span>{formatTime(end * 1000, clock)}</span></span><span class="figure">fired</span>
          </div>
        </>
      )}
      {rows.length > rowsShown && <p class="muted">The {rowsShown} that fired longest, of {plural(rows.length, 'alert')}.</p>}
    </div>
  );
}

// `labels`: of the rule, which tell rules of one name apart; those made by a template do not. `interval`: between evaluations, seconds.
export function AlertHistory({name, labels, interval}: {name: string; labels: LabelSet; interval: number}) {
  const [open, setOpen] = useState(false);
  const plain = Object.fromEntries(Object.entries(labels).filter(([, value]) => !value.includes('{{')));
  return (
    <div>
      <button type="button" class="disclosure history-toggle" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon name={open ? 'down' : 'right'} />History</button>
      {open && <History selector={seriesName({__name__: 'ALERTS', alertname: name, ...plain})} interval={interval} />}
    </div>
  );
}
