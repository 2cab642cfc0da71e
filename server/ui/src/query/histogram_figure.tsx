// A native histogram: count, sum, and its buckets as bars.
import type {Histogram} from '../api/types';
import {bound, parseValue} from '../format/number';

const brackets: Record<number, [string, string]> = {0: ['(', ']'], 1: ['[', ')'], 2: ['(', ')'], 3: ['[', ']']};

export function HistogramFigure({histogram, note}: {histogram: Histogram; note: string}) {
  const buckets = histogram.buckets ?? [];
  const most = Math.max(1e-300, ...buckets.map((bucket) => parseValue(bucket[3])));
  return (
    <details class="histogram">
      <summary>count {histogram.count}, sum {histogram.sum} {note && <span class="muted">@ {note}</span>}</summary>
      <ul class="bars">
        {buckets.map(([rule, low, high, count]) => (
          <li key={low}>
            <span class="bar" style={{width: `${(100 * parseValue(count)) / most}%`}} />
            <span class="bar-name mono">{brackets[rule][0]}{bound(parseValue(low))}, {bound(parseValue(high))}{brackets[rule][1]}</span>
            <span class="figure">{count}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}
