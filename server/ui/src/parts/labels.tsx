// A label set as one line of pairs.
import type {LabelSet} from '../api/types';

export function Labels({labels, without = []}: {labels: LabelSet; without?: string[]}) {
  const pairs = Object.entries(labels).filter(([name]) => !without.includes(name));
  if (pairs.length === 0) return <span class="labels muted">no labels</span>;
  return (
    <span class="labels">
      {pairs.map(([name, value]) => (
        <span class="label" key={name}><span class="label-name">{name}</span>=<span class="label-value">"{value}"</span></span>
      ))}
    </span>
  );
}

// As an expression writes it, coloured: name{label="value", …}.
export function Series({labels}: {labels: LabelSet}) {
  const {__name__: name, ...rest} = labels;
  const pairs = Object.entries(rest);
  return (
    <span class="series">
      {name && <span class="metric">{name}</span>}
      {(pairs.length > 0 || !name) && '{'}
      {pairs.map(([label, value], i) => (
        <span key={label}>{i > 0 && ', '}<span class="label-name">{label}</span>=<span class="label-value">"{value}"</span></span>
      ))}
      {(pairs.length > 0 || !name) && '}'}
    </span>
  );
}
