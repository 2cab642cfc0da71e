// The drawing of a heatmap: uPlot gives axes and pointer, the cells are painted here.
import uPlot from 'uplot';
import {bound} from '../format/number';
import type {Zone} from '../settings';
import {timeAxis, valueAxis} from './axes';
import type {Grid} from './buckets';

export interface Cell {
  row: number;
  column: number;
  left: number;
  top: number;
  plot: {left: number; top: number; width: number; height: number};
}

const style = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// Light to strong in one hue; the square root lets rare buckets be seen beside full ones.
function paint(u: uPlot, grid: Grid): void {
  const {ctx, bbox} = u;
  const columns = u.data[0].length;
  // Edges on whole pixels: cells that share a pixel would show as lines.
  const width = bbox.width / Math.max(1, columns - 1);
  const edges = Array.from({length: columns + 1}, (_, column) => Math.round(bbox.left + (column - 0.5) * width));
  const height = bbox.height / grid.counts.length;
  const bottoms = Array.from({length: grid.counts.length + 1}, (_, row) => Math.round(bbox.top + bbox.height - row * height));
  const gap = height > 16 * devicePixelRatio ? Math.round(devicePixelRatio) : 0;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.fillStyle = style('--heat');
  grid.counts.forEach((row, r) => {
    row.forEach((count, column) => {
      if (count <= 0) return;
      ctx.globalAlpha = 0.08 + 0.92 * Math.sqrt(count / grid.most);
      ctx.fillRect(edges[column], bottoms[r + 1] + gap, edges[column + 1] - edges[column], bottoms[r] - bottoms[r + 1] - gap);
    });
  });
  ctx.restore();
}

export function createHeatmap(host: HTMLElement, size: {width: number; height: number}, input: {times: number[]; grid: Grid; zone: Zone},
  events: {onCell: (cell: Cell | null) => void; onZoom: (startS: number, endS: number) => void}): () => void {
  const {grid, times} = input;
  const rows = grid.counts.length;
  const colors = {text: style('--muted'), grid: style('--line')};
  const hover = (u: uPlot) => {
    const {left = -1, top = -1, idx} = u.cursor;
    const row = Math.floor(u.posToVal(top, 'y'));
    if (left < 0 || top < 0 || idx === null || idx === undefined || row < 0 || row >= rows) return events.onCell(null);
    const plot = {left: u.over.offsetLeft, top: u.over.offsetTop, width: u.over.clientWidth, height: u.over.clientHeight};
    return events.onCell({row, column: idx, left, top, plot});
  };
  const select = (u: uPlot) => {
    if (u.select.width < 4) return;
    events.onZoom(u.posToVal(u.select.left, 'x'), u.posToVal(u.select.left + u.select.width, 'x'));
  };
  const plot = new uPlot({
    ...size,
    tzDate: input.zone === 'UTC' ? (s) => uPlot.tzDate(new Date(s * 1000), 'Etc/UTC') : undefined,
    legend: {show: false},
    padding: [12, 22, 0, 0],
    scales: {x: {time: true, range: () => [times[0], times[times.length - 1]]}, y: {range: () => [0, rows]}},
    axes: [timeAxis(colors), {
      ...valueAxis(colors, (_, splits) => splits.map((edge) => bound(grid.edges[edge]))),
      splits: () => {
        const every = Math.ceil(rows / 12);
        return Array.from({length: Math.floor(rows / every) + 1}, (_, i) => i * every);
      },
    }],
    series: [{}, {paths: () => null, points: {show: false}}],
    cursor: {drag: {x: true, y: false, setScale: false}, points: {show: false}},
    hooks: {setCursor: [hover], setSelect: [select], draw: [(u: uPlot) => paint(u, grid)]},
  }, [times, times.map(() => 0)], host);
  return () => plot.destroy();
}
