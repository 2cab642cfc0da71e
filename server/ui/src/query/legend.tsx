// The series of a graph with their figures. A click on a name shows it alone, a click on the mark hides it.
import {useMemo, useState} from 'preact/hooks';
import {precise} from '../format/number';
import {seriesName} from '../format/labels';
import {Series} from '../parts/labels';
import {Virtual} from '../parts/virtual';
import type {Line} from './series';

type Column = 'name' | 'last' | 'min' | 'mean' | 'max';
const columns: {key: Exclude<Column, 'name'>; text: string}[] = [
  {key: 'last', text: 'Last'}, {key: 'min', text: 'Min'}, {key: 'mean', text: 'Mean'}, {key: 'max', text: 'Max'},
];
const boxedFrom = 12;

const keyOf = (line: Line) => JSON.stringify(line.metric);

function sorted(lines: Line[], by: Column | null, falling: boolean): Line[] {
  if (by === null) return lines;
  const sign = falling ? -1 : 1;
  if (by === 'name') {
    return lines.map((line) => [seriesName(line.metric), line] as const)
      .sort(([a], [b]) => sign * a.localeCompare(b, 'en', {numeric: true})).map(([, line]) => line);
  }
  return [...lines].sort((a, b) => sign * ((a[by] ?? -Infinity) - (b[by] ?? -Infinity)));
}

export function Legend({lines, hidden, onChange, onFocus}: {
  lines: Line[]; hidden: Set<string>; onChange: (hidden: Set<string>) => void; onFocus: (line: Line | null) => void;
}) {
  const [order, setOrder] = useState<{by: Column | null; falling: boolean}>({by: null, falling: true});
  const shown = useMemo(() => sorted(lines, order.by, order.falling), [lines, order]);
  const sortBy = (by: Column) => {
    if (order.by !== by) setOrder({by, falling: by !== 'name'});
    else if (order.falling === (by !== 'name')) setOrder({by, falling: !order.falling});
    else setOrder({by: null, falling: true});
  };
  const toggle = (line: Line) => {
    const next = new Set(hidden);
    if (!next.delete(keyOf(line))) next.add(keyOf(line));
    onChange(next);
  };
  const alone = (line: Line, event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey) return toggle(line);
    const only = hidden.size === lines.length - 1 && !hidden.has(keyOf(line));
    return onChange(only ? new Set() : new Set(lines.filter((one) => one !== line).map(keyOf)));
  };
  const mark = (by: Column) => (order.by === by ? (order.falling ? ' ↓' : ' ↑') : '');
  const sortState = (by: Column) => (order.by !== by ? 'none' as const : order.falling ? 'descending' as const : 'ascending' as const);

  return (
    <div class="legend" role="table" aria-label="Series of the graph" aria-rowcount={lines.length + 1}>
      <div role="rowgroup">
        <div class="legend-row head" role="row">
          <span role="columnheader" aria-sort={sortState('name')}><button type="button" class="sort" onClick={() => sortBy('name')}>Series{mark('name')}</button></span>
          {columns.map(({key, text}) => (
            <span role="columnheader" class="figure" key={key} aria-sort={sortState(key)}>
              <button type="button" class="sort" onClick={() => sortBy(key)}>{text}{mark(key)}</button>
            </span>
          ))}
        </div>
      </div>
      <Virtual role="rowgroup" boxed={lines.length > boxedFrom} label="Series" items={shown} estimate={29} keyOf={(_, i) => String(i)}
        render={(line, i) => (
          <div key={i} role="row" class={`legend-row ${hidden.has(keyOf(line)) ? 'is-hidden' : ''}`}
            onMouseEnter={() => onFocus(hidden.has(keyOf(line)) ? null : line)} onMouseLeave={() => onFocus(null)}>
            <span role="cell" class="legend-name">
              <button type="button" class="swatch-button" aria-pressed={!hidden.has(keyOf(line))} aria-label={`Show ${seriesName(line.metric)}`}
                title="Hide or show" onClick={() => toggle(line)}><span class="swatch" style={{background: line.color}} /></button>
              <button type="button" class="legend-label" title="Show only this one; again: all" onClick={(e) => alone(line, e)}><Series labels={line.metric} /></button>
            </span>
            {columns.map(({key}) => <span role="cell" class="figure" key={key}>{precise(line[key])}</span>)}
          </div>
        )} />
    </div>
  );
}
