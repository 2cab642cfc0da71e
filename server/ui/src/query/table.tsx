// The result of an instant query, or of a range selector, as rows.
import {useMemo, useState} from 'preact/hooks';
import type {Histogram, LabelSet, QueryData} from '../api/types';
import {seriesName} from '../format/labels';
import {parseValue, plural} from '../format/number';
import {formatTime} from '../format/time';
import {Copy} from '../parts/copy';
import {Series} from '../parts/labels';
import {Empty} from '../parts/notice';
import {Virtual} from '../parts/virtual';
import {zone, type Zone} from '../settings';
import {useStore} from '../store';
import {HistogramFigure} from './histogram_figure';

interface Row {
  metric: LabelSet;
  lines: [timeMs: number | null, value: string][];  // No time: it is the query's.
  histograms: [timeMs: number | null, Histogram][];
}

type Order = 'none' | 'name' | 'down' | 'up';
const nextOrder = {name: {name: 'none', none: 'name', down: 'name', up: 'name'}, value: {none: 'down', name: 'down', down: 'up', up: 'none'}} as const;
const linesShown = 50;

function rowsOf(data: QueryData): Row[] {
  if (data.resultType === 'vector') {
    return data.result.map(({metric, value, histogram}) => ({
      metric, lines: value ? [[null, value[1]]] : [], histograms: histogram ? [[null, histogram[1]]] : [],
    }));
  }
  if (data.resultType === 'matrix') {
    return data.result.map(({metric, values = [], histograms = []}) => ({
      metric, lines: values.map(([t, v]) => [t * 1000, v]), histograms: histograms.map(([t, h]) => [t * 1000, h]),
    }));
  }
  return [{metric: {}, lines: [[null, data.result[1]]], histograms: []}];
}

const sortValue = (row: Row) => {
  const value = parseValue(row.lines[0]?.[1] ?? row.histograms[0]?.[1].count ?? 'NaN');
  return Number.isNaN(value) ? -Infinity : value;
};

function ordered(rows: Row[], order: Order): Row[] {
  if (order === 'none') return rows;
  if (order === 'name') {
    const named = rows.map((row) => [seriesName(row.metric), row] as const);
    return named.sort(([a], [b]) => a.localeCompare(b, 'en', {numeric: true})).map(([, row]) => row);
  }
  const sign = order === 'up' ? 1 : -1;
  return [...rows].sort((a, b) => sign * (sortValue(a) - sortValue(b)));
}

function Value({row, clock}: {row: Row; clock: Zone}) {
  const hidden = row.lines.length - linesShown;
  return (
    <div class="cell-value">
      {row.lines.slice(0, linesShown).map(([t, value]) => (
        <div key={t}>{value}{t !== null && <span class="muted"> @ {formatTime(t, clock)}</span>}</div>
      ))}
      {hidden > 0 && <div class="muted">and {plural(hidden, 'more sample')}</div>}
      {row.histograms.slice(0, 3).map(([t, histogram]) => (
        <HistogramFigure key={t} histogram={histogram} note={t === null ? '' : formatTime(t, clock)} />))}
    </div>
  );
}

const tsv = (rows: Row[]) => rows.map((row) => `${seriesName(row.metric)}\t${row.lines.map(([, v]) => v).join(' ')}`).join('\n');

export function ResultTable({data}: {data: QueryData}) {
  const clock = useStore(zone);
  const [order, setOrder] = useState<Order>('none');
  const rows = useMemo(() => rowsOf(data), [data]);
  const shown = useMemo(() => ordered(rows, order), [rows, order]);
  if (rows.length === 0) return <Empty title="Empty result.">The expression is fine, but no series matches it at this time.</Empty>;
  const single = data.resultType === 'scalar' || data.resultType === 'string';
  const mark = {none: '', name: '', down: ' ↓', up: ' ↑'}[order];
  return (
    <div class="result-table" role="table" aria-label="Result" aria-rowcount={rows.length + 1}>
      <div role="rowgroup">
        <div class="result-row head" role="row" aria-rowindex={1}>
          <span role="columnheader" aria-sort={order === 'name' ? 'ascending' : 'none'}>
            {single ? data.resultType : <button type="button" class="sort" onClick={() => setOrder(nextOrder.name[order])}>Series{order === 'name' && ' ↓'}</button>}
          </span>
          <span role="columnheader" class="figure" aria-sort={order === 'up' ? 'ascending' : order === 'down' ? 'descending' : 'none'}>
            {single ? 'Value' : <button type="button" class="sort" onClick={() => setOrder(nextOrder.value[order])}>Value{mark}</button>}
            <Copy text={() => tsv(shown)} label="Copy all rows" />
          </span>
        </div>
      </div>
      <Virtual role="rowgroup" items={shown} estimate={33} keyOf={(row, i) => `${i} ${row.lines.length}`}
        render={(row, i) => (
          <div class={row.histograms.length > 0 ? 'result-row with-histogram' : 'result-row'} role="row" aria-rowindex={i + 2} key={i}>
            <span role="cell">{single ? <span class="muted">{data.resultType}</span> : <Series labels={row.metric} />}</span>
            <span role="cell" class="figure"><Value row={row} clock={clock} /></span>
          </div>
        )} />
    </div>
  );
}
