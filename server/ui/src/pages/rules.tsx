// All rule groups: what they compute, how long it takes, what fails.
import {useMemo} from 'preact/hooks';
import {useLive} from '../api/live';
import type {Rule, RuleGroup} from '../api/types';
import {matches, searchText} from '../format/labels';
import {plural} from '../format/number';
import {ago, formatDuration, parseTime, roughly, took} from '../format/time';
import {Filters} from '../parts/choice';
import {useNow} from '../parts/clock';
import {ExpressionLink} from '../parts/expression';
import {Labels} from '../parts/labels';
import {Empty, LoadError, Loading} from '../parts/notice';
import {Search} from '../parts/search';
import {Virtual} from '../parts/virtual';
import {parameter, place, setParameter} from '../router';
import {useStore} from '../store';

type Health = Rule['health'];
type Item = {kind: 'group'; group: RuleGroup; key: string} | {kind: 'rule'; rule: Rule; key: string};

const healths: Health[] = ['ok', 'err', 'unknown'];
const tones = {ok: 'good', err: 'bad', unknown: 'warn'} as const;

function itemsOf(groups: RuleGroup[], chosen: Health[], words: string): Item[] {
  const items: Item[] = [];
  for (const group of groups) {
    const where = `${group.name} ${group.file}`.toLowerCase();
    const key = `${group.file}\n${group.name}`;
    const shown = group.rules.map((rule, i) => ({kind: 'rule' as const, rule, key: `${key}\n${i}`}))
      .filter(({rule}) => (chosen.length === 0 || chosen.includes(rule.health)) &&
        (words === '' || matches(`${where} ${rule.name} ${rule.query} ${searchText(rule.labels ?? {})}`.toLowerCase(), words)));
    if (shown.length > 0) items.push({kind: 'group', group, key}, ...shown);
  }
  return items;
}

function GroupHeader({group}: {group: RuleGroup}) {
  const now = useNow();
  const last = parseTime(group.lastEvaluation);
  const next = last === undefined ? undefined : last + group.interval * 1000 - now;
  const late = next !== undefined && next < -2 * group.interval * 1000;
  return (
    <div class="pool-head group-head" role="listitem">
      <h2>{group.name}</h2>
      <span class="muted mono group-file">{group.file}</span>
      <span class="muted">every {formatDuration(group.interval * 1000)}</span>
      <span class="muted">took {took(group.evaluationTime)}</span>
      <span class={late ? 'text-bad' : 'muted'}>
        {next === undefined ? 'not evaluated yet' : next > 1000 ? `next in ${roughly(next)}` : late ? `late by ${roughly(-next)}` : 'due now'}
      </span>
    </div>
  );
}

function RuleRow({rule}: {rule: Rule}) {
  const now = useNow();
  return (
    <div class="rule-row" role="listitem">
      <span class={`badge ${rule.health === 'ok' ? 'up' : rule.health === 'err' ? 'down' : 'unknown'}`}>{rule.health}</span>
      <div class="rule-what">
        <div><span class="rule-name">{rule.name}</span> <span class="muted">{rule.type}
          {rule.type === 'alerting' && rule.duration > 0 && `, for ${formatDuration(rule.duration * 1000)}`}</span></div>
        <ExpressionLink text={rule.query} />
        {Object.keys(rule.labels ?? {}).length > 0 && <Labels labels={rule.labels ?? {}} />}
        {rule.lastError && <div class="target-error">{rule.lastError}</div>}
      </div>
      <span class="figure">{ago(rule.lastEvaluation, now)}</span>
      <span class="figure">{took(rule.evaluationTime)}</span>
    </div>
  );
}

export function RulesPage() {
  const {answer, error} = useLive<{groups: RuleGroup[]}>('rules', {exclude_alerts: 'true'}, 5_000);
  useStore(place);
  const words = parameter('search');
  const chosen = parameter('health').split(',').filter((h): h is Health => healths.includes(h as Health));

  const groups = answer?.data.groups;
  const items = useMemo(() => itemsOf(groups ?? [], chosen, words), [groups, chosen.join(), words]);
  const rules = useMemo(() => (groups ?? []).flatMap((group) => group.rules), [groups]);

  return (
    <div class="page">
      <div class="page-head">
        <h1>Rules</h1>
        <Filters label="Health" chosen={chosen} onChange={(next) => setParameter('health', next.join(','))}
          options={healths.map((value) => ({value, count: rules.filter((rule) => rule.health === value).length, tone: tones[value]}))} />
        <Search label="Search names, files, expressions" value={words} onChange={(text) => setParameter('search', text)} />
      </div>
      <LoadError error={error} />
      {!groups && !error && <Loading />}
      {groups && rules.length === 0 && <Empty title="There are no rules.">Name files with rules below <code>rule_files</code> of the configuration.</Empty>}
      {rules.length > 0 && items.length === 0 && <Empty title="No rule fits the filter." />}
      {items.length > 0 && (
        <>
          <p class="visually-hidden" role="status">{plural(items.filter((item) => item.kind === 'rule').length, 'rule')}</p>
          <Virtual class="targets" label="Rules" items={items} estimate={76} keyOf={(item) => item.key}
            render={(item) => (item.kind === 'group' ? <GroupHeader key={item.key} group={item.group} /> : <RuleRow key={item.key} rule={item.rule} />)} />
        </>
      )}
    </div>
  );
}
