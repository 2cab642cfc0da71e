// The drawing of a graph with uPlot, and what the pointer does on it.
import uPlot from 'uplot';
import type {ExemplarSeries} from '../api/types';
import {parseValue} from '../format/number';
import type {Zone} from '../settings';
import {timeAxis, valueAxis} from './axes';
import {stack, type Line, type Values} from './series';

export interface PlotInput {
  times: number[];
  lines: Line[];  // The visible ones.
  stacked: boolean;
  fromZero: boolean;
  zone: Zone;
  startS: number;
  endS: number;
  exemplars: ExemplarSeries[];
}

export interface Hover {
  left: number;  // Within the plotting area, CSS pixels; `plot` is that area's place in the host.
  top: number;
  plot: {left: number; top: number; width: number; height: number};
  timeS: number;
  index: number;
  nearest: number;  // Of `lines`; -1: none has a value here.
  exemplar?: {series: ExemplarSeries; at: number};
}

export interface PlotEvents {
  onHover: (hover: Hover | null) => void;
  onZoom: (startS: number, endS: number) => void;
}

export interface Plot {
  resize: (width: number, height: number) => void;
  highlight: (line: number | null) => void;
  destroy: () => void;
}

const style = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// Points that have no neighbour would not be seen as a line.
function lonely(values: Values): number[] {
  const out: number[] = [];
  if (values instanceof Float64Array && values.length > 1) return out;
  for (let i = 0; i < values.length; i += 1) {
    if (values[i] != null && values[i - 1] == null && values[i + 1] == null) out.push(i);
  }
  return out;
}

function seriesOptions(input: PlotInput, drawn: Values[]): uPlot.Series[] {
  const many = input.lines.length > 100;
  return input.lines.map((line, i) => ({
    stroke: line.color,
    width: many ? 1 : 1.5,
    fill: input.stacked ? `${line.color}40` : undefined,
    points: {show: lonely(drawn[i]).length > 0, size: 5, fill: line.color, filter: (u, s) => lonely(u.data[s] as Values)},
  }));
}

function drawExemplars(u: uPlot, exemplars: ExemplarSeries[]): void {
  const {ctx, bbox} = u;
  const size = 4 * devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.fillStyle = style('--accent');
  for (const {exemplars: points} of exemplars) {
    for (const {timestamp, value} of points) {
      const x = u.valToPos(timestamp, 'x', true);
      // One beyond the axis is shown at its end: exemplars may be of another size than what is computed of their series.
      const y = Math.min(bbox.top + bbox.height - size, Math.max(bbox.top + size, u.valToPos(parseValue(value), 'y', true)));
      ctx.beginPath();
      ctx.moveTo(x, y - size);
      ctx.lineTo(x + size, y);
      ctx.lineTo(x, y + size);
      ctx.lineTo(x - size, y);
      ctx.fill();
    }
  }
  ctx.restore();
}

function exemplarAt(u: uPlot, exemplars: ExemplarSeries[], left: number, top: number): Hover['exemplar'] {
  const height = u.over.clientHeight;
  for (const series of exemplars) {
    const at = series.exemplars.findIndex(({timestamp, value}) =>
      Math.hypot(u.valToPos(timestamp, 'x') - left, Math.min(height - 4, Math.max(4, u.valToPos(parseValue(value), 'y'))) - top) < 8);
    if (at >= 0) return {series, at};
  }
  return undefined;
}

// The line under the pointer: in a stack the area, otherwise the closest by height.
function nearestLine(u: uPlot, drawn: Values[], index: number, top: number, stacked: boolean): number {
  let best = -1;
  let distance = Infinity;
  const pointer = u.posToVal(top, 'y');
  for (let i = 0; i < drawn.length; i += 1) {
    const value = drawn[i][index];
    if (value === null || value === undefined) continue;
    if (stacked && value >= pointer) return i;
    const gap = Math.abs(value - pointer);
    if (gap < distance) {
      distance = gap;
      best = i;
    }
  }
  return best;
}

// One line again, thicker, on a canvas above the others: they need not be drawn anew for it.
function highlighter(u: uPlot, drawn: Values[], lines: Line[]): (line: number | null) => void {
  const canvas = document.createElement('canvas');
  canvas.className = 'plot-highlight';
  u.over.prepend(canvas);
  return (line) => {
    const {width, height} = u.over.getBoundingClientRect();
    canvas.width = Math.round(width * devicePixelRatio);
    canvas.height = Math.round(height * devicePixelRatio);
    const ctx = canvas.getContext('2d');
    if (line === null || !ctx || !drawn[line]) return;
    ctx.scale(devicePixelRatio, devicePixelRatio);
    ctx.beginPath();
    let pen = false;
    for (let i = 0; i < drawn[line].length; i += 1) {
      const value = drawn[line][i];
      if (value === null) {
        pen = false;
        continue;
      }
      const x = u.valToPos(u.data[0][i], 'x');
      const y = u.valToPos(value, 'y');
      if (pen) ctx.lineTo(x, y);
      else ctx.moveTo(x, y);
      pen = true;
    }
    ctx.lineJoin = 'round';
    for (const [color, thick] of [[style('--surface'), 6], [lines[line].color, 2.5]] as const) {
      ctx.strokeStyle = color;
      ctx.lineWidth = thick;
      ctx.stroke();
    }
  };
}

function range(fromZero: boolean): uPlot.Range.Function {
  return (_, min, max) => {
    if (min === null || max === null) return [0, 1];
    const low = fromZero ? Math.min(0, min) : min;
    if (low === max) return low === 0 ? [-1, 1] : [low - Math.abs(low) * 0.1, max + Math.abs(max) * 0.1];
    const room = (max - low) * 0.05;
    return [fromZero && low === 0 ? 0 : low - room, max + room];
  };
}

export function createPlot(host: HTMLElement, size: {width: number; height: number}, input: PlotInput, events: PlotEvents): Plot {
  const values = input.lines.map((line) => line.values);
  const drawn = input.stacked ? stack(values) : values;
  const bands = input.stacked ? drawn.slice(1).map((_, i): uPlot.Band => ({series: [i + 2, i + 1]})) : undefined;
  let show: (line: number | null) => void = () => undefined;

  const hover = (u: uPlot) => {
    const {left = -1, top = -1, idx} = u.cursor;
    if (left < 0 || top < 0 || idx === null || idx === undefined) {
      show(null);
      events.onHover(null);
      return;
    }
    const nearest = nearestLine(u, drawn, idx, top, input.stacked);
    show(nearest < 0 ? null : nearest);
    const plot = {left: u.over.offsetLeft, top: u.over.offsetTop, width: u.over.clientWidth, height: u.over.clientHeight};
    events.onHover({left, top, plot, timeS: input.times[idx], index: idx, nearest, exemplar: exemplarAt(u, input.exemplars, left, top)});
  };
  const select = (u: uPlot) => {
    if (u.select.width < 4) return;
    const [from, to] = [u.posToVal(u.select.left, 'x'), u.posToVal(u.select.left + u.select.width, 'x')];
    u.setSelect({left: 0, top: 0, width: 0, height: 0}, false);
    events.onZoom(from, to);
  };

  const colors = {text: style('--muted'), grid: style('--line')};
  const plot = new uPlot({
    ...size,
    tzDate: input.zone === 'UTC' ? (s) => uPlot.tzDate(new Date(s * 1000), 'Etc/UTC') : undefined,
    legend: {show: false},
    padding: [12, 22, 0, 0],
    scales: {
      x: {time: true, range: () => [input.startS, input.endS]},
      y: {range: range(input.fromZero || input.stacked)},
    },
    axes: [timeAxis(colors), valueAxis(colors)],
    series: [{}, ...seriesOptions(input, drawn)],
    bands,
    cursor: {drag: {x: true, y: false, setScale: false}, points: {show: input.lines.length <= 100, size: 6}, y: false},
    hooks: {
      // For whoever measures: the graph stands.
      ready: [() => performance.mark('graph-drawn')],
      setCursor: [hover], setSelect: [select],
      draw: input.exemplars.length > 0 ? [(u: uPlot) => drawExemplars(u, input.exemplars)] : [],
    },
  }, [input.times, ...drawn] as uPlot.AlignedData, host);
  show = highlighter(plot, drawn, input.lines);
  return {
    resize: (width, height) => plot.setSize({width, height}),
    highlight: (line) => show(line),
    destroy: () => plot.destroy(),
  };
}
