// What is scraped, how it goes, and how each target came by its labels.
import {useMemo, useState} from 'preact/hooks';
import {useLive} from '../api/live';
import type {Target, Targets} from '../api/types';
import {matches, searchText} from '../format/labels';
import {plural} from '../format/number';
import {Filters} from '../parts/choice';
import {Empty, LoadError, Loading} from '../parts/notice';
import {Search} from '../parts/search';
import {Virtual} from '../parts/virtual';
import {parameter, place, setParameter} from '../router';
import {useStore} from '../store';
import {type Pool, PoolHeader, TargetRow} from './target_row';

type Health = Target['health'];
type Item = {kind: 'pool'; pool: Pool; shown: number} | {kind: 'target'; target: Target};

const tones = {up: 'good', down: 'bad', unknown: 'warn'} as const;
const healths: Health[] = ['up', 'down', 'unknown'];

export const targetKey = (target: Target) => `${target.scrapePool}\n${target.scrapeUrl}\n${JSON.stringify(target.labels)}`;

const searchable = new WeakMap<Target, string>();
function textOf(target: Target): string {
  let text = searchable.get(target);
  if (text === undefined) {
    text = `${target.scrapePool} ${target.scrapeUrl} ${target.lastError} ${searchText(target.labels)}`.toLowerCase();
    searchable.set(target, text);
  }
  return text;
}

function group(targets: Target[]): Pool[] {
  const pools = new Map<string, Pool>();
  for (const target of targets) {
    let pool = pools.get(target.scrapePool);
    if (!pool) pools.set(target.scrapePool, (pool = {name: target.scrapePool, up: 0, targets: []}));
    pool.targets.push(target);
    if (target.health === 'up') pool.up += 1;
  }
  return [...pools.values()].sort((a, b) => a.name.localeCompare(b.name));
}

function itemsOf(pools: Pool[], chosen: Health[], words: string, closed: Set<string>): Item[] {
  const items: Item[] = [];
  for (const pool of pools) {
    const shown = pool.targets.filter((target) => (chosen.length === 0 || chosen.includes(target.health)) &&
      (words === '' || matches(textOf(target), words)));
    if (shown.length === 0) continue;
    items.push({kind: 'pool', pool, shown: shown.length});
    if (!closed.has(pool.name)) for (const target of shown) items.push({kind: 'target', target});
  }
  return items;
}

export function toggled(set: Set<string>, key: string): Set<string> {
  const next = new Set(set);
  if (!next.delete(key)) next.add(key);
  return next;
}

export function TargetsPage() {
  const {answer, error} = useLive<Targets>('targets', {state: 'active'}, 5_000);
  useStore(place);
  const words = parameter('search');
  const chosen = parameter('health').split(',').filter((h): h is Health => healths.includes(h as Health));
  const onlyPool = parameter('pool') || parameter('scrapePool');
  const [closed, setClosed] = useState(new Set<string>());
  const [open, setOpen] = useState(new Set<string>());

  const targets = answer?.data.activeTargets;
  const pools = useMemo(() => group(targets ?? []), [targets]);
  const items = useMemo(() => itemsOf(onlyPool ? pools.filter((pool) => pool.name === onlyPool) : pools, chosen, words, closed),
    [pools, chosen.join(), words, closed, onlyPool]);
  const counts = useMemo(() => {
    const out: Record<Health, number> = {up: 0, down: 0, unknown: 0};
    for (const target of targets ?? []) out[target.health] += 1;
    return out;
  }, [targets]);
  const shown = items.reduce((sum, item) => sum + (item.kind === 'pool' ? item.shown : 0), 0);

  return (
    <div class="page">
      <div class="page-head">
        <h1>Targets</h1>
        <Filters label="Health" chosen={chosen} onChange={(next) => setParameter('health', next.join(','))}
          options={healths.map((value) => ({value, count: counts[value], tone: tones[value]}))} />
        <select aria-label="Scrape pool" value={onlyPool} onChange={(e) => setParameter('pool', e.currentTarget.value)}>
          <option value="">All pools</option>
          {pools.map((pool) => <option key={pool.name} value={pool.name}>{pool.name}</option>)}
        </select>
        <Search label="Search address, labels, error" value={words} onChange={(text) => setParameter('search', text)} />
      </div>
      <LoadError error={error} />
      {!targets && !error && <Loading />}
      {targets?.length === 0 && <Empty title="Nothing is scraped.">Add a job below <code>scrape_configs</code> of the configuration and reload it.</Empty>}
      {targets && targets.length > 0 && items.length === 0 && <Empty title="No target fits the filter." />}
      {items.length > 0 && (
        <>
          <p class="visually-hidden" role="status">{plural(shown, 'target')}</p>
          <Virtual class="targets" label="Targets" items={items} estimate={58}
            keyOf={(item) => (item.kind === 'pool' ? `pool ${item.pool.name}` : targetKey(item.target))}
            render={(item) => (item.kind === 'pool'
              ? <PoolHeader key={`pool ${item.pool.name}`} pool={item.pool} shown={item.shown} closed={closed.has(item.pool.name)}
                  onToggle={() => setClosed(toggled(closed, item.pool.name))} />
              : <TargetRow key={targetKey(item.target)} target={item.target} open={open.has(targetKey(item.target))}
                  onToggle={() => setOpen(toggled(open, targetKey(item.target)))} />)} />
        </>
      )}
    </div>
  );
}
