// The two axes of a graph: times with 24 hours, values with SI prefixes.
import type uPlot from 'uplot';

const font = '12px system-ui, sans-serif';

interface Colors {
  text: string;
  grid: string;
}

const prefixes = ['', 'k', 'M', 'G', 'T', 'P', 'E'];
const small = ['', 'm', 'µ', 'n'];

// Marks of one axis share a prefix, and have as many digits as tell them apart.
export function marks(values: number[]): string[] {
  const most = Math.max(...values.map(Math.abs));
  if (!(most > 0) || !Number.isFinite(most)) return values.map(String);
  // From a hundredth up, plain decimals are read faster than thousandths.
  const thousands = most >= 0.01 ? Math.min(prefixes.length - 1, Math.max(0, Math.floor(Math.log10(most) / 3 + 1e-9)))
    : Math.floor(Math.log10(most) / 3 + 1e-9);
  if (thousands < 1 - small.length || most >= 1e21) return values.map((v) => (v === 0 ? '0' : v.toExponential(2)));
  const unit = thousands >= 0 ? prefixes[thousands] : small[-thousands];
  const scaled = values.map((value) => value / 1000 ** thousands);
  const gap = values.length > 1 ? Math.abs(scaled[1] - scaled[0]) : Math.abs(scaled[0]);
  let digits = 0;
  while (digits < 9 && Math.abs(gap * 10 ** digits - Math.round(gap * 10 ** digits)) > 1e-6 * 10 ** digits * gap) digits += 1;
  return scaled.map((value) => (value === 0 ? '0' : `${value.toFixed(digits)}${unit}`));
}

export function valueAxis(colors: Colors, values: uPlot.Axis.DynamicValues = (_, splits) => marks(splits)): uPlot.Axis {
  return {
    stroke: colors.text, font, gap: 8,
    grid: {stroke: colors.grid, width: 1},
    ticks: {show: false},
    values,
    size: (u, texts, axis, cycle) => {
      const before = u.axes[axis] as uPlot.Axis & {_size?: number};
      if (cycle > 1) return before._size ?? 50;
      const longest = (texts ?? []).reduce((a, b) => (b.length > a.length ? b : a), '');
      u.ctx.font = (u.axes[axis].font as unknown as string[])[0];
      return Math.max(44, Math.ceil(u.ctx.measureText(longest).width / devicePixelRatio) + 18);
    },
  };
}

const day = 86_400;
const date = '\n{YYYY}-{MM}-{DD}';

export function timeAxis(colors: Colors): uPlot.Axis {
  return {
    stroke: colors.text, font, gap: 6, size: 44, space: 80,
    grid: {stroke: colors.grid, width: 1},
    ticks: {stroke: colors.grid, width: 1, size: 5},
    // Distance of the marks, text, and what is added where year, month or day, …, changes.
    values: [
      [day * 365, '{YYYY}', null, null, null, null, null, null, 1],
      [day * 28, '{YYYY}-{MM}', null, null, null, null, null, null, 1],
      [day, '{MM}-{DD}', '\n{YYYY}', null, null, null, null, null, 1],
      [60, '{HH}:{mm}', date, null, date, null, null, null, 1],
      [1, '{HH}:{mm}:{ss}', date, null, date, null, null, null, 1],
      [0.001, '{ss}.{fff}', `${date} {HH}:{mm}`, null, date, null, '\n{HH}:{mm}', null, 1],
    ],
  };
}
