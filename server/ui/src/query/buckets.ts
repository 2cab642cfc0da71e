// Histograms over time as a grid: rows are buckets, columns are points in time, cells are counts.
import {eachPoint} from '../api/points';
import type {RangeData, RangeElement} from '../api/types';
import {parseValue} from '../format/number';
import type {Span} from './run';

export interface Grid {
  edges: number[];              // Row i lies between edges[i] and edges[i + 1].
  counts: Float64Array[];       // One a row, one number a column.
  most: number;
}

function fillNative(result: RangeElement[], span: Span, columns: number): Grid | undefined {
  const edges = new Set<number>();
  for (const {histograms = []} of result) {
    for (const [, histogram] of histograms) {
      for (const [, low, high] of histogram.buckets ?? []) edges.add(parseValue(low)).add(parseValue(high));
    }
  }
  if (edges.size < 2) return undefined;
  const sorted = [...edges].sort((a, b) => a - b);
  const rowOf = new Map(sorted.map((edge, i) => [edge, i]));
  const counts = Array.from({length: sorted.length - 1}, () => new Float64Array(columns));
  for (const {histograms = []} of result) {
    for (const [t, histogram] of histograms) {
      const column = Math.round((t * 1000 - span.startMs) / span.stepMs);
      if (column < 0 || column >= columns) continue;
      for (const [, low, high, count] of histogram.buckets ?? []) {
        const first = rowOf.get(parseValue(low)) ?? 0;
        const behind = rowOf.get(parseValue(high)) ?? first + 1;
        // Series with different schemas: a wide bucket is spread over the narrow ones of another.
        for (let row = first; row < behind; row += 1) if (counts[row]) counts[row][column] += parseValue(count) / (behind - first);
      }
    }
  }
  return {edges: sorted, counts, most: 0};
}

// Classic buckets are cumulative: a row is the difference to the bucket below.
function fillClassic(result: RangeElement[], span: Span, columns: number): Grid | undefined {
  const sums = new Map<number, Float64Array>();
  for (const {metric, values = []} of result) {
    if (metric.le === undefined) continue;
    const edge = parseValue(metric.le);
    const sum = sums.get(edge) ?? new Float64Array(columns);
    sums.set(edge, sum);
    eachPoint(values, (t, value) => {
      const column = Math.round((t * 1000 - span.startMs) / span.stepMs);
      if (Number.isFinite(value) && column >= 0 && column < columns) sum[column] += value;
    });
  }
  if (sums.size < 2) return undefined;
  const edges = [...sums.keys()].sort((a, b) => a - b);
  const counts = edges.map((edge, row) => {
    const below = row > 0 ? sums.get(edges[row - 1]) : undefined;
    return (sums.get(edge) ?? new Float64Array(columns)).map((value, i) => Math.max(0, value - (below?.[i] ?? 0)));
  });
  return {edges: [edges[0] > 0 ? 0 : -Infinity, ...edges], counts, most: 0};
}

// Nothing when the result has neither native histograms nor series with "le".
export function gridOf({result}: RangeData, span: Span, columns: number): Grid | undefined {
  const native = result.some((one) => one.histograms && one.histograms.length > 0);
  const grid = native ? fillNative(result, span, columns) : fillClassic(result, span, columns);
  if (!grid) return undefined;
  for (const row of grid.counts) for (const count of row) if (count > grid.most) grid.most = count;
  return grid;
}
