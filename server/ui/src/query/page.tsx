// The query page: its panels and what they share.
import {useCallback, useEffect, useRef, useState} from 'preact/hooks';
import {Icon} from '../parts/icons';
import {place, setSearch} from '../router';
import {completion, keepHistory, refreshSeconds} from '../settings';
import {useStore} from '../store';
import {Panel} from './panel';
import {decode, encode, newPanel, type PanelState} from './state';

const refreshes = [0, 5, 10, 30, 60, 300];
const refreshText = (seconds: number) => (seconds === 0 ? 'Off' : seconds < 60 ? `${seconds}s` : `${seconds / 60}m`);

function Toolbar() {
  const every = useStore(refreshSeconds);
  const completes = useStore(completion);
  const remembers = useStore(keepHistory);
  return (
    <div class="query-tools">
      <label class="check"><input type="checkbox" checked={completes} onChange={(e) => completion.set(e.currentTarget.checked)} />Autocomplete</label>
      <label class="check"><input type="checkbox" checked={remembers} onChange={(e) => keepHistory.set(e.currentTarget.checked)} />Keep history</label>
      <label class="check"><Icon name="refresh" />Refresh
        <select value={String(every)} onChange={(e) => refreshSeconds.set(Number(e.currentTarget.value))}>
          {refreshes.map((seconds) => <option key={seconds} value={String(seconds)}>{refreshText(seconds)}</option>)}
        </select>
      </label>
    </div>
  );
}

export function QueryPage() {
  const {search} = useStore(place);
  const [panels, setPanels] = useState<PanelState[]>(() => decode(search));
  const written = useRef(search.replace(/^\?/, ''));

  // Somebody else changed the address: the back button, or a link of another page.
  useEffect(() => {
    const now = search.replace(/^\?/, '');
    if (now === written.current) return;
    written.current = now;
    setPanels((old) => decode(search).map((panel, i) => ({...panel, id: old[i]?.id ?? panel.id})));
  }, [search]);

  const write = useCallback((next: PanelState[], how: 'push' | 'replace') => {
    setPanels(next);
    const encoded = encode(next);
    if (encoded === written.current) return;
    written.current = encoded;
    setSearch(encoded, how);
  }, []);

  const change = (id: number, part: Partial<PanelState>) =>
    write(panels.map((panel) => (panel.id === id ? {...panel, ...part} : panel)), part.expr === undefined ? 'replace' : 'push');
  const remove = (id: number) => write(panels.length > 1 ? panels.filter((panel) => panel.id !== id) : [newPanel()], 'push');
  const add = () => {
    const last = panels[panels.length - 1];
    write([...panels, newPanel({...last, expr: ''})], 'push');
  };

  return (
    <div class="page query-page">
      <h1 class="visually-hidden">Query</h1>
      <Toolbar />
      {panels.map((panel, i) => (
        <Panel key={panel.id} number={i + 1} state={panel} autofocus={i === panels.length - 1 && panel.expr === ''}
          onChange={(part) => change(panel.id, part)} onRemove={panels.length > 1 ? () => remove(panel.id) : undefined} />
      ))}
      <button type="button" class="add-panel" onClick={add}><Icon name="plus" />Add panel</button>
    </div>
  );
}
