// Alerting rules with their alerts, the loudest first.
import {useMemo, useState} from 'preact/hooks';
import {useLive} from '../api/live';
import type {Alert, AlertingRule, RuleGroup} from '../api/types';
import {matches, searchText} from '../format/labels';
import {integer, parseValue, plural, precise} from '../format/number';
import {formatDuration, formatTime, parseTime, roughly} from '../format/time';
import {Filters} from '../parts/choice';
import {useNow} from '../parts/clock';
import {ExpressionLink} from '../parts/expression';
import {Icon} from '../parts/icons';
import {Labels} from '../parts/labels';
import {Empty, LoadError, Loading, Notice} from '../parts/notice';
import {Search} from '../parts/search';
import {Virtual} from '../parts/virtual';
import {parameter, place, setParameter} from '../router';
import {zone} from '../settings';
import {useStore} from '../store';
import {AlertHistory} from './alert_history';

type State = 'firing' | 'pending' | 'inactive';
interface Entry {
  key: string;
  group: RuleGroup;
  rule: AlertingRule;
  state: State;
  text: string;
}

const states: State[] = ['firing', 'pending', 'inactive'];
const tones = {firing: 'bad', pending: 'warn', inactive: 'good'} as const;
const firstShown = 20;
const moreShown = 200;

function collect(groups: RuleGroup[]): Entry[] {
  const entries: Entry[] = [];
  for (const group of groups) {
    group.rules.forEach((rule, i) => {
      if (rule.type !== 'alerting') return;
      const state = states.includes(rule.state as State) ? rule.state as State : 'inactive';
      const text = [rule.name, group.name, group.file, rule.query, searchText(rule.labels ?? {}),
        ...rule.alerts.map((alert) => searchText(alert.labels))].join(' ').toLowerCase();
      entries.push({key: `${group.file}\n${group.name}\n${i}\n${rule.name}`, group, rule, state, text});
    });
  }
  return entries.sort((a, b) => states.indexOf(a.state) - states.indexOf(b.state));
}

function AlertRow({alert}: {alert: Alert}) {
  const now = useNow();
  const clock = useStore(zone);
  const since = parseTime(alert.activeAt);
  const annotations = Object.entries(alert.annotations);
  return (
    <tr>
      <td><span class={`badge ${alert.state}`}>{alert.state}</span></td>
      <td>
        <Labels labels={alert.labels} without={['alertname']} />
        {annotations.map(([name, text]) => <div class="annotation" key={name}><span class="muted">{name}</span> {text}</div>)}
      </td>
      <td class="figure" title={since === undefined ? '' : formatTime(since, clock)}>{since === undefined ? '–' : roughly(now - since)}
        {alert.keepFiringSince && <div class="muted">kept firing</div>}</td>
      <td class="figure">{precise(parseValue(alert.value))}</td>
    </tr>
  );
}

function AlertTable({alerts}: {alerts: Alert[]}) {
  const [count, setCount] = useState(firstShown);
  const ordered = useMemo(() => [...alerts].sort((a, b) => states.indexOf(a.state) - states.indexOf(b.state)), [alerts]);
  const shown = ordered.slice(0, count);
  return (
    <>
      <div class="scroll-x" tabIndex={0} role="region" aria-label="Alerts of this rule">
        <table class="alert-table">
          <thead><tr><th>State</th><th>Labels and annotations</th><th class="figure">Since</th><th class="figure">Value</th></tr></thead>
          <tbody>{shown.map((alert) => <AlertRow key={JSON.stringify(alert.labels)} alert={alert} />)}</tbody>
        </table>
      </div>
      {alerts.length > shown.length && (
        <button type="button" class="link" onClick={() => setCount(count + moreShown)}>
          Show {integer(Math.min(moreShown, alerts.length - shown.length))} more of {plural(alerts.length, 'alert')}</button>)}
    </>
  );
}

function RuleBody({rule, group}: {rule: AlertingRule; group: RuleGroup}) {
  const labels = rule.labels ?? {};
  return (
    <div class="rule-body">
      <div class="rule-expression">
        <ExpressionLink text={rule.query} />
        {rule.duration > 0 && <span class="muted">for {formatDuration(rule.duration * 1000)}</span>}
        {rule.keepFiringFor > 0 && <span class="muted">keeps firing for {formatDuration(rule.keepFiringFor * 1000)}</span>}
      </div>
      {rule.alerts.length > 0 && <AlertTable alerts={rule.alerts} />}
      <dl class="facts">
        {Object.keys(labels).length > 0 && <><dt>labels</dt><dd><Labels labels={labels} /></dd></>}
        {Object.entries(rule.annotations).map(([name, text]) => [<dt key={`${name}:`}>{name}</dt>, <dd key={name}>{text}</dd>])}
        <dt>file</dt><dd class="mono">{group.file}</dd>
      </dl>
      <AlertHistory name={rule.name} labels={labels} interval={group.interval} />
    </div>
  );
}

function RuleCard({entry, open, onToggle}: {entry: Entry; open: boolean; onToggle: () => void}) {
  const {rule, group, state} = entry;
  return (
    <div class="card-slot" role="listitem">
      <section class={`rule-card ${state}`}>
        <button type="button" class="rule-head" aria-expanded={open} onClick={onToggle}>
          <Icon name={open ? 'down' : 'right'} />
          <span class="rule-name">{rule.name}</span>
          {rule.alerts.length > 0 && <span class="muted">{plural(rule.alerts.length, 'alert')}</span>}
          <span class="rule-where muted">{group.name}</span>
          {rule.health === 'err' && <span class="badge down">error</span>}
          <span class={`badge ${state}`}>{state}</span>
        </button>
        {rule.lastError && <div class="rule-error"><Notice kind="error">{rule.lastError}</Notice></div>}
        {open && <RuleBody rule={rule} group={group} />}
      </section>
    </div>
  );
}

export function AlertsPage() {
  const {answer, error} = useLive<{groups: RuleGroup[]}>('rules', {type: 'alert'}, 5_000);
  useStore(place);
  const words = parameter('search');
  const onlyGroup = parameter('group');
  const chosen = parameter('state').split(',').filter((s): s is State => states.includes(s as State));
  // What a person opened or closed; without a wish, rules with alerts are open.
  const [wishes, setWishes] = useState(new Map<string, boolean>());

  const groups = answer?.data.groups;
  const entries = useMemo(() => collect(groups ?? []), [groups]);
  const groupNames = useMemo(() => [...new Set(entries.map(({group}) => group.name))].sort((a, b) => a.localeCompare(b)), [entries]);
  const shown = useMemo(() => entries.filter((entry) => (!onlyGroup || entry.group.name === onlyGroup) && (chosen.length === 0 || chosen.includes(entry.state)) &&
    (words === '' || matches(entry.text, words))), [entries, chosen.join(), words, onlyGroup]);
  const count = (state: State) => entries.filter((entry) => entry.state === state).length;

  return (
    <div class="page">
      <div class="page-head">
        <h1>Alerts</h1>
        <Filters label="State" chosen={chosen} onChange={(next) => setParameter('state', next.join(','))}
          options={states.map((value) => ({value, count: count(value), tone: tones[value]}))} />
        <select aria-label="Group" value={onlyGroup} onChange={(e) => setParameter('group', e.currentTarget.value)}>
          <option value="">All groups</option>
          {groupNames.map((name) => <option key={name} value={name}>{name}</option>)}
        </select>
        <Search label="Search rules and labels" value={words} onChange={(text) => setParameter('search', text)} />
      </div>
      <LoadError error={error} />
      {!groups && !error && <Loading />}
      {groups && entries.length === 0 && (
        <Empty title="There are no alerting rules.">Name files with rules below <code>rule_files</code> of the configuration.</Empty>)}
      {entries.length > 0 && shown.length === 0 && <Empty title="No rule fits the filter." />}
      {shown.length > 0 && (
        <Virtual class="cards" label="Alerting rules" items={shown} estimate={52} keyOf={(entry) => entry.key}
          render={(entry) => {
            const open = wishes.get(entry.key) ?? entry.state !== 'inactive';
            return <RuleCard key={entry.key} entry={entry} open={open} onToggle={() => setWishes(new Map(wishes).set(entry.key, !open))} />;
          }} />
      )}
    </div>
  );
}
