// All metrics with type and help; for one metric its labels and values, to click an expression together.
import {useEffect, useMemo, useRef, useState} from 'preact/hooks';
import {useLive} from '../api/live';
import type {LabelSet, Metadata} from '../api/types';
import {matches, seriesName} from '../format/labels';
import {plural} from '../format/number';
import {Expression} from '../parts/expression';
import {Icon} from '../parts/icons';
import {LoadError, Loading, Notice} from '../parts/notice';
import {Search} from '../parts/search';
import {Virtual} from '../parts/virtual';

const seriesLimit = 10_000;
const valuesShown = 12;

interface Metric {
  name: string;
  type: string;
  help: string;
}

// Suffixes of what one metadata entry describes.
function describe(name: string, metadata: Record<string, Metadata[]>): Metric {
  const base = [name, name.replace(/_(bucket|count|sum|total|created|info)$/, '')].find((one) => metadata[one]);
  const about = base === undefined ? undefined : metadata[base][0];
  return {name, type: about?.type ?? '', help: about?.help ?? ''};
}

function suggestions({name, type}: Metric, selector: string): string[] {
  if (name.endsWith('_bucket')) return [selector, `histogram_quantile(0.95, sum by (le) (rate(${selector}[5m])))`];
  if (type === 'counter' || /_(total|count|sum)$/.test(name)) return [selector, `rate(${selector}[5m])`, `sum(rate(${selector}[5m]))`];
  if (type === 'histogram') return [selector, `histogram_quantile(0.95, sum(rate(${selector}[5m])))`];
  return [selector, `sum(${selector})`, `max_over_time(${selector}[1h])`];
}

function countValues(series: LabelSet[]): [label: string, values: [string, number][]][] {
  const counts = new Map<string, Map<string, number>>();
  for (const labels of series) {
    for (const [label, value] of Object.entries(labels)) {
      if (label === '__name__') continue;
      const values = counts.get(label) ?? new Map<string, number>();
      counts.set(label, values.set(value, (values.get(value) ?? 0) + 1));
    }
  }
  return [...counts].map(([label, values]) => [label, [...values].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]))]);
}

function Values({label, values, chosen, onChoose}: {
  label: string; values: [string, number][]; chosen?: string; onChoose: (value?: string) => void;
}) {
  const [all, setAll] = useState(false);
  const shown = all ? values.slice(0, 1000) : values.slice(0, valuesShown);
  return (
    <section class="explorer-label">
      <h3><span class="label-name">{label}</span> <span class="muted">{plural(values.length, 'value')}</span></h3>
      <div class="chips">
        {shown.map(([value, count]) => (
          <button key={value} type="button" class="chip" aria-pressed={value === chosen} title={plural(count, 'series', 'series')}
            onClick={() => onChoose(value === chosen ? undefined : value)}>{value || '""'} <span class="count">{count}</span></button>
        ))}
        {shown.length < values.length && !all && <button type="button" class="link" onClick={() => setAll(true)}>more</button>}
      </div>
    </section>
  );
}

function Details({metric, onInsert}: {metric: Metric; onInsert: (text: string) => void}) {
  const [chosen, setChosen] = useState<LabelSet>({});
  useEffect(() => setChosen({}), [metric.name]);
  const selector = seriesName({__name__: metric.name, ...chosen});
  const start = String(Math.floor(Date.now() / 60_000) * 60 - 3600);
  const {answer, error} = useLive<LabelSet[]>('series', {'match[]': seriesName({__name__: metric.name}), start, limit: String(seriesLimit)}, 0);
  const series = answer?.data;
  const labels = useMemo(() => countValues((series ?? []).filter((one) => Object.entries(chosen).every(([label, value]) => one[label] === value))),
    [series, chosen]);
  return (
    <div class="explorer-details">
      <h2 class="mono">{metric.name}</h2>
      <p>{metric.type && <span class="badge">{metric.type}</span>} {metric.help || <span class="muted">No help text.</span>}</p>
      <ul class="choices">
        {suggestions(metric, selector).map((expr) => (
          <li key={expr}><button type="button" onClick={() => onInsert(expr)} title="Insert"><Expression text={expr} /></button></li>))}
      </ul>
      <LoadError error={error} />
      {!series && !error && <Loading />}
      {series && series.length >= seriesLimit && <Notice kind="info">Only the first {plural(seriesLimit, 'series', 'series')} are counted.</Notice>}
      {labels.map(([label, values]) => (
        <Values key={label} label={label} values={values} chosen={chosen[label]}
          onChoose={(value) => {
            const next = {...chosen};
            if (value === undefined) delete next[label];
            else next[label] = value;
            setChosen(next);
          }} />
      ))}
    </div>
  );
}

export function Explorer({onInsert, onClose}: {onInsert: (text: string) => void; onClose: () => void}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [words, setWords] = useState('');
  const [name, setName] = useState<string>();
  const names = useLive<string[]>('label/__name__/values', {}, 0);
  const metadata = useLive<Record<string, Metadata[]>>('metadata', {}, 0);
  useEffect(() => dialog.current?.showModal(), []);

  const metrics = useMemo(() => (names.answer?.data ?? []).map((one) => describe(one, metadata.answer?.data ?? {})), [names.answer, metadata.answer]);
  const shown = useMemo(() => metrics.filter((one) => matches(`${one.name} ${one.type} ${one.help}`.toLowerCase(), words)), [metrics, words]);
  const metric = metrics.find((one) => one.name === name);

  return (
    <dialog ref={dialog} class="explorer" aria-label="Metrics explorer" onClose={onClose}
      onClick={(e) => e.target === dialog.current && dialog.current?.close()}>
      <div class="explorer-frame">
        <div class="explorer-head">
          <Search label="Search name, type, help" value={words} onChange={setWords} />
          <span class="muted">{plural(shown.length, 'metric')}</span>
          <button type="button" class="quiet" aria-label="Close" onClick={() => dialog.current?.close()}><Icon name="close" /></button>
        </div>
        <div class={`explorer-body ${metric ? 'has-details' : ''}`}>
          <div class="explorer-list">
            <LoadError error={names.error} />
            {!names.answer && !names.error && <Loading />}
            <Virtual boxed label="Metrics" items={shown} estimate={47} keyOf={(one) => one.name}
              render={(one) => (
                <div role="listitem" key={one.name}>
                  <button type="button" class="metric-row" aria-pressed={one.name === name} onClick={() => setName(one.name)}>
                    <span class="mono metric-name">{one.name}</span><span class="muted">{one.type}</span>
                    <span class="muted metric-help">{one.help}</span>
                  </button>
                </div>)} />
          </div>
          {metric && (
            <div class="explorer-side">
              <button type="button" class="link explorer-back" onClick={() => setName(undefined)}>All metrics</button>
              <Details metric={metric} onInsert={onInsert} />
            </div>)}
        </div>
      </div>
    </dialog>
  );
}
