// Choosing one of a few (radio buttons in a row), or any of a few (toggle buttons with counts).
import type {ComponentChildren} from 'preact';

interface Option<T extends string> {
  value: T;
  text: ComponentChildren;
  title?: string;
}

export function Segments<T extends string>({label, options, value, onChange}: {
  label: string; options: Option<T>[]; value: T; onChange: (value: T) => void;
}) {
  return (
    <div class="segments" role="group" aria-label={label}>
      {options.map((option) => (
        <button key={option.value} type="button" aria-pressed={option.value === value} title={option.title}
          onClick={() => onChange(option.value)}>{option.text}</button>
      ))}
    </div>
  );
}

export interface Filter<T extends string> {
  value: T;
  count: number;
  tone?: 'good' | 'bad' | 'warn';
}

// All pressed and none pressed mean the same: everything.
export function Filters<T extends string>({label, options, chosen, onChange}: {
  label: string; options: Filter<T>[]; chosen: T[]; onChange: (chosen: T[]) => void;
}) {
  const toggle = (value: T) => onChange(chosen.includes(value) ? chosen.filter((v) => v !== value) : [...chosen, value]);
  return (
    <div class="filters" role="group" aria-label={label}>
      {options.map(({value, count, tone}) => (
        <button key={value} type="button" class={`filter ${tone ?? ''}`} aria-pressed={chosen.includes(value)} onClick={() => toggle(value)}>
          <span class="dot" />{value} <span class="count">{count.toLocaleString('en-US')}</span>
        </button>
      ))}
    </div>
  );
}
