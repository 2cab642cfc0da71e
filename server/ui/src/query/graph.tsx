// The graph of a panel with its tooltip and legend.
import {useEffect, useMemo, useRef, useState} from 'preact/hooks';
import {integer, plural, precise} from '../format/number';
import {formatTime} from '../format/time';
import {Labels, Series} from '../parts/labels';
import {Icon} from '../parts/icons';
import {Empty, Notice} from '../parts/notice';
import {zone} from '../settings';
import {useStore} from '../store';
import {dark} from '../theme';
import {Heatmap} from './heatmap';
import {Legend} from './legend';
import type {Hover, Plot, PlotInput} from './plot';
import type {Outcome} from './run';
import {type Line, linesOf} from './series';
import type {PanelState} from './state';

export interface GraphProps {
  outcome: Extract<Outcome, {kind: 'graph'}>;
  state: PanelState;
  onChange: (part: Partial<PanelState>) => void;
}

const drawnAtMost = 2_000;
const listedAtMost = 10;

export const heightFor = (width: number) => (width < 600 ? 260 : 380);

// Seconds of a drag -> the range and end of the panel, not below one second.
export function zoomed(startS: number, endS: number): Partial<PanelState> {
  const endMs = Math.ceil(endS) * 1000;
  return {rangeMs: Math.max(1000, endMs - Math.floor(startS) * 1000), endMs};
}

export function placeOf({left, top, plot}: Pick<Hover, 'left' | 'top' | 'plot'>) {
  const right = left > plot.width / 2;
  return {
    left: right ? undefined : `${plot.left + left + 16}px`,
    right: right ? `calc(100% - ${plot.left + left - 16}px)` : undefined,
    top: `${plot.top + Math.min(top, plot.height * 0.6)}px`,
  };
}

function Tooltip({hover, lines, span}: {hover: Hover; lines: Line[]; span: {startMs: number; stepMs: number}}) {
  const clock = useStore(zone);
  const time = formatTime(span.startMs + hover.index * span.stepMs, clock);
  if (hover.exemplar) {
    const {labels, value, timestamp} = hover.exemplar.series.exemplars[hover.exemplar.at];
    return (
      <div class="tooltip" style={placeOf(hover)}>
        <div class="muted">Exemplar at {formatTime(timestamp * 1000, clock)}</div>
        <strong>{value}</strong><Labels labels={labels} /><Series labels={hover.exemplar.series.seriesLabels} />
      </div>
    );
  }
  const nearest = lines[hover.nearest];
  const others = lines.length <= listedAtMost
    ? lines.map((line, i) => ({line, i})).filter(({line}) => line.values[hover.index] !== null)
      .sort((a, b) => Number(b.line.values[hover.index]) - Number(a.line.values[hover.index])) : [];
  return (
    <div class="tooltip" style={placeOf(hover)}>
      <div class="muted">{time}</div>
      {nearest && (
        <div class="tooltip-focus">
          <span class="swatch" style={{background: nearest.color}} /><strong>{precise(nearest.values[hover.index])}</strong>
          <div class="tooltip-series"><Series labels={nearest.metric} /></div>
        </div>
      )}
      {others.length > 1 && (
        <div class="tooltip-others">
          {others.map(({line, i}) => <span key={i} class={i === hover.nearest ? 'is-near' : ''}>
            <span class="swatch" style={{background: line.color}} />{precise(line.values[hover.index])}</span>)}
        </div>
      )}
    </div>
  );
}

// Width of an element, followed while it changes.
export function useWidth() {
  const ref = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (!ref.current) return undefined;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry.contentRect.width)));
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, []);
  return {ref, width};
}

export function ZoomOut({onChange, state}: Pick<GraphProps, 'state' | 'onChange'>) {
  const out = () => onChange({
    rangeMs: state.rangeMs * 2, endMs: state.endMs === null ? null : Math.min(Date.now(), state.endMs + state.rangeMs / 2),
  });
  return <button type="button" class="quiet zoom-out" title="Twice the range" aria-label="Zoom out" onClick={out}><Icon name="zoomOut" /></button>;
}

// The drawing, and a way to point at one of its lines from the legend.
function useLineGraph({lines, times, outcome, state, onChange}: GraphProps & {lines: Line[]; times: number[]}) {
  const {ref: frame, width} = useWidth();
  const canvas = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot | undefined>(undefined);
  const [hover, setHover] = useState<Hover | null>(null);
  const clock = useStore(zone);
  const isDark = useStore(dark);
  const change = useRef(onChange);
  change.current = onChange;
  const {span, exemplars} = outcome;

  const input: PlotInput = useMemo(() => ({
    times, lines, stacked: state.display === 'stacked', fromZero: state.fromZero, zone: clock,
    startS: span.startMs / 1000, endS: span.endMs / 1000, exemplars,
  }), [times, lines, state.display, state.fromZero, clock, span, exemplars]);

  useEffect(() => {
    if (width === 0) return undefined;
    let gone = false;
    let mine: Plot | undefined;
    import('./plot').then(({createPlot}) => {
      if (gone || !canvas.current) return;
      mine = createPlot(canvas.current, {width, height: heightFor(width)}, input, {
        onHover: setHover, onZoom: (from, to) => change.current(zoomed(from, to)),
      });
      plot.current = mine;
    }, () => undefined);
    return () => {
      gone = true;
      setHover(null);
      mine?.destroy();
    };
  }, [input, width, isDark]);

  const focus = (line: Line | null) => plot.current?.highlight(line === null ? null : lines.indexOf(line));
  return {
    focus,
    view: (
      <div class="graph" ref={frame} style={{height: `${heightFor(width)}px`}}>
        <div ref={canvas} role="img" aria-label={`Graph of ${plural(lines.length, 'series', 'series')}; the values are in the legend below`} />
        {hover && hover.nearest >= 0 && <Tooltip hover={hover} lines={lines} span={span} />}
        <ZoomOut state={state} onChange={onChange} />
      </div>
    ),
  };
}

function Lines(props: GraphProps) {
  const {outcome} = props;
  const all = useMemo(() => linesOf(outcome.answer.data, outcome.span), [outcome]);
  const [hidden, setHidden] = useState<Set<string>>(new Set());
  const drawn = all.lines.length > drawnAtMost ? all.lines.slice(0, drawnAtMost) : all.lines;
  const visible = useMemo(() => (hidden.size === 0 ? drawn : drawn.filter((line) => !hidden.has(JSON.stringify(line.metric)))), [all, hidden]);
  const graph = useLineGraph({...props, lines: visible, times: all.times});

  if (all.lines.length === 0 && all.histograms === 0) {
    return <Empty title="Nothing in this range.">The expression is fine, but no series matches it between the two ends.</Empty>;
  }
  return (
    <>
      {all.histograms > 0 && (
        <Notice kind="info">{plural(all.histograms, 'series', 'series')} of histograms cannot be drawn as lines. <button type="button" class="link"
          onClick={() => props.onChange({display: 'heatmap'})}>Show the heatmap</button></Notice>)}
      {all.lines.length > drawnAtMost && (
        <Notice kind="warning">Only the first {integer(drawnAtMost)} of {integer(all.lines.length)} series are drawn. Aggregate them, or use topk().</Notice>)}
      {graph.view}
      <Legend lines={all.lines} hidden={hidden} onChange={setHidden} onFocus={graph.focus} />
    </>
  );
}

export function Graph(props: GraphProps) {
  return props.state.display === 'heatmap' ? <Heatmap {...props} /> : <Lines {...props} />;
}
