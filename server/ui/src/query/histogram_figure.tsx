// A native histogram: count, sum, and its buckets as bars.
import type {Histogram} from '../api/types';
import {bound, parseValue, precise} from '../format/number';

const brackets: Record<number, [string, string]> = {0: ['(', ']'], 1: ['[', ')'], 2: ['(', ')'], 3: ['[', ']']};

// Enough digits to compare; the title has all.
const short = (value: string) => precise(parseValue(value));

export function HistogramFigure({histogram, note}: {histogram: Histogram; note: string}) {
  const buckets = histogram.buckets ?? [];
  const most = Math.max(1e-300, ...buckets.map((bucket) => parseValue(bucket[3])));
  return (
    <details class="histogram">
      <summary title={`count ${histogram.count}, sum ${histogram.sum}`}>
        count {short(histogram.count)}, sum {short(histogram.sum)} {note && <span class="muted">@ {note}</span>}
      </summary>
      <ul class="bars">
        {buckets.map(([rule, low, high, count]) => (
          <li key={low}>
            <span class="bar" style={{width: `${(100 * parseValue(count)) / most}%`}} />
            <span class="bar-name mono">{brackets[rule][0]}{bound(parseValue(low))}, {bound(parseValue(high))}{brackets[rule][1]}</span>
            <span class="figure" title={count}>{short(count)}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}
