// From what discovery found to the labels of a target, rule by rule.
import {useLive} from '../api/live';
import type {LabelSet, RelabelStep} from '../api/types';
import {Loading, Notice} from '../parts/notice';

function asLabels(output: RelabelStep['output']): LabelSet {
  if (!output) return {};
  return Array.isArray(output) ? Object.fromEntries(output.map(({name, value}) => [name, value])) : output;
}

function LabelTable({before, after}: {before: LabelSet; after: LabelSet}) {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return (
    <ul class="changes">
      {names.map((name) => {
        const change = !(name in after) ? 'gone' : !(name in before) ? 'new' : before[name] !== after[name] ? 'changed' : 'same';
        return (
          <li key={name} class={change}>
            <span class="label-name">{name}</span>=
            {change === 'changed' && <><del>"{before[name]}"</del>{' '}</>}
            <span class="label-value">"{after[name] ?? before[name]}"</span>
          </li>
        );
      })}
    </ul>
  );
}

function changesOnly(before: LabelSet, after: LabelSet): [LabelSet, LabelSet] {
  const differs = ([name, value]: [string, string], other: LabelSet) => other[name] !== value;
  return [Object.fromEntries(Object.entries(before).filter((e) => differs(e, after))),
    Object.fromEntries(Object.entries(after).filter((e) => differs(e, before)))];
}

// What a rule says without being told; shown fields are those that say something.
const defaults: Record<string, unknown> = {separator: ';', regex: '(.*)', modulus: 0, replacement: '$1', source_labels: null, target_label: ''};

function Rule({rule: {action = 'replace', ...rest}}: {rule: Record<string, unknown>}) {
  const told = Object.entries(rest).filter(([field, value]) => !(field in defaults && (value ?? null) === defaults[field]));
  return (
    <dl class="rule-fields">
      {[['action', action] as const, ...told].map(([field, value]) => (
        <div key={field}><dt>{field}</dt><dd>{Array.isArray(value) ? `[${value.join(', ')}]` : JSON.stringify(value)}</dd></div>
      ))}
    </dl>
  );
}

export function Relabelling({pool, discovered, result}: {pool: string; discovered: LabelSet; result?: LabelSet}) {
  const {answer, error} = useLive<{steps: RelabelStep[]}>('targets/relabel_steps', {scrapePool: pool, labels: JSON.stringify(discovered)}, 0);
  const steps = answer?.data.steps;
  let before = discovered;
  return (
    <div class="relabelling">
      <section>
        <h3>Discovered</h3>
        <LabelTable before={discovered} after={discovered} />
      </section>
      {!steps && !error && <Loading />}
      {error && error.kind !== 'missing' && <Notice kind="error">{error.message}</Notice>}
      {steps?.map((step, i) => {
        const after = asLabels(step.output);
        const [gone, fresh] = changesOnly(before, after);
        const same = Object.keys(gone).length + Object.keys(fresh).length === 0;
        before = after;
        return (
          <section key={i}>
            <h3>Rule {i + 1}{!step.keep && <span class="badge down">dropped here</span>}</h3>
            <Rule rule={step.rule} />
            {step.keep && (same ? <p class="muted">changes nothing</p> : <LabelTable before={gone} after={fresh} />)}
          </section>
        );
      })}
      {result && (
        <section>
          <h3>Target</h3>
          <LabelTable before={result} after={result} />
        </section>
      )}
    </div>
  );
}
