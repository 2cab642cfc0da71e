// What a panel shows, and its form in the address: gN.expr, gN.tab, … as Prometheus writes and reads them.
import {formatDuration, formatTime, parseDuration, parseTimeInput} from '../format/time';

export type Tab = 'table' | 'graph' | 'explain';
export type Display = 'lines' | 'stacked' | 'heatmap';
export type Density = 'low' | 'medium' | 'high';
export type Resolution = {type: 'auto'; density: Density} | {type: 'fixed' | 'custom'; stepMs: number};

export interface PanelState {
  id: number;           // Only within the page.
  expr: string;
  tab: Tab;
  rangeMs: number;
  endMs: number | null;  // Null: now.
  resolution: Resolution;
  display: Display;
  fromZero: boolean;
  exemplars: boolean;
}

let lastId = 0;

export function newPanel(from: Partial<PanelState> = {}): PanelState {
  lastId += 1;
  return {
    expr: '', tab: 'table', rangeMs: 3_600_000, endMs: null, resolution: {type: 'auto', density: 'medium'}, display: 'lines',
    fromZero: false, exemplars: false, ...from, id: lastId,
  };
}

const points: Record<Density, number> = {low: 100, medium: 250, high: 750};

// Distance of the points of a graph, whole seconds unless the range is very short.
export function stepOf({resolution, rangeMs}: PanelState): number {
  if (resolution.type !== 'auto') return Math.max(1, resolution.stepMs);
  const raw = rangeMs / points[resolution.density];
  return raw >= 1000 ? Math.floor(raw / 1000) * 1000 : Math.max(1000, Math.round(raw));
}

type Reader = (panel: PanelState, value: string) => void;

const readTime: Reader = (panel, value) => {
  const ms = parseTimeInput(value, 'UTC') ?? (/^\d+(\.\d+)?$/.test(value) ? Number(value) * 1000 : undefined);
  if (ms !== undefined) panel.endMs = ms;
};

const readers: Record<string, Reader> = {
  expr: (panel, value) => { panel.expr = value; },
  tab: (panel, value) => {
    const tabs: Record<string, Tab> = {0: 'graph', 1: 'table', graph: 'graph', table: 'table', explain: 'explain'};
    panel.tab = tabs[value] ?? panel.tab;
  },
  show_tree: (panel, value) => { if (value === '1') panel.tab = 'explain'; },
  display_mode: (panel, value) => { if (value === 'lines' || value === 'stacked' || value === 'heatmap') panel.display = value; },
  stacked: (panel, value) => { if (value === '1') panel.display = 'stacked'; },
  range_input: (panel, value) => { panel.rangeMs = parseDuration(value) || panel.rangeMs; },
  end_input: readTime,
  moment_input: readTime,
  step_input: (panel, value) => {
    const ms = parseDuration(value);
    if (ms) panel.resolution = {type: 'custom', stepMs: ms};
  },
  y_axis_min: (panel, value) => { panel.fromZero = value !== '' && Number(value) === 0; },
  show_exemplars: (panel, value) => { panel.exemplars = value === '1'; },
};

// Three parameters make one resolution, in whatever order they come.
function readResolution(panel: PanelState, parameters: Map<string, string>): void {
  const type = parameters.get('res_type');
  const density = parameters.get('res_density');
  const stepMs = parseDuration(parameters.get('res_step') ?? '');
  if (type === 'auto') {
    panel.resolution = {type, density: density === 'low' || density === 'high' ? density : 'medium'};
  } else if ((type === 'fixed' || type === 'custom') && stepMs) {
    panel.resolution = {type, stepMs};
  }
}

// At least one panel, in the order of their numbers.
export function decode(search: string): PanelState[] {
  const byNumber = new Map<number, Map<string, string>>();
  for (const [name, value] of new URLSearchParams(search)) {
    const match = name.match(/^g(\d{1,3})\.(\w+)$/);
    if (!match) continue;
    const number = Number(match[1]);
    const parameters = byNumber.get(number) ?? new Map<string, string>();
    byNumber.set(number, parameters.set(match[2], value));
  }
  const panels = [...byNumber].sort(([a], [b]) => a - b).map(([, parameters]) => {
    const panel = newPanel();
    for (const [name, value] of parameters) readers[name]?.(panel, value);
    readResolution(panel, parameters);
    return panel;
  });
  return panels.length > 0 ? panels : [newPanel()];
}

export function encode(panels: PanelState[]): string {
  const out = new URLSearchParams();
  panels.forEach((panel, i) => {
    const add = (name: string, value: string) => out.append(`g${i}.${name}`, value);
    add('expr', panel.expr);
    add('tab', panel.tab);
    if (panel.endMs !== null) {
      const end = formatTime(Math.round(panel.endMs / 1000) * 1000, 'UTC');
      add('end_input', end);
      add('moment_input', end);
    }
    add('range_input', formatDuration(panel.rangeMs));
    add('res_type', panel.resolution.type);
    if (panel.resolution.type === 'auto') add('res_density', panel.resolution.density);
    else add('res_step', formatDuration(panel.resolution.stepMs));
    add('display_mode', panel.display);
    if (panel.fromZero) add('y_axis_min', '0');
    add('show_exemplars', panel.exemplars ? '1' : '0');
  });
  return out.toString();
}
