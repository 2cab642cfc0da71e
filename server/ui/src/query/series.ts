// A range result in the form that graphs draw: one time axis, one array of values a series, null where there is none.
import {eachPoint, Points} from '../api/points';
import type {LabelSet, Point, RangeData} from '../api/types';
import type {Span} from './run';

// Null where there is no value; without gaps an array of numbers, which takes a third of the memory.
export type Values = (number | null)[] | Float64Array;

export interface Line {
  metric: LabelSet;
  color: string;
  values: Values;
  last: number | null;
  min: number | null;
  max: number | null;
  mean: number | null;
}

export interface Lines {
  times: number[];  // Seconds.
  lines: Line[];
  histograms: number;  // Series that have histograms and therefore no line.
}

// Told apart by hue and by lightness, readable on white and on near-black; blue, orange and green first, for those who do
// not see red and green alike.
const colors = ['#3b82f6', '#f08c2e', '#2fa36b', '#d9488b', '#8b6cf0', '#c9a21a', '#18a3b8', '#e0564a', '#7a9a3a', '#b06a3c', '#6f8bb5', '#a35bc9'];

export function timesOf({startMs, endMs, stepMs}: Span): number[] {
  const count = Math.floor((endMs - startMs) / stepMs) + 1;
  return Array.from({length: count}, (_, i) => (startMs + i * stepMs) / 1000);
}

function lineOf(metric: LabelSet, points: Points | Point[], index: number, span: Span, count: number): Line {
  const numbers = new Float64Array(count).fill(NaN);
  let min = Infinity;
  let max = -Infinity;
  let sum = 0;
  let seen = 0;
  let last: number | null = null;
  eachPoint(points, (t, value) => {
    const at = Math.round((t * 1000 - span.startMs) / span.stepMs);
    last = value;
    if (at < 0 || at >= count || !Number.isFinite(value)) return;
    if (Number.isNaN(numbers[at])) seen += 1;
    numbers[at] = value;
    if (value < min) min = value;
    if (value > max) max = value;
    sum += value;
  });
  const values: Values = seen === count ? numbers : Array.from(numbers, (value) => (Number.isNaN(value) ? null : value));
  const some = seen > 0;
  return {metric, color: colors[index % colors.length], values, last, min: some ? min : null, max: some ? max : null, mean: some ? sum / seen : null};
}

export function linesOf(data: RangeData, span: Span): Lines {
  const times = timesOf(span);
  const plain = data.result.filter((one) => one.values instanceof Points || (one.values && one.values.length > 0));
  return {
    times,
    lines: plain.map(({metric, values = []}, i) => lineOf(metric, values, i, span, times.length)),
    histograms: data.result.filter((one) => one.histograms && one.histograms.length > 0).length,
  };
}

// Running sums from the first line up. A gap of one line counts as nothing; where all have a gap, so has the stack.
export function stack(lines: Values[]): (number | null)[][] {
  const length = lines[0]?.length ?? 0;
  const sums = new Array<number>(length).fill(0);
  const some = Array.from({length}, (_, i) => lines.some((values) => values[i] !== null));
  return lines.map((values) => Array.from({length}, (_, i) => {
    sums[i] += values[i] ?? 0;
    return some[i] ? sums[i] : null;
  }));
}
