// Buckets of histograms over time.
import {useEffect, useMemo, useRef, useState} from 'preact/hooks';
import {bound, precise} from '../format/number';
import {formatTime} from '../format/time';
import {Empty} from '../parts/notice';
import {zone} from '../settings';
import {useStore} from '../store';
import {dark} from '../theme';
import {gridOf} from './buckets';
import {type GraphProps, heightFor, placeOf, useWidth, ZoomOut, zoomed} from './graph';
import type {Cell} from './heatmap_plot';
import {timesOf} from './series';

export function Heatmap({outcome, state, onChange}: GraphProps) {
  const {ref: frame, width} = useWidth();
  const canvas = useRef<HTMLDivElement>(null);
  const [cell, setCell] = useState<Cell | null>(null);
  const clock = useStore(zone);
  const isDark = useStore(dark);
  const change = useRef(onChange);
  change.current = onChange;
  const {span} = outcome;
  const times = useMemo(() => timesOf(span), [span]);
  const grid = useMemo(() => gridOf(outcome.answer.data, span, times.length), [outcome]);

  useEffect(() => {
    if (width === 0 || !grid) return undefined;
    let gone = false;
    let destroy = () => {};
    import('./heatmap_plot').then(({createHeatmap}) => {
      if (gone || !canvas.current) return;
      destroy = createHeatmap(canvas.current, {width, height: heightFor(width)}, {times, grid, zone: clock},
        {onCell: setCell, onZoom: (from, to) => change.current(zoomed(from, to))});
    }, () => undefined);
    return () => {
      gone = true;
      setCell(null);
      destroy();
    };
  }, [grid, width, clock, isDark]);

  return (
    <>
      {!grid && <Empty title="No histogram in this range.">A heatmap needs native histograms, or buckets with the label <code>le</code>, such as
        {' '}<code>sum by (le) (rate(name_bucket[5m]))</code>.</Empty>}
      <div class="graph" hidden={!grid} ref={frame} style={{height: `${heightFor(width)}px`}}>
        <div ref={canvas} role="img" aria-label="Heatmap of histogram buckets" />
        {grid && cell && (
          <div class="tooltip" style={placeOf(cell)}>
            <div class="muted">{formatTime(times[cell.column] * 1000, clock)}</div>
            <strong>{precise(grid.counts[cell.row][cell.column])}</strong>
            <div>from {bound(grid.edges[cell.row])} to {bound(grid.edges[cell.row + 1])}</div>
          </div>
        )}
        <ZoomOut state={state} onChange={onChange} />
      </div>
    </>
  );
}
