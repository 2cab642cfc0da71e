// Everything that discovery found, kept or dropped by relabelling.
import {useMemo, useState} from 'preact/hooks';
import {useLive} from '../api/live';
import type {LabelSet, Targets} from '../api/types';
import {matches, searchText} from '../format/labels';
import {Filters} from '../parts/choice';
import {Icon} from '../parts/icons';
import {Labels} from '../parts/labels';
import {Empty, LoadError, Loading} from '../parts/notice';
import {Search} from '../parts/search';
import {Virtual} from '../parts/virtual';
import {parameter, place, setParameter} from '../router';
import {useStore} from '../store';
import {Relabelling} from './relabelling';
import {toggled} from './targets';

type Fate = 'active' | 'dropped';
interface Found {
  pool: string;
  fate: Fate;
  discovered: LabelSet;
  labels?: LabelSet;
  key: string;
  text: string;
}
type Item = {kind: 'pool'; name: string; active: number; dropped: number; hidden: number} | {kind: 'found'; found: Found};

const fates: Fate[] = ['active', 'dropped'];

function collect({activeTargets, droppedTargets}: Targets): Found[] {
  const make = (pool: string, fate: Fate, discovered: LabelSet, labels?: LabelSet): Found => ({
    pool, fate, discovered, labels, key: `${pool}\n${fate}\n${JSON.stringify(discovered)}`,
    text: `${pool} ${searchText(discovered)} ${labels ? searchText(labels) : ''}`.toLowerCase(),
  });
  return [
    ...activeTargets.map((t) => make(t.scrapePool, 'active', t.discoveredLabels, t.labels)),
    ...droppedTargets.map((t) => make(t.scrapePool, 'dropped', t.discoveredLabels)),
  ].sort((a, b) => a.pool.localeCompare(b.pool));
}

function itemsOf(all: Found[], dropCounts: Record<string, number>, chosen: Fate[], words: string): Item[] {
  const byPool = new Map<string, Found[]>(Object.keys(dropCounts).map((pool) => [pool, []]));
  for (const found of all) {
    const list = byPool.get(found.pool);
    if (list) list.push(found);
    else byPool.set(found.pool, [found]);
  }
  const items: Item[] = [];
  for (const [name, list] of [...byPool].sort(([a], [b]) => a.localeCompare(b))) {
    const shown = list.filter((f) => (chosen.length === 0 || chosen.includes(f.fate)) && (words === '' || matches(f.text, words)));
    if (shown.length === 0 && (words !== '' || chosen.length > 0)) continue;
    const active = list.filter((f) => f.fate === 'active').length;
    const dropped = dropCounts[name] ?? list.length - active;
    items.push({kind: 'pool', name, active, dropped, hidden: dropped - (list.length - active)});
    for (const found of shown) items.push({kind: 'found', found});
  }
  return items;
}

function FoundRow({found, open, onToggle}: {found: Found; open: boolean; onToggle: () => void}) {
  const address = found.discovered.__address__ ?? '';
  return (
    <div class="target-row" role="listitem">
      <div class="target-line">
        <button type="button" class="disclosure" aria-expanded={open} aria-label={`Relabelling of ${address}`} onClick={onToggle}>
          <Icon name={open ? 'down' : 'right'} />
        </button>
        <span class={`badge ${found.fate === 'active' ? 'up' : 'unknown'}`}>{found.fate}</span>
        <div class="target-what">
          <span class="mono">{address}</span>
          {found.labels ? <Labels labels={found.labels} /> : <Labels labels={found.discovered} without={['__address__']} />}
        </div>
      </div>
      {open && <div class="target-details"><Relabelling pool={found.pool} discovered={found.discovered} result={found.labels} /></div>}
    </div>
  );
}

export function DiscoveryPage() {
  const {answer, error} = useLive<Targets>('targets', {state: 'any'}, 10_000);
  useStore(place);
  const words = parameter('search');
  const chosen = parameter('state').split(',').filter((f): f is Fate => fates.includes(f as Fate));
  const [open, setOpen] = useState(new Set<string>());

  const data = answer?.data;
  const all = useMemo(() => (data ? collect(data) : []), [data]);
  const dropCounts = data?.droppedTargetCounts ?? {};
  const items = useMemo(() => itemsOf(all, dropCounts, chosen, words), [all, chosen.join(), words]);
  const active = data?.activeTargets.length ?? 0;
  const dropped = data?.droppedTargetCounts
    ? Object.values(data.droppedTargetCounts).reduce((a, b) => a + b, 0) : data?.droppedTargets.length ?? 0;

  return (
    <div class="page">
      <div class="page-head">
        <h1>Service discovery</h1>
        <Filters label="State" chosen={chosen} onChange={(next) => setParameter('state', next.join(','))}
          options={[{value: 'active', count: active, tone: 'good'}, {value: 'dropped', count: dropped, tone: 'warn'}]} />
        <Search label="Search labels" value={words} onChange={(text) => setParameter('search', text)} />
      </div>
      <LoadError error={error} />
      {!data && !error && <Loading />}
      {data && items.length === 0 && <Empty title={all.length ? 'Nothing fits the filter.' : 'Nothing was discovered.'} />}
      {items.length > 0 && (
        <Virtual class="targets" label="Discovered targets" items={items} estimate={58}
          keyOf={(item) => (item.kind === 'pool' ? `pool ${item.name}` : item.found.key)}
          render={(item) => (item.kind === 'pool'
            ? (
              <div key={`pool ${item.name}`} class="pool-head" role="listitem">
                <h2>{item.name}</h2>
                <span class="muted">{item.active} active, {item.dropped} dropped{item.hidden > 0 && ` (${item.hidden} of them not kept by the server)`}</span>
              </div>)
            : <FoundRow key={item.found.key} found={item.found} open={open.has(item.found.key)}
                onToggle={() => setOpen(toggled(open, item.found.key))} />)} />
      )}
    </div>
  );
}
