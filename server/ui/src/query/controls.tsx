// Range, end, resolution and kind of a graph; the time of a table.
import {useEffect, useState} from 'preact/hooks';
import {formatDuration, formatTime, parseDuration, parseTimeInput} from '../format/time';
import {Icon} from '../parts/icons';
import {Segments} from '../parts/choice';
import {zone} from '../settings';
import {useStore} from '../store';
import {type Density, type Display, type PanelState, stepOf} from './state';

interface Props {
  state: PanelState;
  onChange: (part: Partial<PanelState>) => void;
}

const m = 60_000;
const ranges = [1, 5, 10, 15, 30, 60, 120, 360, 720, 1440, 2880, 10080, 20160, 40320, 80640, 262080, 525600].map((n) => n * m);

// An input that takes a text when Enter is pressed or it is left, and shows when the text is none.
function Draft({value, label, width, valid, onCommit, placeholder}: {
  value: string; label: string; width: string; valid: (text: string) => boolean; onCommit: (text: string) => void; placeholder?: string;
}) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const commit = () => {
    if (text === value) return;
    if (valid(text)) onCommit(text);
    else setText(value);
  };
  return (
    <input type="text" aria-label={label} aria-invalid={text !== value && !valid(text)} value={text} placeholder={placeholder}
      style={{width}} spellcheck={false} autocomplete="off" onInput={(e) => setText(e.currentTarget.value)} onBlur={commit}
      onKeyDown={(e) => {
        if (e.key === 'Enter') commit();
        if (e.key === 'Escape') setText(value);
      }} />
  );
}

export function TimeControl({label, state, onChange}: Props & {label: string}) {
  const clock = useStore(zone);
  const move = (direction: number) => onChange({endMs: Math.round((state.endMs ?? Date.now()) / 1000) * 1000 + (direction * state.rangeMs) / 2});
  const valid = (text: string) => text.trim() === '' || text.trim() === 'now' || parseTimeInput(text, clock) !== undefined;
  return (
    <div class="joined" role="group" aria-label={label}>
      <button type="button" title="Earlier by half the range" aria-label="Earlier" onClick={() => move(-1)}><Icon name="left" /></button>
      <Draft label={label} width="11.5rem" placeholder={label} valid={valid} value={state.endMs === null ? '' : formatTime(state.endMs, clock)}
        onCommit={(text) => onChange({endMs: parseTimeInput(text, clock) ?? null})} />
      {state.endMs !== null && (
        <button type="button" title="Back to now" aria-label="Back to now" onClick={() => onChange({endMs: null})}><Icon name="close" /></button>)}
      <button type="button" title="Later by half the range" aria-label="Later" onClick={() => move(1)}><Icon name="right" /></button>
    </div>
  );
}

export function RangeControl({state, onChange}: Props) {
  const shorter = [...ranges].reverse().find((range) => range < state.rangeMs);
  const longer = ranges.find((range) => range > state.rangeMs);
  return (
    <div class="joined" role="group" aria-label="Range">
      <button type="button" disabled={shorter === undefined} title="Shorter range" aria-label="Shorter range"
        onClick={() => onChange({rangeMs: shorter})}><Icon name="minus" /></button>
      <Draft label="Range" width="4.5rem" value={formatDuration(state.rangeMs)} valid={(text) => (parseDuration(text) ?? 0) > 0}
        onCommit={(text) => onChange({rangeMs: parseDuration(text)})} />
      <button type="button" disabled={longer === undefined} title="Longer range" aria-label="Longer range"
        onClick={() => onChange({rangeMs: longer})}><Icon name="plus" /></button>
    </div>
  );
}

const fixedSteps = ['10s', '30s', '1m', '5m', '15m', '1h'];

function ResolutionControl({state, onChange}: Props) {
  const {resolution} = state;
  const value = resolution.type === 'auto' ? resolution.density : resolution.type === 'fixed' ? formatDuration(resolution.stepMs) : 'custom';
  const choose = (chosen: string) => {
    if (chosen === 'low' || chosen === 'medium' || chosen === 'high') onChange({resolution: {type: 'auto', density: chosen as Density}});
    else if (chosen === 'custom') onChange({resolution: {type: 'custom', stepMs: stepOf(state)}});
    else onChange({resolution: {type: 'fixed', stepMs: parseDuration(chosen) ?? 10_000}});
  };
  return (
    <div class="joined">
      <select aria-label="Resolution" value={value} onChange={(e) => choose(e.currentTarget.value)}
        title={`A point every ${formatDuration(stepOf(state))}`}>
        <optgroup label="Automatic">
          <option value="low">Low resolution</option><option value="medium">Medium resolution</option><option value="high">High resolution</option>
        </optgroup>
        <optgroup label="A point every">
          {[...new Set([...fixedSteps, ...(resolution.type === 'fixed' ? [value] : [])])].map((step) => <option key={step} value={step}>{step}</option>)}
        </optgroup>
        <option value="custom">Custom step</option>
      </select>
      {resolution.type === 'custom' && (
        <Draft label="Step" width="4.5rem" value={formatDuration(resolution.stepMs)} valid={(text) => (parseDuration(text) ?? 0) > 0}
          onCommit={(text) => onChange({resolution: {type: 'custom', stepMs: parseDuration(text) ?? resolution.stepMs}})} />)}
    </div>
  );
}

const displays: {value: Display; text: string; title: string}[] = [
  {value: 'lines', text: 'Lines', title: 'One line a series'},
  {value: 'stacked', text: 'Stacked', title: 'Areas on top of each other'},
  {value: 'heatmap', text: 'Heatmap', title: 'Buckets of histograms over time'},
];

export function GraphControls({state, onChange}: Props) {
  return (
    <div class="controls">
      <RangeControl state={state} onChange={onChange} />
      <TimeControl label="End time" state={state} onChange={onChange} />
      <ResolutionControl state={state} onChange={onChange} />
      <Segments label="Display" options={displays} value={state.display} onChange={(display) => onChange({display})} />
      <label class="check"><input type="checkbox" checked={state.fromZero} onChange={(e) => onChange({fromZero: e.currentTarget.checked})} />From zero</label>
      <label class="check"><input type="checkbox" checked={state.exemplars} onChange={(e) => onChange({exemplars: e.currentTarget.checked})} />Exemplars</label>
    </div>
  );
}
